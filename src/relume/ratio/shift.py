"""Shifts: where the pixels of a turned view come from, in one layer or over what is behind."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP
from .window import MARGIN, RESOLUTION, Window

__all__ = ["hidden", "in_frame", "seen_through", "within_frame"]

Floats = NDArray[np.float32]

_DRAWN_OUT = 0.5
"""Of the way to the frame's edge, how far off something is fetched at most."""

_SOLID = 0.3  # of the matte, from which a pixel hides what is behind it; the kernel's, too


def in_frame(shift: Floats, crop: NDArray[np.floating]) -> Floats:
    """A shift in crop pixels, as `Maps.shift`, in a frame's, as `relight_block` takes it.

    Args:
        shift: [N, N, 2 or 5].
        crop: [2, 3] from frame pixels to those of the crop.
    """
    to_frame = cv2.invertAffineTransform(np.asarray(crop, np.float64))
    turn = np.eye(shift.shape[2], dtype=np.float32)
    for k in range(0, len(turn) - 1, 2):
        turn[k : k + 2, k : k + 2] = to_frame[:, :2].T
    return np.asarray(shift @ turn, np.float32)


def within_frame(shift: Floats, window: Window) -> Floats:
    """A shift that fetches nothing from outside the frame: a head that its edge cuts off is drawn
    out there instead, to twice its size at most.

    Args:
        shift: [N, N, 2 or 5] in crop pixels, see `Maps.shift`.
        window: where it lies in the frame.
    """
    to_frame = cv2.invertAffineTransform(window.frame_to_cells).astype(np.float32)
    across, along = _columns_and_rows()
    rooms = []
    for (x, y, there), first, last in zip(
        to_frame, (window.x0, window.y0), (window.x1 - 1, window.y1 - 1), strict=True
    ):
        at = x * across + y * along
        rooms.append((np.minimum(first - there - at, 0), np.maximum(last - there - at, 0)))
    turn = to_frame[:, :2] * np.float32(RESOLUTION / (CROP + 2 * MARGIN))
    planes, changed = list(cv2.split(shift)), False
    for part, share in ((0, np.float32(_DRAWN_OUT)), (2, np.float32(1)))[: len(planes) // 2]:
        move = cv2.split(cv2.transform(cv2.merge(planes[part : part + 2]), turn))
        # Not by clip, which is slower.
        kept = [
            cv2.min(cv2.max(by, share * low), share * high)
            for by, (low, high) in zip(move, rooms, strict=True)
        ]
        if any((old != new).any() for old, new in zip(move, kept, strict=True)):
            changed = True
            planes[part : part + 2] = cv2.split(cv2.transform(cv2.merge(kept), np.linalg.inv(turn)))
    return np.asarray(cv2.merge(planes), np.float32) if changed else shift


@cache
def _columns_and_rows() -> tuple[Floats, Floats]:
    """[N, N] each: a window's cells."""
    rows, columns = np.indices((RESOLUTION, RESOLUTION), np.float32)
    return columns, rows


def seen_through(person: Floats, shift: Floats, image: Floats | None = None) -> Floats:
    """[h, w] what is seen of an image when pixels move by a shift.

    Args:
        person: [h, w] the matte, 0..1.
        shift: [h, w, 2 or 5] of each pixel; see `relight_block`.
        image: [h, w]; by default the matte itself, which gives where the person is seen.
    """
    at = np.arange(person.shape[1], dtype=np.float32), np.arange(len(person), dtype=np.float32)
    across, along, *behind = cv2.split(shift)

    def fetched(what: Floats, x: Any, y: Any) -> Any:
        place = x + at[0], y + at[1][:, None]
        return cv2.remap(what, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    what = person if image is None else image
    moved = fetched(what, across, along)
    if behind:
        part = moved if image is None else fetched(person, across, along)
        back = fetched(what, behind[0], behind[1])
        moved = back + (moved - back) * hidden(behind[2], part)
    return np.asarray(moved, np.float32)


def hidden(cover: Any, part: Any) -> Any:
    """0..1 how far a moved person hides what is behind.

    Args:
        cover: the last channel of a shift.
        part: the matte, 0..1.
    """
    solid = smoothstep(part, 0.0, _SOLID)
    core = np.clip(cover - 1, 0, 1)
    return np.clip(cover, 0, 1) * (solid + core * (1 - solid))
