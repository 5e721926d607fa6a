"""Seams: edges along whole columns or rows of pixels, where pictures within a frame meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..media.inset import Box
from ..media.picture import Pixels

__all__ = ["is_bar", "seams", "still_seam"]

Floats = NDArray[np.float32]

_STEP = 8
"""Codes from one pixel to the next, at half the frame's size, from which there is an edge."""

_STEEPER = 2.0
"""How many times as steep as what is on either side of it."""

_BESIDE = np.array([[1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]], np.float32) / 10
"""What is."""

_FOUND = (0.92, 0.06)
"""Share of a line that is an edge from which it is a seam, and the longest gap in it, as a share
of its length. On 1,041 portraits, in which there is none, 2 straight borders of things pass; seams
have 0.95 and more."""

_KEPT = (0.7, 0.08)
"""The same for one that was found before."""

_PAIR = (0.7, 0.25)
"""The same for two as far from either side, between which a clip of another shape is shown."""

_SPARSE = 4  # rows from one that is looked at first to the next

_LIKELY = 0.65  # share of those that is an edge from which all are looked at

_RINGING = 0.12
"""Share of a seam's steepest step below which a codec made another one beside it."""

_LEAST = 8  # half-size pixels that a picture measures at least

_BAR = 20  # half-size pixels beyond a seam that tell whether there is a picture, or a gutter

_FLAT = 4.0
"""Codes, standard deviation, below which what is beyond a seam is a bar: it needs no
border, since no light shows on it."""


def seams(block: Pixels, axis: int) -> list[tuple[int, int]]:
    """Where seams run all over a block.

    Args:
        block: [h, w, 3] of a frame at half its size.
        axis: 0 for seams from top to bottom, 1 for those from left to right.

    Returns:
        Of each, where what is before it ends, and where what is after it begins.
    """
    if min(block.shape[:2]) < 2 * _LEAST:
        return []
    few = block[::_SPARSE] if axis == 0 else block[:, ::_SPARSE]
    sparse, _ = _edges(_across(few, axis))
    columns = np.flatnonzero(sparse.mean(0) >= _LIKELY)
    columns = columns[(columns >= _LEAST) & (columns < sparse.shape[1] - _LEAST)]
    if not len(columns):
        return []
    sure: list[tuple[int, int]] = []
    likely: list[tuple[int, int]] = []
    for group in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
        first = max(group[0] - len(_BESIDE[0]), 0)
        near = slice(first, group[-1] + len(_BESIDE[0]) + 1)
        edge, steps = _edges(_across(block[:, near] if axis == 0 else block[near], axis))
        if not any(_whole(edge[:, c - first], *_PAIR) for c in group):
            continue
        # Of a border that runs through pixels, or a narrow gutter, all steps are the seam's.
        usual = np.median(steps[:, group[0] - first : group[-1] - first + 2], 0)
        least = max(min(_STEP, usual.max()), _RINGING * usual.max())
        steep = np.flatnonzero(usual >= least) + group[0]
        seam = int(steep[0]) + 1, int(steep[-1]) + 1
        (sure if any(_whole(edge[:, c - first], *_FOUND) for c in group) else likely).append(seam)
    size, both = sparse.shape[1] + 1, [*sure, *likely]
    return [*sure, *(s for s in likely if any(_mirrored(s, other, size) for other in both))]


def still_seam(pixels: Pixels, box: Box, axis: int, end: int) -> bool:
    """Whether one of a box's sides, where a seam was found, is one still.

    Args:
        pixels: [h, w, 3] the frame at half its size.
        box: in those.
        axis: 0 for its left or right side, 1 for its upper or lower one.
        end: where that is.
    """
    along, wide = slice(box[1 - axis], box[3 - axis]), len(_BESIDE[0])
    first = max(end - wide, 0)
    strip = pixels[along, first : end + wide] if axis == 0 else pixels[first : end + wide, along]
    edge, _ = _edges(_across(strip, axis))
    near = range(max(end - first - 3, 0), min(end - first + 2, edge.shape[1]))
    return any(_whole(edge[:, c], *_KEPT) for c in near)


def is_bar(block: Pixels, axis: int, end: int, way: int) -> bool:
    """Whether what lies beyond a seam of a block is of one colour.

    Args:
        block: [h, w, 3].
        axis: 0 for columns, 1 for rows.
        end: where it begins; it goes on to the right or down from there.
        way: 1 for that, -1 where it goes the other way.
    """
    # But for the pixels next to the seam, where a codec mixes both sides.
    first, last = (max(end - _BAR, 0), end - 1) if way < 0 else (end + 1, end + _BAR)
    part = block[:, first:last] if axis == 0 else block[first:last]
    return bool((part.reshape(-1, 3).std(0) < _FLAT).all())


def _mirrored(seam: tuple[int, int], other: tuple[int, int], size: int) -> bool:
    """Whether seams lie on both sides of the middle of what is so wide, as far from it."""
    return abs(seam[0] + other[1] - size) <= 2 and (seam[0] < size / 2) != (other[0] < size / 2)


def _across(block: Pixels, axis: int) -> Pixels:
    """A block whose rows run across the seams of an axis."""
    return np.ascontiguousarray(block if axis == 0 else block.transpose(1, 0, 2))


def _edges(block: Pixels) -> tuple[NDArray[np.bool_], Floats]:
    """[h, w - 1] each: whether there is an edge between a column and the next or that and the one
    behind, and by how much a column differs from the next."""
    import cv2

    red, green, blue = cv2.split(cv2.absdiff(block[:, 1:], block[:, :-1]))
    steps = np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)
    beside = cv2.filter2D(steps, -1, _BESIDE, borderType=cv2.BORDER_REPLICATE)
    # A border that runs through a column's pixels is two steps.
    step = steps.copy()
    np.maximum(steps[:, :-1], steps[:, 1:], out=step[:, :-1])
    return (step >= _STEP) & (step >= np.float32(_STEEPER) * beside), steps


def _whole(edge: NDArray[np.bool_], share: float, gap: float) -> bool:
    """Whether a line is an edge for such a share of its length, and without a longer gap."""
    there = np.flatnonzero(edge)
    if len(there) < share * len(edge):
        return False
    ends = np.concatenate([[-1], there, [len(edge)]])
    return bool(np.diff(ends).max() - 1 <= gap * len(edge))
