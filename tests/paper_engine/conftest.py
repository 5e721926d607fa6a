"""A face in a frame without a tracker, and networks that only remember what they were asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from relume.face import Pose, TrackedFace
from relume.geometry import Camera

from ..studio import plain_matte

WIDTH, HEIGHT = 480, 400


class FakeNetwork:
    """Draws what `paint` makes of the crop, the crop itself by default."""

    side = 512

    def __init__(self, paint: Callable[[np.ndarray], np.ndarray] | None = None) -> None:
        self.paint = paint or (lambda image: image)
        self.opacity = np.ones((64, 64), np.float32)
        self.encoded = 0
        self.asked: list[tuple[Camera, np.ndarray, int]] = []
        self.forgotten: list[int] = []

    def encode(self, image: np.ndarray) -> Any:
        assert image.shape == (self.side, self.side, 3)
        self.encoded += 1
        return image

    def next_frame(self, frame: Any, camera: Camera, light: np.ndarray, person: int = 0) -> Any:
        assert light.shape == (9,)
        self.asked.append((camera, light, person))
        return frame

    def reset(self, person: int = 0) -> None:
        self.forgotten.append(person)

    def picture(self, drawn: Any) -> np.ndarray:
        return self.paint(drawn)

    def alpha(self, drawn: Any) -> np.ndarray:
        return self.opacity


MakeFace = Callable[..., TrackedFace]


@pytest.fixture(scope="session")
def face_at() -> MakeFace:
    """A tracked face of the mean head at a pose."""

    def make(pose: Pose | None = None, **values: Any) -> TrackedFace:
        pose = pose or Pose(0.1, 0.05, 0.1, 240.0, 190.0, 260.0)
        told: dict[str, Any] = {
            "id": 1,
            "landmarks": np.zeros((468, 3), np.float32),
            "confidence": 1.0,
            "strength": 1.0,
            "pose": pose,
            "identity": np.zeros(40, np.float32),
            "expression": np.zeros(47, np.float32),
            "fresh": False,
            "error": 0.0,
            "presence": 1.0,
        }
        return TrackedFace(**(told | values))

    return make


@pytest.fixture
def all_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """The matte says that all of the frame is the person."""
    place = np.array([[1e4, 0, -5e3], [0, 1e4, -5e3]])
    whole = plain_matte(np.ones((2, 2), np.float32), place)
    monkeypatch.setattr("relume.face.PersonMatte.__call__", lambda *_: whole)


@pytest.fixture
def frame() -> np.ndarray:
    """Smooth colours [HEIGHT, WIDTH, 3] without a symmetry."""
    x, y = np.meshgrid(np.arange(float(WIDTH)), np.arange(float(HEIGHT)))
    waves = [0.5 + 0.4 * np.sin(x / (13 + k) + y / (19 - 3 * k) + k) for k in range(3)]
    return np.stack(waves, 2).astype(np.float32)
