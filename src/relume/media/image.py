"""Still pictures: ordinary ones, and environment maps of unclipped radiance."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from relume.errors import MediaError, OutputError, UsageError
from relume.media.heif import is_heic, read_heic
from relume.media.layout import Plane
from relume.media.notes import Notes, add_to_tiff, cleaned, notes_of_tiff
from relume.media.pages import more_pictures
from relume.media.picture import Floats, Pixels, check_array
from relume.media.silence import opencv_silent
from relume.media.special import check_no_address, check_no_pipe
from relume.number import check_number
from relume.place import OutputPlace, named

__all__ = [
    "DEFAULT_QUALITY",
    "OPAQUE",
    "PICTURE_ENDINGS",
    "picture_place",
    "read_hdr",
    "read_image",
    "write_image",
]

log = logging.getLogger("relume.media")

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm")
DEFAULT_QUALITY = 80.0
_WRITABLE = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
_TIFF = (".tif", ".tiff")
_DEEP = (".png", *_TIFF)
OPAQUE = (".jpg", ".jpeg")


def _named(path: str | Path) -> Path:
    file = named(path, "a picture", "a.png")
    check_no_address(os.fspath(path))  # as a path it has lost a slash
    return file


def check_quality(quality: float) -> None:
    """Raise UsageError unless it is one from 0 to 100."""
    check_number("quality", quality)
    if not 0 <= quality <= 100:
        raise UsageError(f"quality {quality:g} makes no sense; give 0 to 100")


def _bytes(path: Path) -> Pixels:
    check_no_pipe(path)  # whose end would be waited for, for ever
    try:
        data = np.fromfile(path, np.uint8)
    except FileNotFoundError:
        raise MediaError(f"{path}: no such file; check the name and the folder") from None
    except IsADirectoryError:
        raise MediaError(f"{path}: a folder, not a picture; name a file in it") from None
    except OSError as error:
        raise MediaError(f"{path}: can't be read ({error.strerror})") from None
    if data.size == 0:
        raise MediaError(f"{path}: the file is empty; copy it again")
    return data


def read_still(path: Path) -> tuple[Plane, Notes]:
    """A picture as stored, but upright, uint8 or uint16 RGB(A) [H, W, 3 or 4], and its notes."""
    data = _bytes(path)
    if is_heic(path) and data[4:8].tobytes() == b"ftyp":  # some name their JPEG so
        return read_heic(path, data.tobytes())
    plain = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    try:
        # Only the plain mode applies EXIF orientation, and only "unchanged" keeps alpha. Of the
        # tags that Photoshop and cameras put into TIFF, many are unknown to OpenCV.
        with opencv_silent():
            found: Any = cv2.imdecodeWithMetadata(data, flags=plain)
            stored: Any = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise MediaError(f"{path}: the picture can't be decoded ({error.err})") from None
    picture = found[0]
    if picture is None or picture.dtype not in (np.uint8, np.uint16):
        if path.suffix.lower() in (".hdr", ".exr"):
            raise MediaError(
                f"{path}: holds linear radiance, no ordinary picture; relume.media.read_hdr reads"
                " it, and as a light it is named by its file"
            )
        raise MediaError(
            f"{path}: not a picture that can be read; it is damaged or of another kind. "
            "Save it as PNG or JPEG"
        )
    content = data.tobytes()
    if more := more_pictures(content):
        log.warning("%s: is %s; the first picture alone is read", path, more)
    told = zip(*found[1:], strict=True)
    notes = cleaned({int(kind): np.asarray(value, np.uint8).tobytes() for kind, value in told})
    notes = notes or notes_of_tiff(content)
    if stored.ndim == 3 and stored.shape[2] == 4:
        for turned in _orientations(stored):
            if np.array_equal(turned[..., :3], picture):
                return np.ascontiguousarray(turned[..., [2, 1, 0, 3]]), notes
    return np.ascontiguousarray(picture[..., ::-1]), notes


def _orientations(samples: Plane) -> Iterator[Plane]:
    """The eight ways of EXIF to lay samples out, as they are first."""
    for turned in (samples, samples.swapaxes(0, 1)):
        for rows in (1, -1):
            for columns in (1, -1):
                yield turned[::rows, ::columns]


def read_image(path: str | Path) -> Pixels | Floats:
    """A picture as RGB [H, W, 3], upright: uint8, or float32 0..1 where it has 16 bits a sample.

    Alpha is dropped, grey is repeated, colour profiles are not applied.

    Raises:
        UsageError: the path is no name.
        MediaError: the file is missing, empty, damaged or no picture.
    """
    samples = read_still(_named(path))[0][..., :3]
    if samples.dtype == np.uint8:
        return np.ascontiguousarray(samples)
    return samples.astype(np.float32) / np.float32(65535)


def encode_samples(
    samples: Plane, ending: str, quality: float, notes: Notes | None = None
) -> bytes:
    """File content of a picture from uint8 or uint16 RGB(A) samples, with notes that fit."""
    if samples.shape[2] == 4 and ending in OPAQUE:
        samples = samples[..., :3]
    if samples.dtype == np.uint16 and ending not in _DEEP:
        samples = cv2.convertScaleAbs(samples, alpha=255 / 65535)
    code = cv2.COLOR_RGBA2BGRA if samples.shape[2] == 4 else cv2.COLOR_RGB2BGR
    lossy = round(60 + 0.4 * quality)
    options = {
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, lossy],
        ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, lossy],
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, lossy],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    }
    picture, how, notes = cv2.cvtColor(samples, code), options.get(ending, []), notes or {}
    beside = {} if ending in _TIFF else notes
    values = [np.frombuffer(value, np.uint8) for value in beside.values()]
    done, data = cv2.imencodeWithMetadata(ending, picture, [*beside], values, how)
    if not done and beside:  # damaged, or longer than there is room for
        log.warning("the picture's colour profile and EXIF can't be kept in a %s; left out", ending)
        done, data = cv2.imencode(ending, picture, how)
    if not done:
        size = f"{samples.shape[1]}x{samples.shape[0]}"
        raise OutputError(f"a picture of {size} can't be written as {ending}; use .png")
    content = data.tobytes()
    return add_to_tiff(content, notes) if ending in _TIFF else content


def writable_picture(path: Path) -> bool:
    """Whether pictures of that ending can be written."""
    return path.suffix.lower() in _WRITABLE


def write_image(
    path: str | Path,
    rgb: Plane | Floats,
    *,
    quality: float = DEFAULT_QUALITY,
    overwrite: bool = False,
) -> None:
    """Write RGB [H, W, 3], uint8, uint16 or float32 0..1, to .png, .jpg, .webp or .tiff.

    The file appears whole or not at all.

    Floats and uint16 have 16 bits a sample in PNG and TIFF, 8 bits elsewhere. `quality` (0..100)
    is that of `VideoWriter`; only JPEG and WebP lose anything.

    Raises:
        UsageError: it is no array, or one of another kind, the quality is out of range, or the
            path is no name.
        OutputError: the ending is unknown, or the file exists or can't be written.
    """
    path = _named(path)
    check_array(rgb, (np.uint8, np.uint16, np.float32))
    check_quality(quality)
    place = picture_place(path, overwrite)
    if rgb.dtype == np.float32:
        rgb = np.rint(np.clip(rgb, 0, 1) * 65535).astype(np.uint16)
    with place.guard():
        place.partial.write_bytes(encode_samples(rgb, path.suffix.lower(), quality))
        place.commit()


def picture_place(path: Path, overwrite: bool) -> OutputPlace:
    """Where a picture is to be written.

    Raises:
        OutputError: the ending is unknown, the file exists, or its folder can't be written to.
    """
    if not writable_picture(path):
        raise OutputError(
            f"{path}: can't write pictures of that kind; use one of {', '.join(_WRITABLE)}"
        )
    return OutputPlace(path, overwrite=overwrite)


def read_hdr(path: str | Path) -> Floats:
    """An environment map (.hdr or .exr) as linear, unclipped float32 RGB [H, W, 3].

    Raises:
        UsageError: the path is no name.
        MediaError: the file is missing, empty, damaged or of another kind.
    """
    path = _named(path)
    data = _bytes(path)
    if data[:2].tobytes() == b"#?":
        with contextlib.suppress(cv2.error), opencv_silent():
            picture: Any = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
            if picture is not None and picture.dtype == np.float32:
                return np.ascontiguousarray(picture[..., ::-1])
    elif data[:4].tobytes() == b"\x76\x2f\x31\x01":
        try:
            return _read_exr(path)
        except (av.FFmpegError, StopIteration, OSError):
            pass
    raise MediaError(f"{path}: not a readable Radiance .hdr or OpenEXR .exr; export it again")


def _read_exr(path: Path) -> Floats:
    with av.open(f"file:{path}", format="exr_pipe") as container:
        frame = next(container.decode(video=0))
    name = frame.format.name
    if name.startswith("gray"):
        return np.repeat(_float_plane(frame, 0)[..., None], 3, 2)
    # FFmpeg's planar RGB comes in the order green, blue, red.
    green, blue, red = (_float_plane(frame, i) for i in range(3))
    return np.stack([red, green, blue], 2)


def _float_plane(frame: av.VideoFrame, index: int) -> Floats:
    plane: Any = frame.planes[index]
    kind = np.dtype(np.float16 if "f16" in frame.format.name else np.float32)
    rows = np.frombuffer(plane, kind).reshape(-1, plane.line_size // kind.itemsize)
    return rows[: frame.height, : frame.width].astype(np.float32)
