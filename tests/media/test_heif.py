"""HEIC and AVIF, which FFmpeg reads as if they were videos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from relume.media import open_video

from .makers import pattern
from .test_notes import EXIF, exif

avif = pytest.mark.skipif(not cv2.haveImageWriter("a.avif"), reason="OpenCV writes no AVIF")


def make_avif(path, pixels, notes):
    """As phones store it: EXIF of the sensor's orientation beside the file's own turn."""
    values = [np.frombuffer(value, np.uint8) for value in notes.values()]
    data = cv2.imencodeWithMetadata(path.suffix, pixels[..., ::-1], [*notes], values)[1]
    path.write_bytes(data.tobytes())
    return path


@avif
@pytest.mark.parametrize(("orientation", "quarters"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_turned_pictures_with_exif_come_upright(tmp_path, orientation, quarters):
    source = make_avif(tmp_path / "a.avif", pattern(64, 48), {EXIF: exif(orientation)})
    want = np.rot90(pattern(64, 48), quarters).astype(int)
    with open_video(source) as reader:
        assert (reader.info.height, reader.info.width) == want.shape[:2]
        assert np.abs(next(iter(reader)).rgb8 - want).mean() < 6
