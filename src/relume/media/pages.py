"""Whether a picture's file holds more pictures than the one that is read: an animation, pages."""

from __future__ import annotations

from relume.media.tags import has_second

__all__ = ["more_pictures"]

_ANIMATED = 2  # WebP's flag (its container's specification, "Extended File Format")


def more_pictures(data: bytes) -> str | None:
    """What the file is, "an animation" or "a file of several pages"; None of a single picture."""
    if data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and data[20:21]:
        return "an animation" if data[20] & _ANIMATED else None
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        # The chunk that tells of frames stands before the pixels (PNG's third edition, 11.3.6).
        return "an animation" if b"acTL" in data[: max(data.find(b"IDAT"), 0)] else None
    return "a file of several pages" if has_second(data) else None
