"""HEIC and AVIF, the pictures of many phones, which FFmpeg reads as if they were videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from av.stream import Disposition

from relume.errors import MediaError
from relume.media.notes import Notes, profile_note

__all__ = ["check_no_tiles", "notes_of_heif"]

_BRANDS = ("heic", "heix", "heim", "mif1", "avif")
_MOST = 1 << 24
"""Bytes of a description that are looked through; phones' have some thousand."""


def check_no_tiles(path: Path, container: Any) -> None:
    """Raise MediaError of a picture in several tiles, each of which FFmpeg gives by itself."""
    tiles = [s for s in container.streams.video if s.disposition & Disposition.dependent]
    if _is_heif(container) and tiles:
        raise MediaError(
            f"{path}: is a picture in {len(tiles)} tiles, as phones store HEIC, which can't be put"
            " together here; save it as PNG, TIFF or JPEG first"
        )


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
