"""A runtime that knows the truth: the mean head, drawn, in the place of the networks."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine import CompactEngine, CompactEngineConfig
from relume.face import HeadModel
from relume.face.pose import Pose
from relume.geometry import Camera
from relume.light import Light
from relume.ratio import SourceLightConfig
from relume.render import rasterise
from relume.runtime import RAYS, Remembered, Views

from ..studio import Studio, plain_matte

ALBEDO = np.array([0.5, 0.38, 0.3])


class Means:
    """`Stabiliser` that gives a plain mean, and says how long the windows were."""

    config = SimpleNamespace(window=3)

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def stabilise(self, window: list[Remembered]) -> NDArray[np.float32]:
        self.lengths.append(len(window))
        return np.asarray(np.mean([frame.planes for frame in window], axis=0))


class KnownHead:
    """`CompactRuntime` for one head of even albedo."""

    def __init__(self, head: HeadModel) -> None:
        self.head = head
        self.sizes = SimpleNamespace(picture=256)
        self.stabiliser = Means()
        self.encoded = self.rendered = self.delit = 0
        self.answer: NDArray[np.float32] | None = None

    @property
    def delights(self) -> bool:
        return self.answer is not None

    def delight(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        self.delit += 1
        assert self.answer is not None
        return self.answer

    def encode(self, picture: NDArray[np.uint8], camera: Camera) -> NDArray[np.float32]:
        self.encoded += 1
        return np.zeros((3, 4, 4, 2), np.float32)

    def render(self, planes: NDArray[np.float32], camera: Camera) -> Views:
        self.rendered += 1
        depth = camera.to_camera(self.head.mean)[:, 2]
        values = np.concatenate([self.head.transfer, depth[:, None]], 1)
        points = camera.project(self.head.mean) * RAYS
        image, mask = rasterise(points, depth, self.head.faces, values, (RAYS, RAYS))
        albedo = np.where(mask[..., None], ALBEDO, 0).astype(np.float32)
        return Views(albedo, image[..., :9], mask.astype(np.float32), image[..., 9])


@pytest.fixture(scope="session")
def studio() -> Studio:
    return Studio(Pose(0.1, 0.05, 0.05, 236.0, 205.0, 330.0), HeadModel.load(), ALBEDO)


@pytest.fixture
def engine(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> CompactEngine:
    """An engine that knows the truth, also which pixels are the person's, so that its fit of the
    source light needs no more contrast."""
    config = CompactEngineConfig(source=SourceLightConfig())
    made = CompactEngine(config, KnownHead(studio.head))  # type: ignore[arg-type]
    person = studio.picture(Light.ambient(1.0))[1]
    alpha = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.0)
    whole = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    matte = plain_matte(alpha, whole)
    monkeypatch.setattr(made._coder, "_matte", lambda *_: matte)
    return made
