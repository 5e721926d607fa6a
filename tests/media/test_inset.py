"""A part of a frame as a picture of its own."""

from __future__ import annotations

import numpy as np
import pytest

from relume.media import ArrayPicture, Picture, VideoFrame
from relume.media.inset import Inset


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 41, 3), np.uint8)


BOX = (12, 4, 41, 30)


def test_it_looks_as_the_part_alone(rgb: np.ndarray) -> None:
    inset, alone = Inset(ArrayPicture(rgb), BOX), ArrayPicture(rgb[4:30, 12:41].copy())
    assert isinstance(inset, Picture)
    assert (inset.width, inset.height) == (alone.width, alone.height)
    assert np.array_equal(inset.rgb8, alone.rgb8)
    assert np.array_equal(inset.half8, alone.half8)
    assert np.array_equal(inset.region(3, 2, 20, 25), alone.region(3, 2, 20, 25))


def test_what_is_put_lands_in_the_frame_and_nowhere_else(rgb: np.ndarray) -> None:
    before = rgb.copy()
    Inset(ArrayPicture(rgb), BOX).put(2, 6, np.ones((3, 4, 3), np.float32))
    assert (rgb[10:13, 14:18] == 255).all()
    rgb[10:13, 14:18] = before[10:13, 14:18]
    assert np.array_equal(rgb, before)


def test_nothing_is_written_beyond_it(rgb: np.ndarray) -> None:
    inset = Inset(VideoFrame.from_rgb(rgb), BOX)
    with pytest.raises(ValueError, match="29x26"):
        inset.put(20, 0, np.ones((2, 20, 3), np.float32))
    with pytest.raises(ValueError, match="29x26"):
        inset.region(0, 0, 30, 2)
