"""What a picture's file says beside its pixels: whose colours they are, who took it, and when.

Pixels stay in the colours of the file's own profile, which goes along: relighting multiplies, and
Display P3, say, has the curve of sRGB. EXIF goes along but for its orientation (pixels are upright)
and thumbnail; of TIFF, what texts and resolution the file has. XMP and IPTC don't.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2

from relume.media.tags import exif_of, read_tags, upright, with_tags

__all__ = [
    "Notes",
    "add_to_tiff",
    "cleaned",
    "fitting",
    "lost_colours",
    "notes_of_heic",
    "notes_of_tiff",
    "profile_note",
]

Notes = dict[int, bytes]
"""By OpenCV's kinds of metadata, IMAGE_METADATA_EXIF, _ICCP and _CICP."""

_EXIF, _ICC, _CICP = (
    int(kind)
    for kind in (cv2.IMAGE_METADATA_EXIF, cv2.IMAGE_METADATA_ICCP, cv2.IMAGE_METADATA_CICP)
)
_PROFILE = 34675  # TIFF's tag of an ICC profile
# Caption, maker, model, resolution and its unit, date, author, copyright.
_SHARED = (270, 271, 272, 282, 283, 296, 306, 315, 33432)
_UNSAID = 2  # of primaries and curves (ITU-T H.273)
_SRGB = ("sRGB".encode("ascii"), "sRGB".encode("utf-16-be"))


def cleaned(found: Notes) -> Notes:
    """Of what a file has, what is true of upright pixels, and understood."""
    notes = {kind: value for kind, value in found.items() if kind in (_ICC, _CICP)}
    if exif := upright(found.get(_EXIF, b"").removeprefix(b"Exif\0\0")):
        notes[_EXIF] = exif
    return notes


def profile_note(profile: bytes) -> Notes:
    """The notes of a picture of which a colour profile alone is known."""
    return {_ICC: profile}


def notes_of_heic(told: Mapping[str, Any]) -> Notes:
    """The notes of a HEIC file from what pillow-heif tells of it."""
    notes = cleaned({_EXIF: told.get("exif") or b""})
    if profile := told.get("icc_profile"):
        notes[_ICC] = profile
    elif code := told.get("nclx_profile"):
        colours = code["color_primaries"], code["transfer_characteristics"]
        if _UNSAID not in colours:
            notes[_CICP] = bytes((*colours, 0, 1))  # decoded, it is RGB of the full range
    return notes


def notes_of_tiff(data: bytes) -> Notes:
    """A TIFF file's notes; none of anything else."""
    tags = read_tags(data)
    shared = {tag: tags[tag] for tag in _SHARED if tag in tags}
    notes = {_EXIF: exif_of(shared)} if shared else {}
    if _PROFILE in tags:
        notes[_ICC] = tags[_PROFILE][1]
    return notes


def add_to_tiff(data: bytes, notes: Notes) -> bytes:
    """A TIFF file as OpenCV writes it, with notes."""
    tags = {tag: it for tag, it in read_tags(notes.get(_EXIF, b"")).items() if tag in _SHARED}
    if _ICC in notes:
        tags[_PROFILE] = 7, notes[_ICC]
    return with_tags(data, tags) if tags else data


def fitting(notes: Notes, ending: str) -> Notes:
    """What pictures of an ending, which have red, green and blue, can keep."""
    kept = dict(notes)
    if kept.get(_ICC, b"")[16:20] != b"RGB ":
        kept.pop(_ICC, None)
    if ending != ".png":
        kept.pop(_CICP, None)
    return kept


def lost_colours(notes: Notes, kept: Notes) -> bool:
    """Whether colours will look different, as they are no sRGB and nothing that is kept says so."""
    if {_ICC, _CICP} & kept.keys():
        return False
    profile, code = notes.get(_ICC), notes.get(_CICP)
    other = profile is not None and not any(name in profile for name in _SRGB)
    return other or (code is not None and code[:2] != bytes((1, 13)))
