"""The 468 landmarks of a face, by MediaPipe's face mesh network (Kartynnik et al., 2019)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..media.picture import Picture
from .networks import Network, NetworkConfig
from .roi import Roi

__all__ = ["LandmarkNet", "LandmarkSource"]

_SIDE = 192


class LandmarkSource(Protocol):
    """What a tracker needs of a landmark network; a test gives it a fake."""

    def __call__(self, picture: Picture, roi: Roi) -> tuple[NDArray[np.float32], float]:
        """Landmarks [468, 3] in frame pixels and the probability of a face, 0..1."""
        ...


class LandmarkNet:
    """Looks for a face in a region of a frame.

    Args:
        config: threads and cache of the network.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        # In bfloat16 the points move by up to 0.5 of 192 pixels: visible jitter.
        self._network = Network("face_landmark", 0.0, 1.0, config)

    @property
    def networks(self) -> list[Network]:
        """What it runs."""
        return [self._network]

    def __call__(self, picture: Picture, roi: Roi) -> tuple[NDArray[np.float32], float]:
        """Landmarks [468, 3] in frame pixels (z in the same scale, smaller is nearer) and the
        probability, 0..1, that `roi` of the frame holds a face."""
        values, logit = sorted(self._network(roi.cut(picture, _SIDE)), key=lambda o: -o.size)
        p = values.reshape(468, 3).astype(np.float64)
        to_frame = roi.to_frame(_SIDE)
        out = np.empty((468, 3), np.float32)
        out[:, :2] = (p[:, :2] - 0.5) @ to_frame[:, :2].T + to_frame[:, 2]
        out[:, 2] = p[:, 2] * (roi.size / _SIDE)
        return out, float(1.0 / (1.0 + np.exp(-np.clip(logit.item(), -50.0, 50.0))))
