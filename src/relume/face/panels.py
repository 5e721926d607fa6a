"""Pictures within a frame: a split screen's halves, a clip between blurred sides.

What a network sees beyond such a picture's border confuses it (a wall of the other half is taken
for a body), and light that goes on there is plainly wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..media.inset import Box
from ..media.picture import Picture, Pixels
from .tracked import TrackedFace

__all__ = ["PanelFinder"]

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

_LEAST = 8  # half-size pixels that a picture measures

_DEPTH = 4  # seams are looked for within what seams leave, so many times

_BAR = 20  # half-size pixels beyond a seam that tell whether there is a picture, or a gutter

_FLAT = 4.0
"""Codes, standard deviation, below which what is beyond a seam is a bar: it needs no
border, since no light shows on it."""

_EVERY = 1.0  # seconds between two looks for new seams

_AGAIN = 10.0
"""Seconds in which a face that has left a picture, or whose picture's border faded, gets no new
one, or what is remembered of it would be forgotten again and again."""


class PanelFinder:
    """Says in which part of the frame each face's picture lies.

    A seam is an edge along a whole column or row of pixels, and crosses no face. Within what seams
    leave there may be others: a grid of faces is found row by row. What was found once stays as
    long as its borders are edges for the most part.
    """

    def __init__(self) -> None:
        self._panels: dict[int, Box | None] = {}
        self._left: dict[int, float] = {}
        self._looked = -np.inf

    def __call__(
        self, picture: Picture, faces: Sequence[TrackedFace], time: float
    ) -> list[TrackedFace]:
        """Faces of the frame at `time` seconds, with their `TrackedFace.panel`.

        One that lies in another than it did before is `fresh`.
        """
        pixels, before = picture.half8, self._panels
        known = {
            face.id: panel
            for face in faces
            if (panel := before.get(face.id)) is not None
            and _holds(_halved(panel), face)
            and _stands(pixels, _halved(panel))
        }
        self._left = {face.id: self._left.get(face.id, -np.inf) for face in faces}
        self._left |= {f.id: time for f in faces if before.get(f.id) and f.id not in known}
        asked = [
            face for face in faces if face.id not in known and time - self._left[face.id] >= _AGAIN
        ]
        found: dict[int, Box] = {}
        due = not 0.0 <= time - self._looked < _EVERY
        if asked and (due or any(face.id not in before for face in asked)):
            self._looked = time
            found = _divided(pixels, (0, 0, pixels.shape[1], pixels.shape[0]), asked, faces, _DEPTH)
        out = []
        for face in faces:
            panel = known.get(face.id) or _doubled(found.get(face.id), picture)
            moved = face.id in before and before[face.id] != panel
            out.append(replace(face, panel=panel, fresh=face.fresh or moved))
        self._panels = {face.id: face.panel for face in out}
        return out


def _divided(
    pixels: Pixels,
    box: Box,
    asked: Sequence[TrackedFace],
    faces: Sequence[TrackedFace],
    depth: int,
) -> dict[int, Box]:
    """By the ids of the faces that are asked about, the smallest box within `box` that seams cut
    out around them; those with none are left out.

    Args:
        pixels: [h, w, 3] the frame at half its size.
        box: in those.
        asked: the faces.
        faces: all that no seam may cross.
        depth: how many more times boxes are divided.
    """
    if not asked or not depth:
        return {}
    inside = [face for face in faces if _holds(box, face)]
    parts: dict[Box, list[TrackedFace]] = {}
    for face in asked:
        parts.setdefault(_cut(pixels, box, face, inside), []).append(face)
    out: dict[int, Box] = {}
    for part, those in parts.items():
        if part != box:
            out |= {face.id: part for face in those}
            out |= _divided(pixels, part, those, inside, depth - 1)
    return out


def _cut(pixels: Pixels, box: Box, face: TrackedFace, faces: Sequence[TrackedFace]) -> Box:
    """What the seams of a box leave around a face."""
    low, high = list(box[:2]), list(box[2:])
    block = pixels[box[1] : box[3], box[0] : box[2]]
    for axis in (0, 1):
        taken = [(f.box[axis] / 2 - box[axis], f.box[axis + 2] / 2 - box[axis]) for f in faces]
        first, last = (face.box[end] / 2 - box[axis] for end in (axis, axis + 2))
        for before, after in _seams(block, axis):
            if any(start < after and end > before for start, end in taken):
                continue
            if before <= first and not _is_bar(block, axis, max(before - _BAR, 0), before - 1):
                low[axis] = max(low[axis], box[axis] + after)
            elif after >= last and not _is_bar(block, axis, after + 1, after + _BAR):
                high[axis] = min(high[axis], box[axis] + before)
    return (low[0], low[1], high[0], high[1])


def _across(block: Pixels, axis: int) -> Pixels:
    """A block whose rows run across the seams of an axis."""
    return np.ascontiguousarray(block if axis == 0 else block.transpose(1, 0, 2))


def _seams(block: Pixels, axis: int) -> list[tuple[int, int]]:
    """Where seams run all over a block [h, w, 3], from top to bottom or from left to right: what
    is before one ends at the first number, what is after it begins at the second."""
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


def _mirrored(seam: tuple[int, int], other: tuple[int, int], size: int) -> bool:
    """Whether seams lie on both sides of the middle of what is so wide, as far from it."""
    return abs(seam[0] + other[1] - size) <= 2 and (seam[0] < size / 2) != (other[0] < size / 2)


def _is_bar(block: Pixels, axis: int, first: int, last: int) -> bool:
    """Whether columns, or rows, of a block are of one colour."""
    part = block[:, first:last] if axis == 0 else block[first:last]
    return bool((part.reshape(-1, 3).std(0) < _FLAT).all())


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


def _stands(pixels: Pixels, box: Box) -> bool:
    """Whether the sides of a box that was found are seams still; of two that are as far from either
    side of the frame one is enough."""
    for axis in (0, 1):
        size, low, high = pixels.shape[1 - axis], box[axis], box[axis + 2]
        ends = [end for end, border in ((low, 0), (high, size)) if end != border]
        stand = [_still_seam(pixels, box, axis, end) for end in ends]
        pair = len(ends) == 2 and abs(low + high - size) <= 2
        if not (any(stand) if pair else all(stand)):
            return False
    return True


def _still_seam(pixels: Pixels, box: Box, axis: int, end: int) -> bool:
    """Whether one of a box's sides, at `end`, is a seam still."""
    along, wide = slice(box[1 - axis], box[3 - axis]), len(_BESIDE[0])
    first = max(end - wide, 0)
    strip = pixels[along, first : end + wide] if axis == 0 else pixels[first : end + wide, along]
    edge, _ = _edges(_across(strip, axis))
    near = range(max(end - first - 3, 0), min(end - first + 2, edge.shape[1]))
    return any(_whole(edge[:, c], *_KEPT) for c in near)


def _holds(box: Box, face: TrackedFace) -> bool:
    """Whether a face's middle lies in a box of half-size pixels."""
    middle = (face.box[:2] + face.box[2:]) / 4
    return bool((middle >= box[:2]).all() and (middle < box[2:]).all())


def _halved(box: Box) -> Box:
    x0, y0, x1, y1 = box
    return x0 // 2, y0 // 2, (x1 + 1) // 2, (y1 + 1) // 2


def _doubled(box: Box | None, picture: Picture) -> Box | None:
    if box is None:
        return None
    x0, y0, x1, y1 = (2 * end for end in box)
    return x0, y0, min(x1, picture.width), min(y1, picture.height)
