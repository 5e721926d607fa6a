"""Colour profiles and EXIF of pictures go from file to file."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from relume.media import VideoWriter, open_video, write_image
from relume.media.image import read_still
from relume.media.tags import exif_of, read_tags, upright

from .makers import pattern

EXIF, ICC, CICP = 0, 2, 3
ENDINGS = (".jpg", ".png", ".webp", ".tiff")
CAPTION, ORIENTATION, DENSITY, AUTHOR, RIGHTS = 270, 274, 282, 315, 33432


def profile(name=b"Display P3", space=b"RGB "):
    """A colour profile's header (ICC.1:2010), with its name and noise in the place of tags."""
    body = bytearray(132)
    body[8:12], body[12:24], body[36:40] = b"\2\x10\0\0", b"mntr" + space + b"XYZ ", b"acsp"
    body[68:80] = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    body += name.ljust(40, b"\0") + np.random.default_rng(0).bytes(400)
    body[:4] = struct.pack(">I", len(body))
    return bytes(body)


def exif(orientation=1, thumbnail=b"", order="<"):
    """EXIF with a caption, an author, 300 dots an inch, an orientation and a thumbnail."""
    texts = {CAPTION: b"Ann, at the window\0", AUTHOR: b"Bo\0", RIGHTS: b"(c) Bo, 2024\0"}
    rows = [(tag, 2, text) for tag, text in texts.items()]
    rows.append((ORIENTATION, 3, struct.pack(f"{order}H", orientation)))
    rows.append((DENSITY, 5, struct.pack(f"{order}II", 300, 1)))
    at, values, entries = 8 + 6 + 12 * len(rows), b"", b""
    for tag, kind, value in sorted(rows):
        size = {2: 1, 3: 2, 5: 8}[kind]
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack(f"{order}I", at + len(values))
            values += value
        entries += struct.pack(f"{order}HHI", tag, kind, len(value) // size) + place
    second, small = 0, b""
    if thumbnail:
        second = at + len(values)
        inside = struct.pack(f"{order}HHII", 0x201, 4, 1, second + 30)
        inside += struct.pack(f"{order}HHII", 0x202, 4, 1, len(thumbnail))
        small = struct.pack(f"{order}H", 2) + inside + struct.pack(f"{order}I", 0) + thumbnail
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HIH", 42, 8, len(rows))
    return head + entries + struct.pack(f"{order}I", second) + values + small


def write(path, pixels, notes):
    """A picture with notes, by OpenCV alone; TIFF with a profile by hand."""
    values = [np.frombuffer(value, np.uint8) for value in notes.values()]
    data = cv2.imencodeWithMetadata(path.suffix, pixels[..., ::-1], [*notes], values)[1]
    path.write_bytes(data.tobytes())
    return path


def through(source, target):
    with open_video(source) as reader, VideoWriter(target, like=reader, overwrite=True) as writer:
        for frame in reader:
            frame.put(0, 0, np.full((2, 2, 3), 0.5, np.float32))
            writer.write(frame)
    return target


@pytest.mark.parametrize("target", ENDINGS)
@pytest.mark.parametrize("source", ENDINGS)
def test_a_profile_and_who_took_a_picture_are_kept(tmp_path, source, target, caplog):
    first = write(tmp_path / "0.png", pattern(64, 48), {EXIF: exif(), ICC: profile()})
    found = through(through(first, tmp_path / f"a{source}"), tmp_path / f"b{target}")
    _, notes = read_still(found)
    assert notes[ICC] == profile()
    tags = read_tags(notes[EXIF])
    assert tags[CAPTION] == (2, b"Ann, at the window\0")
    assert tags[AUTHOR] == (2, b"Bo\0")
    assert tags[RIGHTS] == (2, b"(c) Bo, 2024\0")
    assert tags[DENSITY] == (5, struct.pack("<II", 300, 1))
    assert tags.get(ORIENTATION, (3, b"\1\0")) == (3, b"\1\0")
    picture = cv2.imread(str(found))
    assert np.abs(picture[4:, 4:, ::-1] - pattern(64, 48)[4:, 4:].astype(int)).mean() < 6
    assert not caplog.text


@pytest.mark.parametrize("order", "<>")
def test_pixels_are_upright_and_the_old_thumbnail_is_gone(tmp_path, order):
    given = exif(6, b"\xff\xd8 a small face \xff\xd9", order)
    source = write(tmp_path / "a.jpg", pattern(64, 48), {EXIF: given})
    shown = cv2.imread(str(source))
    for ending in ENDINGS:
        target = through(source, tmp_path / f"b{ending}")
        assert cv2.imread(str(target)).shape == shown.shape == (64, 48, 3)
        assert b"a small face" not in target.read_bytes()
        assert read_tags(read_still(target)[1][EXIF])[AUTHOR] == (2, b"Bo\0")
    assert read_tags(upright(given))[ORIENTATION] == (3, b"\1\0")
    assert upright(given)[-2:] != b"\xff\xd9"


def test_sixteen_bits_and_transparency_keep_their_profile(tmp_path):
    deep = (pattern(32, 24).astype(np.uint16) * 257).copy()
    deep = np.dstack([deep, np.full(deep.shape[:2], 30000, np.uint16)])
    source = write(tmp_path / "a.png", deep[..., [2, 1, 0, 3]][..., ::-1], {ICC: profile()})
    for ending in (".png", ".tiff"):
        samples, notes = read_still(through(source, tmp_path / f"b{ending}"))
        assert (samples.dtype, samples.shape[2]) == (np.uint16, 4)
        assert notes == {ICC: profile()}


def test_colours_by_a_number_are_kept_in_png_alone(tmp_path, caplog):
    p3 = bytes((12, 13, 0, 1))
    source = write(tmp_path / "a.png", pattern(32, 24), {CICP: p3})
    if read_still(source)[1] != {CICP: p3}:
        pytest.skip("OpenCV is older than 5")
    assert read_still(through(source, tmp_path / "b.png"))[1] == {CICP: p3}
    assert not caplog.text
    through(source, tmp_path / "b.jpg")
    assert "colour profile can't be kept" in caplog.text


@pytest.mark.parametrize("target", ["b.mp4", "b%d.jpg"])
def test_a_profile_that_is_lost_is_said_once(tmp_path, target, caplog):
    grey = profile(b"Gray Gamma 2.2", b"GRAY")
    for name in ("1.jpg", "2.jpg"):
        write(tmp_path / name, pattern(32, 24), {ICC: grey})
    through(tmp_path / "%d.jpg", tmp_path / target)
    assert caplog.text.count("convert") == 1


@pytest.mark.parametrize("name", [b"sRGB IEC61966-2.1", "sRGB".encode("utf-16-be")])
def test_a_video_of_pictures_in_srgb_loses_nothing(tmp_path, name, caplog):
    write(tmp_path / "1.jpg", pattern(32, 24), {ICC: profile(name)})
    through(tmp_path / "%d.jpg", tmp_path / "b.mp4")
    assert not caplog.text


def test_notes_that_can_not_be_written_are_left_out_aloud(tmp_path, caplog):
    long = exif_of({CAPTION: (2, b"x" * 70_000)})
    source = write(tmp_path / "a.webp", pattern(32, 24), {EXIF: long, ICC: profile()})
    assert read_still(through(source, tmp_path / "b.png"))[1] == {EXIF: long, ICC: profile()}
    assert not caplog.text
    assert read_still(through(source, tmp_path / "b.jpg"))[1] == {}
    assert "colour profile and EXIF can't be kept in a .jpg" in caplog.text


@pytest.mark.parametrize("length", [0, 3, 7, 9, 12, 40, 100])
def test_damaged_exif_does_no_harm(tmp_path, length):
    broken = exif(6)[:length]
    assert read_tags(broken[:length]) == {} or length >= 100
    upright(broken)
    rng = np.random.default_rng(length)
    for _ in range(200):
        noise = bytearray(exif(6, b"thumbnail"))
        for at in rng.integers(4, len(noise), 6):
            noise[at] = rng.integers(256)
        upright(bytes(noise))
        read_tags(bytes(noise))


def test_pictures_without_notes_get_none(tmp_path):
    write_image(tmp_path / "a.tiff", pattern(16, 16))
    assert read_still(tmp_path / "a.tiff")[1].keys() <= {EXIF}
