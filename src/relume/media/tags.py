"""TIFF's tags, of which EXIF is made, too: read, written, and put right for upright pixels.

TIFF 6.0 and Exif 2.3. Of values, those are known that are bytes, texts, whole numbers or ratios of
them; they are little-endian here, whatever the file has.
"""

from __future__ import annotations

import struct

import numpy as np

__all__ = ["exif_of", "has_second", "read_tags", "upright", "with_tags"]

Tag = tuple[int, bytes]
"""TIFF's number of a kind, and the value."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
_UNITS = {3: 2, 4: 4, 5: 4}  # bytes whose order is the file's
_ORIENTATION, _THUMBNAIL, _ITS_LENGTH = 0x112, 0x201, 0x202


def _order(data: bytes) -> str:
    """How `struct` calls the order of a file's bytes."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None:
        raise ValueError("no TIFF")
    return order


def _directory(data: bytes, order: str, at: int) -> dict[int, int]:
    """Where in the file each tag of a directory has its 12 bytes."""
    (count,) = struct.unpack_from(f"{order}H", data, at)
    places = range(at + 2, at + 2 + 12 * count, 12)
    return {struct.unpack_from(f"{order}H", data, place)[0]: place for place in places}


def has_second(data: bytes) -> bool:
    """Whether a TIFF file has a picture after its first; not of anything else."""
    try:
        order = _order(data)
        (first,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, first)
        (second,) = struct.unpack_from(f"{order}I", data, first + 2 + 12 * count)
    except (struct.error, ValueError):
        return False
    return bool(second)


def read_tags(data: bytes) -> dict[int, Tag]:
    """The tags of a TIFF file's first picture, or of EXIF, by number; none where it is damaged."""
    found: dict[int, Tag] = {}
    try:
        order = _order(data)
        (first,) = struct.unpack_from(f"{order}I", data, 4)
        for tag, place in _directory(data, order, first).items():
            _, kind, number, begin = struct.unpack_from(f"{order}HHII", data, place)
            length = number * _SIZES.get(kind, 0)
            begin = place + 8 if length <= 4 else begin
            value = data[begin : begin + length]
            if not 0 < length == len(value):
                continue
            if order == ">" and (unit := _UNITS.get(kind)):
                value = np.frombuffer(value, f">u{unit}").astype(f"<u{unit}").tobytes()
            found[tag] = kind, value
    except (struct.error, ValueError):
        return {}
    return found


def _written(tags: dict[int, Tag], at: int) -> tuple[dict[int, bytes], bytes]:
    """Each tag's 12 bytes, and the values that don't fit there and are to lie at `at`."""
    entries, values = {}, b""
    for tag, (kind, value) in tags.items():
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack("<I", at + len(values))
            values += value + b"\0" * (len(value) % 2)
        entries[tag] = struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind]) + place
    return entries, values


def _listed(entries: dict[int, bytes]) -> bytes:
    """A directory, the last of its file."""
    rows = (entry for _, entry in sorted(entries.items()))
    return struct.pack("<H", len(entries)) + b"".join(rows) + b"\0\0\0\0"


def exif_of(tags: dict[int, Tag]) -> bytes:
    """EXIF of nothing but these tags."""
    entries, values = _written(tags, 8 + 6 + 12 * len(tags))
    return b"II*\0\x08\0\0\0" + _listed(entries) + values


def with_tags(data: bytes, tags: dict[int, Tag]) -> bytes:
    """A little-endian TIFF file of one picture, with more tags or with others of its own."""
    (first,) = struct.unpack_from("<I", data, 4)
    own = {tag: data[at : at + 12] for tag, at in _directory(data, "<", first).items()}
    data += b"\0" * (len(data) % 2)
    entries, values = _written(tags, len(data))
    begin = struct.pack("<I", len(data) + len(values))
    return data[:4] + begin + data[8:] + values + _listed(own | entries)


def upright(exif: bytes) -> bytes:
    """EXIF for the same pixels laid out as they are seen, without the thumbnail, which is the old
    picture's; empty where it is damaged."""
    data = bytearray(exif)
    try:
        order = _order(exif)
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        places = _directory(exif, order, first)
        if place := places.get(_ORIENTATION):
            struct.pack_into(f"{order}H", data, place + 8, 1)
        link = first + 2 + 12 * len(places)
        (second,) = struct.unpack_from(f"{order}I", exif, link)
        struct.pack_into(f"{order}I", data, link, 0)
        small = _directory(exif, order, second) if second else {}
        if _THUMBNAIL in small and _ITS_LENGTH in small:
            begin, length = (
                struct.unpack_from(f"{order}I", exif, small[tag] + 8)[0]
                for tag in (_THUMBNAIL, _ITS_LENGTH)
            )
            length = max(min(length, len(data) - begin), 0)
            data[begin : begin + length] = bytes(length)
            if begin + length == len(data):
                del data[begin:]
    except (struct.error, ValueError):
        return b""
    return bytes(data)
