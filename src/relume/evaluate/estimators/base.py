"""What a protocol asks of its estimators."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...face import TrackedFace
from ..results import EstimatorRecord

__all__ = [
    "Estimators",
    "FeatureExtractor",
    "FlowEstimator",
    "IdentityEstimator",
    "LightEstimator",
    "PairDistance",
]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Estimator(Protocol):
    """Anything that measures, with its name, version and hash."""

    @property
    def record(self) -> EstimatorRecord:
        """For the result file."""


class LightEstimator(Estimator, Protocol):
    """Reads the light off a face."""

    def __call__(self, rgb8: Pixels, face: TrackedFace) -> NDArray[np.float64]:
        """[9, C] coefficients in the frame's camera frame, C = 1 or 3, of any scale; the first
        of each channel is positive."""


class IdentityEstimator(Estimator, Protocol):
    """Embeds a face."""

    def __call__(self, rgb8: Pixels, landmarks: Floats) -> Floats:
        """[D] of unit length, from the 468 tracked landmarks [468, 2 or 3]."""


class FlowEstimator(Estimator, Protocol):
    """Finds where pixels went."""

    def __call__(self, later: Pixels, earlier: Pixels) -> Floats:
        """[H, W, 2] from each pixel of `later` to its place in `earlier`, in pixels."""


class FeatureExtractor(Estimator, Protocol):
    """Features of a picture at several depths."""

    def layers(self, rgb8: Pixels) -> list[Floats]:
        """Features [C, h, w] of each layer."""

    def pooled(self, rgb8: Pixels) -> Floats:
        """[D] one vector for the whole picture."""


class PairDistance(Estimator, Protocol):
    """A distance of two pictures that a network gives directly, as LPIPS and DISTS do."""

    def __call__(self, a: Pixels, b: Pixels) -> float:
        """0 for equal pictures [H, W, 3]."""


@dataclass(frozen=True)
class Estimators:
    """What is at hand for a run.

    Attributes:
        lights: light estimators by the short names that metrics bear.
        flow: optical flow.
        identity: face embedding, or None.
        features: features for perceptual and Frechet distances, or None.
        distances: LPIPS, DISTS and their like by name.
        inception: features for FID, or None.
        missing: role to the reason why nothing fills it.
    """

    lights: dict[str, LightEstimator]
    flow: FlowEstimator
    identity: IdentityEstimator | None = None
    features: FeatureExtractor | None = None
    distances: dict[str, PairDistance] = field(default_factory=dict)
    inception: FeatureExtractor | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def records(self) -> list[EstimatorRecord]:
        """All of them, for the result file."""
        single = [self.flow, self.identity, self.features, self.inception]
        every = [*self.lights.values(), *self.distances.values(), *single]
        return [e.record for e in every if e is not None]
