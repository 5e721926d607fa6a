"""Files that hold more pictures than the one that is read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from relume.media.image import read_still
from relume.media.pages import more_pictures

from .makers import pattern


def save(path, *pictures):
    if len(pictures) == 1:
        assert cv2.imwrite(str(path), pictures[0])
    elif path.suffix == ".tiff":
        assert cv2.imwritemulti(str(path), list(pictures))
    else:
        animation = cv2.Animation()
        animation.frames, animation.durations = list(pictures), np.full(len(pictures), 40)
        assert cv2.imwriteanimation(str(path), animation)
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.png", "an animation"), ("a.webp", "an animation"), ("a.tiff", "several pages")],
)
def test_it_is_said_that_the_first_alone_is_read(tmp_path, caplog, name, words):
    first = pattern(48, 32)
    read_still(save(tmp_path / name, first))
    assert not caplog.records
    samples, _ = read_still(save(tmp_path / name, first, np.rot90(first, 2).copy()))
    assert np.abs(samples[..., :3].astype(int) - first[..., ::-1]).mean() < 8
    assert words in caplog.text
    assert caplog.text.count("the first picture alone is read") == 1


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tiff"])
def test_cut_off_files_do_no_harm(tmp_path, name):
    first = pattern(48, 32)
    data = save(tmp_path / name, first, first[::-1].copy()).read_bytes()
    for length in range(0, min(len(data), 200), 3):
        more_pictures(data[:length])
    assert more_pictures(b"") is None
