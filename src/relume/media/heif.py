"""HEIC and AVIF, the pictures of many phones: read by pillow-heif (the extra `heic`), or by FFmpeg,
which takes them for videos and knows no tiles."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from av.stream import Disposition

from relume.errors import MediaError
from relume.media.layout import Plane
from relume.media.notes import Notes, notes_of_heic, profile_note

__all__ = ["HEIF_ENDINGS", "check_no_tiles", "is_heic", "notes_of_heif", "read_heic"]

_HEIC = (".heic", ".heif", ".hif")
HEIF_ENDINGS = (*_HEIC, ".avif")
"""Pictures that are read and not written."""

_BRANDS = ("heic", "heix", "heim", "mif1", "avif")
_MOST = 1 << 24
"""Bytes of a description that are looked through; phones' have some thousand."""


def check_no_tiles(path: Path, container: Any) -> None:
    """Raise MediaError of a picture in several tiles, each of which FFmpeg gives by itself."""
    tiles = [s for s in container.streams.video if s.disposition & Disposition.dependent]
    if _is_heif(container) and tiles:
        raise MediaError(
            f"{path}: is a picture in {len(tiles)} tiles, as phones store HEIC, which pillow-heif"
            ' reads: run `pip install "relume[heic]"`, or save it as PNG, TIFF or JPEG first'
        )


def is_heic(path: Path) -> bool:
    """Whether a name is that of a picture which `read_heic` can read here."""
    return path.suffix.lower() in _HEIC and importlib.util.find_spec("pillow_heif") is not None


def read_heic(path: Path, data: bytes) -> tuple[Plane, Notes]:
    """A HEIC picture, upright, uint8 or uint16 RGB(A) [H, W, 3 or 4], and its notes.

    Args:
        path: for messages.
        data: the file's content.

    Raises:
        MediaError: it is damaged, or another kind of file.
    """
    heif = importlib.import_module("pillow_heif")
    try:
        picture = heif.open_heif(data, convert_hdr_to_8bit=False)
        samples = np.asarray(picture)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        why = " ".join(str(error).split())
        raise MediaError(f"{path}: the picture can't be decoded ({why})") from None
    if samples.ndim == 2:
        samples = np.repeat(samples[..., None], 3, 2)
    return np.ascontiguousarray(samples), notes_of_heic(picture.info)


def notes_of_heif(path: Path, container: Any) -> Notes:
    """The colour profile of a HEIC or AVIF picture; no notes of anything else."""
    if not _is_heif(container):
        return {}
    data = _description(path)
    at = data.find(b"colrprof")
    while at >= 4:  # gain maps have profiles, too, but grey ones
        profile = data[at + 8 : at - 4 + int.from_bytes(data[at - 4 : at], "big")]
        if profile[16:20] == b"RGB ":
            return profile_note(profile)
        at = data.find(b"colrprof", at + 8)
    return {}


def _is_heif(container: Any) -> bool:
    return container.metadata.get("major_brand") in _BRANDS


def _description(path: Path) -> bytes:
    """The file's box that says what is in it (ISO/IEC 14496-12: `meta`)."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[:4], "big")
            if head[4:] == b"meta":
                return file.read(min(max(size - 8, 0), _MOST))
            if size < 8:  # to the file's end, or damaged
                break
            file.seek(size - 8, 1)
    return b""
