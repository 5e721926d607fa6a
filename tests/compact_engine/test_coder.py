"""Faces encoded ahead: what may be older, and what may not."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine.coder import Coder, CoderConfig
from relume.face import Matte
from relume.geometry import Camera
from relume.light import Light
from relume.media import ArrayPicture

from ..studio import Studio, plain_matte
from .conftest import KnownHead


class Slow(KnownHead):
    """Numbers its planes, and may take its time over them."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio.head)
        self.free = threading.Event()
        self.free.set()

    def encode(self, picture: NDArray[np.uint8], camera: Camera) -> NDArray[np.float32]:
        assert self.free.wait(5)
        return super().encode(picture, camera) + np.float32(self.encoded)


@pytest.fixture
def runtime(studio: Studio) -> Slow:
    return Slow(studio)


def _planes(coder: Coder, studio: Studio, time: float, hurried: bool) -> float:
    image, _ = studio.picture(Light.ambient(1.0))
    frame = ArrayPicture(image + np.float32(0.1 * time))  # never the same picture twice
    coded = coder.coded(frame, studio.face, time, hurried)
    assert coded.planes is not None
    return float(coded.planes.mean())


def test_in_a_hurry_older_planes_serve(runtime: Slow, studio: Studio) -> None:
    coder = Coder(runtime, CoderConfig(every=0.09))  # type: ignore[arg-type]
    assert _planes(coder, studio, 0.0, hurried=True) == 1.0  # of a new face there are no older
    runtime.free.clear()
    assert _planes(coder, studio, 0.1, hurried=True) == 1.0
    assert _planes(coder, studio, 0.2, hurried=True) == 1.0
    runtime.free.set()
    # Who has time waits for what was begun, and that was at 0.1; the next are due at 0.2.
    assert _planes(coder, studio, 0.15, hurried=False) == np.mean([1, 2])
    assert _planes(coder, studio, 0.25, hurried=False) == np.mean([1, 2, 3])
    assert runtime.encoded == 3


def test_with_time_planes_are_never_older_than_told(runtime: Slow, studio: Studio) -> None:
    coder = Coder(runtime, CoderConfig(every=0.09))  # type: ignore[arg-type]
    seen = [_planes(coder, studio, t, hurried=False) for t in (0.0, 0.05, 0.1, 0.15, 0.2)]
    assert seen == [1.0, 1.0, 1.5, 1.5, 2.0]


def test_an_error_of_the_helper_is_raised(runtime: Slow, studio: Studio) -> None:
    coder = Coder(runtime, CoderConfig(every=0.09))  # type: ignore[arg-type]
    _planes(coder, studio, 0.0, hurried=True)
    runtime.encode = None  # type: ignore[assignment, method-assign]
    _planes(coder, studio, 0.1, hurried=True)
    with pytest.raises(TypeError):
        _planes(coder, studio, 0.2, hurried=False)


@pytest.mark.parametrize("hurried", [True, False])
def test_mattes_are_as_hurried_as_their_frame(
    runtime: Slow, studio: Studio, monkeypatch: pytest.MonkeyPatch, hurried: bool
) -> None:
    coder, asked = Coder(runtime), []  # type: ignore[arg-type]
    whole = plain_matte(np.ones((128, 128), np.float32), np.array([[1.0, 0, 0], [0, 1.0, 0]]))

    def matte(picture: Any, face: Any, time: float, hurried: bool) -> Matte:
        asked.append(hurried)
        return whole

    monkeypatch.setattr(coder, "_matte", matte)
    monkeypatch.setattr(coder, "_body", matte)
    image, _ = studio.picture(Light.ambient(1.0))
    prepared = coder(ArrayPicture(image), studio.face, 0.0, hurried)
    assert asked == [hurried, hurried]
    assert prepared.hurried == hurried
