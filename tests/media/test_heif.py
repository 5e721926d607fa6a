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
    with pytest.raises(MediaError, match=r'a\.heic: is a picture in 48 tiles.*"relume\[heic\]"'):
        check_no_tiles("a.heic", picture)
    picture.streams.video = [small]
    check_no_tiles("a.heic", picture)


@pytest.fixture
def make_heic(tmp_path):
    """Writes samples as HEIC by pillow-heif."""
    heif = pytest.importorskip("pillow_heif", reason="needs pillow_heif (extra: heic)")

    def make(mode, samples, **told):
        size = samples.shape[1::-1]
        picture = heif.from_bytes(mode, size, np.ascontiguousarray(samples).tobytes())
        picture.info.update(told)
        picture.save(tmp_path / "a.heic", quality=95)
        return tmp_path / "a.heic"

    return make


@pytest.mark.parametrize(("orientation", "quarters"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_heic_comes_upright_with_what_it_says(tmp_path, make_heic, orientation, quarters):
    source = make_heic("RGB", pattern(64, 48), exif=exif(orientation), icc_profile=profile())
    want = np.rot90(pattern(64, 48), quarters).astype(int)
    samples, notes = read_still(source)
    assert samples.shape == want.shape
    assert np.abs(samples - want).mean() < 6
    assert notes[ICC] == profile()
    assert read_still(through(source, tmp_path / "b.png"))[1] == notes
    assert notes[EXIF] == read_still(save_png(tmp_path / "c.png", exif(1)))[1][EXIF]


def save_png(path, tags):
    data = cv2.imencodeWithMetadata(".png", pattern(8, 8), [EXIF], [np.frombuffer(tags, np.uint8)])
    path.write_bytes(data[1].tobytes())
    return path


def test_deep_transparent_and_grey_heic(make_heic):
    deep = pattern(64, 48).astype(np.uint16) << 8
    samples = read_still(make_heic("RGB;16", deep))[0]
    assert samples.dtype == np.uint16
    assert np.abs(samples.astype(int) - deep).mean() < 6 * 256
    clear = np.dstack([pattern(64, 48), np.full((48, 64), 77, np.uint8)])
    samples = read_still(make_heic("RGBA", clear))[0]
    assert np.abs(samples[..., 3].astype(int) - 77).max() <= 1
    samples = read_still(make_heic("L", pattern(64, 48)[..., 0]))[0]
    assert samples.shape == (48, 64, 3)


def test_heic_is_a_picture_among_others(make_heic, tmp_path):
    source = make_heic("RGB", pattern(64, 48))
    with open_video(source) as reader:
        assert (reader.info.still, reader.info.codec) == (True, "heic")
    with open_video(tmp_path) as reader:
        assert reader.info.frames == 1


def test_damaged_heic_is_told(make_heic):
    source = make_heic("RGB", pattern(64, 48))
    data = source.read_bytes()
    for length in (20, len(data) // 2, len(data) - 40):
        source.write_bytes(data[:length])
        with pytest.raises(MediaError, match=r"a\.heic: the picture can't be decoded"):
            open_video(source)


def test_a_jpeg_that_is_named_as_heic_is_read(tmp_path, make_heic):
    path = tmp_path / "a.heic"
    path.write_bytes(cv2.imencode(".jpg", pattern(64, 48)[..., ::-1])[1].tobytes())
    with open_video(path) as reader:
        assert np.abs(next(iter(reader)).rgb8 - pattern(64, 48).astype(int)).mean() < 6


@pytest.mark.parametrize(("codes", "want"), [((12, 13), bytes((12, 13, 0, 1))), ((2, 2), None)])
def test_colours_that_heic_tells_by_number_alone(make_heic, codes, want):
    source = make_heic("RGB", pattern(64, 48))
    data = bytearray(source.read_bytes())
    place = data.index(b"colrnclx") + 8
    data[place : place + 4] = bytes((0, codes[0], 0, codes[1]))
    source.write_bytes(data)
    assert read_still(source)[1].get(int(cv2.IMAGE_METADATA_CICP)) == want
