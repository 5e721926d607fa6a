"""Pictures within a frame: a split screen's halves, a clip between blurred sides.

What a network sees beyond such a picture's border confuses it (a wall of the other half is taken
for a body), and light that goes on there is plainly wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..media.inset import Box
from ..media.picture import Picture, Pixels
from .seams import is_bar, seams, still_seam
from .tracked import TrackedFace

__all__ = ["PanelFinder"]

_DEPTH = 4  # seams are looked for within what seams leave, so many times

_EVERY = 1.0  # seconds between two looks for new seams

_AGAIN = 10.0
"""Seconds in which a face that has left a picture, or whose picture's border faded, gets no new
one, or what is remembered of it would be forgotten again and again."""

_SAME = 8
"""Pixels by which a picture's sides lie elsewhere from look to look, for codecs smear seams."""


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
            panel = known.get(face.id)
            if face.id in found:
                panel = _as_known(_doubled(found[face.id], picture), known.values())
            elif face.id not in before:
                panel = next((box for box in known.values() if _within(face, box)), None)
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
        for before, after in seams(block, axis):
            if any(start < after and end > before for start, end in taken):
                continue
            if before <= first and not is_bar(block, axis, before, -1):
                low[axis] = max(low[axis], box[axis] + after)
            elif after >= last and not is_bar(block, axis, after, 1):
                high[axis] = min(high[axis], box[axis] + before)
    return (low[0], low[1], high[0], high[1])


def _stands(pixels: Pixels, box: Box) -> bool:
    """Whether the sides of a box that was found are seams still; of two that are as far from either
    side of the frame one is enough."""
    for axis in (0, 1):
        size, low, high = pixels.shape[1 - axis], box[axis], box[axis + 2]
        ends = [end for end, border in ((low, 0), (high, size)) if end != border]
        stand = [still_seam(pixels, box, axis, end) for end in ends]
        pair = len(ends) == 2 and abs(low + high - size) <= 2
        if not (any(stand) if pair else all(stand)):
            return False
    return True


def _holds(box: Box, face: TrackedFace) -> bool:
    """Whether a face's middle lies in a box of half-size pixels."""
    middle = (face.box[:2] + face.box[2:]) / 4
    return bool((middle >= box[:2]).all() and (middle < box[2:]).all())


def _as_known(panel: Box, known: Iterable[Box]) -> Box:
    """A panel as it was found for another face before, or two faces in it wouldn't be company."""
    for other in known:
        if max(abs(a - b) for a, b in zip(panel, other, strict=True)) <= _SAME:
            return other
    return panel


def _within(face: TrackedFace, box: Box) -> bool:
    """Whether all of a face lies in a panel, which its faint border, kept once found, still is."""
    return bool((face.box[:2] >= box[:2]).all() and (face.box[2:] <= box[2:]).all())


def _halved(box: Box) -> Box:
    x0, y0, x1, y1 = box
    return x0 // 2, y0 // 2, (x1 + 1) // 2, (y1 + 1) // 2


def _doubled(box: Box, picture: Picture) -> Box:
    x0, y0, x1, y1 = (2 * end for end in box)
    return x0, y0, min(x1, picture.width), min(y1, picture.height)
