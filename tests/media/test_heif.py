"""HEIC and AVIF, which FFmpeg reads as if they were videos."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from av.stream import Disposition

from relume.errors import MediaError
from relume.media import open_video
from relume.media.heif import check_no_tiles
from relume.media.image import read_still

from .makers import pattern
from .test_notes import EXIF, ICC, exif, profile, through

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


@avif
def test_the_colour_profile_is_kept(tmp_path):
    source = make_avif(tmp_path / "a.avif", pattern(64, 48), {ICC: profile()})
    assert read_still(through(source, tmp_path / "b.png"))[1] == {ICC: profile()}
    bare = make_avif(tmp_path / "bare.avif", pattern(64, 48), {})
    assert not read_still(through(bare, tmp_path / "bare.png"))[1]


@avif
def test_a_cut_off_description_does_no_harm(tmp_path):
    whole = make_avif(tmp_path / "a.avif", pattern(64, 48), {ICC: profile()}).read_bytes()
    for length in range(8, whole.find(b"mdat"), 61):
        path = tmp_path / "cut.avif"
        path.write_bytes(whole[:length])
        with pytest.raises(MediaError, match="cut"):
            open_video(path)


def test_a_picture_in_tiles_is_refused_not_read_as_its_first():
    """As FFmpeg gives what phones store; nothing here writes such a file."""
    tiles = [SimpleNamespace(disposition=Disposition.dependent)] * 48
    small = SimpleNamespace(disposition=Disposition(0))
    picture = SimpleNamespace(
        metadata={"major_brand": "heic"}, streams=SimpleNamespace(video=[*tiles, small])
    )
    with pytest.raises(MediaError, match=r"a\.heic: is a picture in 48 tiles.*save it as PNG"):
        check_no_tiles("a.heic", picture)
    picture.streams.video = [small]
    check_no_tiles("a.heic", picture)
