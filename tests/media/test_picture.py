from __future__ import annotations

import numpy as np
import pytest

from relume.errors import UsageError
from relume.media import ArrayPicture, Picture, VideoFrame, as_picture


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_array_picture_reads_and_writes_blocks(dtype):
    rng = np.random.default_rng(1)
    rgb = rng.random((20, 30, 3), np.float32)
    array = (rgb * 255).astype(np.uint8) if dtype == np.uint8 else rgb.copy()
    picture = ArrayPicture(array)
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == (30, 20)
    before = picture.rgb8.copy()
    block = rng.random((5, 7, 3), np.float32)
    picture.put(3, 2, block)
    assert np.abs(picture.region(3, 2, 10, 7) - block).max() <= 0.5 / 255 + 1e-6
    changed = (picture.rgb8 != before).any(2)
    changed[2:7, 3:10] = False
    assert not changed.any()


def test_an_array_becomes_a_picture_that_knows_its_half():
    array = np.zeros((3, 5, 3), np.uint8)
    array[2, 4] = 200
    picture = as_picture(array)
    assert as_picture(picture) is picture
    assert picture.half8[..., 0].tolist() == [[0, 0, 0], [0, 0, 200]]
    picture.put(0, 0, np.full((2, 2, 3), 0.4, np.float32))
    assert picture.half8[0, 0].tolist() == [102] * 3


def test_blocks_are_read_only_and_clipped():
    picture = ArrayPicture(np.zeros((4, 4, 3), np.float32))
    picture.put(0, 0, np.full((4, 4, 3), 2, np.float32))
    block = picture.region(0, 0, 4, 4)
    assert block.max() == 1
    with pytest.raises(ValueError, match="read-only"):
        block[0] = 0


@pytest.mark.parametrize("box", [(-1, 0, 2, 2), (0, 0, 5, 2), (2, 0, 2, 2), (0, 0, 2, 9)])
def test_rectangles_outside_are_refused(box):
    for picture in (ArrayPicture(np.zeros((4, 4, 3), np.uint8)), _frame()):
        with pytest.raises(ValueError, match="rectangle"):
            picture.region(*box)


def test_odd_arrays_are_refused():
    with pytest.raises(UsageError, match=r"uint8 \[4, 4\]"):
        ArrayPicture(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="block"):
        _frame().put(0, 0, np.zeros((4, 4), np.float32))


def _frame() -> VideoFrame:
    return VideoFrame.from_rgb(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("nothing", ["talk.mp4", None], ids=["name", "none"])
@pytest.mark.parametrize("take", [ArrayPicture, as_picture])
def test_what_is_no_array_is_refused_with_the_way_to_read_files(nothing, take):
    with pytest.raises(UsageError, match=r"array \[H, W, 3\], not .*relume\.read_image"):
        take(nothing)


@pytest.mark.parametrize("picture", [_frame(), ArrayPicture(np.zeros((4, 4, 3), np.uint8))])
def test_views_of_a_picture_are_read_only_while_it_can_be_changed(picture):
    views = picture.rgb8, picture.half8
    for view in views:
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 0
    picture.put(0, 0, np.ones((2, 2, 3), np.float32))
    assert picture.rgb8[0, 0].tolist() == [255] * 3
