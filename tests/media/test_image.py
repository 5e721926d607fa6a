from __future__ import annotations

import struct
import zlib
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from relume.errors import MediaError, OutputError, UsageError
from relume.media import read_hdr, read_image, write_image
from relume.media.image import read_still
from relume.media.tags import with_tags

from .makers import pattern


@pytest.mark.parametrize("ending", [".png", ".tif", ".tiff", ".PNG"])
def test_lossless_pictures(tmp_path, ending):
    path = tmp_path / f"ä b{ending}"
    write_image(path, pattern(33, 21))
    assert np.array_equal(read_image(path), pattern(33, 21))
    deep = np.random.default_rng(0).random((9, 11, 3), np.float32)
    write_image(path, deep, overwrite=True)
    got = read_image(path)
    assert got.dtype == np.float32
    assert np.abs(got - deep).max() < 1 / 65535


@pytest.mark.parametrize("ending", [".jpg", ".jpeg", ".webp"])
def test_lossy_pictures(tmp_path, ending):
    sizes = []
    for quality in (10, 80, 100):
        path = tmp_path / f"{quality}{ending}"
        write_image(path, pattern(64, 48).astype(np.float32) / 255, quality=quality)
        got = read_image(path)
        assert got.dtype == np.uint8
        assert np.abs(got.astype(int) - pattern(64, 48)).mean() < 6
        sizes.append(path.stat().st_size)
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("quality", [-1, 101, float("nan")])
def test_a_pictures_quality_is_from_0_to_100(tmp_path, quality):
    for name in ("a.jpg", "a.png"):
        with pytest.raises(UsageError, match=r"quality .* makes no sense; give 0 to 100"):
            write_image(tmp_path / name, pattern(8, 8), quality=quality)
    assert not list(tmp_path.iterdir())


def test_grey_and_alpha_become_rgb(tmp_path):
    cv2.imwrite(str(tmp_path / "g.png"), np.full((4, 5), 77, np.uint8))
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 5, 4), (10, 20, 30, 40), np.uint8))
    assert (read_image(tmp_path / "g.png") == 77).all()
    assert (read_image(tmp_path / "a.png") == (30, 20, 10)).all()
    assert read_image(tmp_path / "g.png").shape == (4, 5, 3)


def test_pictures_that_can_not_be_read_or_written(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "noise.jpg").write_bytes(b"noise" * 100)
    for name in ("empty.png", "noise.jpg", "missing.png"):
        for reader in (read_image, read_hdr):
            with pytest.raises(MediaError, match=name):
                reader(tmp_path / name)
    write_image(tmp_path / "a.png", pattern(4, 4))
    with pytest.raises(OutputError, match="exists"):
        write_image(tmp_path / "a.png", pattern(4, 4))
    with pytest.raises(OutputError, match=r"\.png"):
        write_image(tmp_path / "a.bmpx", pattern(4, 4))
    with pytest.raises(OutputError, match="not a folder"):
        write_image(tmp_path / "a.png" / "b.png", pattern(4, 4))
    with pytest.raises(MediaError, match="folder"):
        read_image(tmp_path)


def test_hdr_is_exact_and_unclipped(tmp_path):
    """Flat RGBE pixels by hand: value = mantissa * 2^(exponent - 136)."""
    pixels = np.array([[(255, 128, 0, 145), (1, 2, 3, 128), (0, 0, 0, 0), (200, 100, 50, 120)]])
    header = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 4\n"
    (tmp_path / "a.hdr").write_bytes(header + pixels.astype(np.uint8).tobytes())
    want = pixels[..., :3] * 2.0 ** (pixels[..., 3:] - 136.0)
    want[0, 2] = 0
    got = read_hdr(tmp_path / "a.hdr")
    assert got.dtype == np.float32
    assert np.array_equal(got, want.astype(np.float32))
    assert got.max() > 1e5


@pytest.mark.parametrize("kind", ["float", "half"])
@pytest.mark.parametrize("compression", ["none", "rle", "zip1", "zip16"])
def test_exr_is_exact_and_unclipped(tmp_path, kind, compression):
    rng = np.random.default_rng(0)
    want = (2 ** rng.uniform(-10, 15, (16, 20, 3))).astype(np.float32)
    if kind == "half":
        want = want.astype(np.float16).astype(np.float32)
    frame = av.VideoFrame(20, 16, "gbrpf32le")
    for plane, channel in zip(frame.planes, (1, 2, 0), strict=True):
        rows = np.frombuffer(plane, np.float32).reshape(-1, plane.line_size // 4)
        rows[:16, :20] = want[..., channel]
    encoder = av.codec.CodecContext.create("exr", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 20, 16, "gbrpf32le"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"format": kind, "compression": compression}
    (tmp_path / "a.exr").write_bytes(b"".join(bytes(p) for p in encoder.encode(frame)))
    assert np.array_equal(read_hdr(tmp_path / "a.exr"), want)


def test_only_relume_speaks_of_tags_and_damage(tmp_path, capfd):
    """Photoshop's TIFF tags, which OpenCV doesn't know, and a file that ends too soon."""
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), np.zeros((40, 40, 3), np.uint8))
    path.write_bytes(with_tags(path.read_bytes(), {50341: (7, b"PrintIM and more")}))
    level = cv2.utils.logging.getLogLevel()
    assert read_image(path).shape == (40, 40, 3)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(MediaError, match="damaged"):
        read_image(path)
    assert not capfd.readouterr().err
    assert cv2.utils.logging.getLogLevel() == level


def test_only_relume_speaks_of_a_damaged_hdr(tmp_path, capfd):
    path = tmp_path / "a.hdr"
    path.write_bytes(b"#?RADIANCE\n\n-Y 10 +X 10\n" + bytes(range(100)))
    with pytest.raises(MediaError, match="not a readable Radiance"):
        read_hdr(path)
    assert capfd.readouterr().err == ""


def test_a_damaged_exr(tmp_path):
    (tmp_path / "a.exr").write_bytes(struct.pack("<I", 20000630) + b"rubbish" * 30)
    with pytest.raises(MediaError, match="again"):
        read_hdr(tmp_path / "a.exr")


def test_sixteen_bits_are_written_as_they_are(tmp_path):
    deep = (np.arange(5 * 7 * 3).reshape(5, 7, 3) * 600).astype(np.uint16)
    write_image(tmp_path / "a.png", deep)
    np.testing.assert_array_equal(np.rint(read_image(tmp_path / "a.png") * 65535), deep)


@pytest.mark.parametrize(
    "wrong",
    [
        [[1, 2, 3]],
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), int),
        np.ones((4, 4, 3)),
        np.full((4, 4, 3), 255, np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path, wrong):
    with pytest.raises(UsageError):
        write_image(tmp_path / "a.png", wrong)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(6, 6), (5, 8)])
def test_transparent_pictures_come_upright(tmp_path, orientation, size):
    rng = np.random.default_rng(orientation)
    bgra = rng.integers(0, 256, (*size, 4), np.uint8)
    data = cv2.imencode(".png", bgra)[1].tobytes()
    # Big-endian TIFF of one tag, 0x112, in a chunk after the header's.
    exif = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + b"\0" * 4
    chunk = struct.pack(">I", len(exif)) + b"eXIf" + exif
    chunk += struct.pack(">I", zlib.crc32(b"eXIf" + exif))
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + chunk + data[33:])
    turned = {
        1: bgra, 2: bgra[:, ::-1], 3: bgra[::-1, ::-1], 4: bgra[::-1],
        5: bgra.swapaxes(0, 1), 6: bgra[::-1].swapaxes(0, 1),
        7: bgra[::-1, ::-1].swapaxes(0, 1), 8: bgra[:, ::-1].swapaxes(0, 1),
    }[orientation]  # fmt: skip
    np.testing.assert_array_equal(read_still(path)[0], turned[..., [2, 1, 0, 3]])


@pytest.mark.parametrize("name", ["a.webp", "a.jpg"])
def test_a_picture_too_wide_for_its_kind_says_what_to_do(tmp_path, name):
    with pytest.raises(OutputError, match=rf"70000x2 .*as {name[1:]}; use \.png"):
        write_image(tmp_path / name, np.zeros((2, 70_000, 3), np.uint8))
    assert not list(tmp_path.iterdir())
