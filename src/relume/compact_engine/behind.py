"""The back of a head, which no frame shows: as the mean head has it, grown to the person's hair, in
the colours around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep, spread

__all__ = ["Hair", "behind", "coloured"]

Floats = NDArray[np.float32]

_STEEP = 120.0
"""By how much a field grows in one unit towards the inside; as the model's own template prior."""

_BACK = (0.06, -0.06)
"""Canonical z between which the mean head comes up to its full size. Further in front it stays
inside the person's own surface, by `_INSIDE` units."""

_INSIDE = 0.04

_SIDE = (-0.08, 0.0)
"""Canonical z between which a vertex goes from the back to what the frame may show."""

_FACING = (0.0, 0.4)
"""Normals' z over which the same is told farther back, on hair and shoulders."""

_OWN = (-6.0, -1.0)
"""Values of the model's field at a vertex between which it comes to be the model's surface."""

_TOP = (0.26, 0.31)
"""Canonical y over which foreheads end and hair begins."""

_NAPE = (-0.02, -0.08)
"""Canonical z over which the sides go over into the back."""

_ABOVE = (-0.14, -0.02)
"""Canonical y over which the neck goes over into the back of the head."""

_FEWEST = 20.0
"""Vertices that tell of the top."""

_RIM = (0.01, 0.04)
"""Canonical units inside the outline over which the backdrop's colours end."""

_FACE = (0.0, 0.12)
"""Canonical z between which colours go from the hair's, which go on behind, to the face's."""

_CENTRE = (0.0, 0.05, -0.08)  # of the head, around which it is unrolled
_TURN, _ROWS = 256, 128  # cells around it, and from top to bottom


_ANGLES = 128  # around the head, seen from the front
_DOWN = (1.7, 2.3)
"""Radians from the crown between which hair goes over into neck and shoulders, which stay."""

_THICKEST = 0.2
"""Canonical units that hair may stand out."""

_ROW = 4096

_SMOOTH = 0.1
"""Of the box, over which the back is smoothed."""


class Hair:
    """How far the person's outline lies beyond the mean head's, seen from the front.

    What frames show of hair is a shell that ends at the ears. The back is grown as much as the
    outline stands out, so that the two meet.

    Args:
        person, mean: bool [N, N] outlines, by x and then y.
        at: [N] canonical coordinates of their cells.
    """

    def __init__(self, person: NDArray[np.bool_], mean: NDArray[np.bool_], at: Floats) -> None:
        angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
        reach = np.arange(3 * len(at)) * (at[1] - at[0]) / 2
        x = _CENTRE[0] + np.sin(angle)[:, None] * reach
        y = _CENTRE[1] + np.cos(angle)[:, None] * reach
        # With a border of nothing around; rays end there.
        column, row = (
            np.clip(np.rint((v - at[0]) / (at[1] - at[0])) + 1, 0, len(at) + 1).astype(np.int64)
            for v in (x, y)
        )
        # Up to the first gap: what lies apart is no hair.
        far = [
            reach[np.maximum(np.argmin(np.pad(outline, 1)[column, row], axis=1) - 1, 0)]
            for outline in (person, mean)
        ]
        out = np.clip(far[0] - far[1], 0, _THICKEST)
        near = np.stack([np.roll(out, k) for k in range(-4, 5)])
        out = np.median(near, axis=0)  # without spikes
        out = np.mean([np.roll(out, k) for k in range(-4, 5)], axis=0)
        out *= 1 - smoothstep(np.minimum(angle, 2 * np.pi - angle), *_DOWN)
        # As a map, smoothed, so that the angles don't show where they meet.
        x, y = np.meshgrid(at - np.float32(_CENTRE[0]), at - np.float32(_CENTRE[1]))
        turn = np.arctan2(x, y) % (2 * np.pi) * (_ANGLES / (2 * np.pi))
        own = np.interp(turn, np.arange(_ANGLES + 1), np.append(out, out[0])).astype(np.float32)
        self._out = cv2.GaussianBlur(
            own, (0, 0), _SMOOTH * len(at), borderType=cv2.BORDER_REPLICATE
        )
        self._first, self._step = at[0], at[1] - at[0]
        inside = np.pad(person.T.astype(np.uint8), 1)  # nothing is known beyond the box either
        deep = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
        self._deep = np.asarray(deep * self._step, np.float32)

    def __call__(self, x: Floats, y: Floats) -> Floats:
        """How much farther out the surface behind these places lies, in canonical units."""
        return self._looked_up(self._out, x, y)

    def within(self, x: Floats, y: Floats) -> Floats:
        """How far inside the person's outline these places lie, in canonical units."""
        return self._looked_up(self._deep, x, y)

    def _looked_up(self, values: Floats, x: Floats, y: Floats) -> Floats:
        # In rows, for OpenCV takes no more columns than 16 bits say.
        size = -(-len(x) // _ROW), _ROW
        column, row = (
            np.resize((v - self._first) / self._step, size).astype(np.float32) for v in (x, y)
        )
        out = cv2.remap(values, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out.ravel()[: len(x)], np.float32)


def behind(distance: Floats, points: Floats, hair: Hair) -> Floats:
    """The field of the head's back, 0 at its surface and positive inside.

    Args:
        distance: signed distance to the mean head.
        points: [N, 3] canonical, where it is.
        hair: how far it is grown.
    """
    x, y, z = points.T
    back = smoothstep(z, *_BACK)
    out = hair(x, y) * back - np.float32(_INSIDE) * (1 - back)
    return np.asarray((distance - out) * np.float32(-_STEEP), np.float32)


def coloured(
    vertices: Floats, normals: Floats, albedo: Floats, field: Floats, within: Floats
) -> Floats:
    """Colours of all vertices: the back's go on from the sides, for there the model has a face's,
    seen through the head, and so do those of the outline, where the backdrop shines through.

    Args:
        vertices, normals: [V, 3] canonical.
        albedo: [V, 3] linear, what the model has there.
        field: [V] the model's own, by which its surface is told from the mean head's.
        within: [V] how far inside the outline they lie, seen from the front.
    """
    shown = np.maximum(smoothstep(vertices[:, 2], *_SIDE), smoothstep(normals[:, 2], *_FACING))
    known = shown * smoothstep(field, *_OWN) * smoothstep(within, *_RIM)
    x, y, z = (vertices - np.array(_CENTRE, np.float32)).T
    # The seam runs down the face, where all is known.
    across = np.arctan2(-x, -z) / (2 * np.pi) + 0.5
    along = np.arctan2(np.hypot(x, z), y) / np.pi
    column, row = (np.rint(p).astype(np.int64) for p in (across * (_TURN - 1), along * (_ROWS - 1)))
    cell = row * _TURN + column

    def gathered(values: Floats) -> Floats:
        total = np.bincount(cell, values, _ROWS * _TURN)
        return np.asarray(total.reshape(_ROWS, _TURN), np.float32)

    # The face itself says nothing of the back.
    beside = known * (1 - smoothstep(vertices[:, 2], *_FACE))
    weight = gathered(beside)
    mean = [gathered(beside * c) / np.maximum(weight, np.float32(1e-6)) for c in albedo.T]
    filled = spread(np.stack(mean, 2), np.minimum(weight, np.float32(1)))
    around = filled.reshape(-1, 3)[cell]
    # Beside ears and cheeks there is skin; the back of the head is as its top, hair or bald.
    top = beside * smoothstep(vertices[:, 1], *_TOP)
    if top.sum() > _FEWEST:
        back = smoothstep(vertices[:, 2], *_NAPE) * smoothstep(vertices[:, 1], *_ABOVE)
        around += (top @ albedo / top.sum() - around) * back[:, None]
    return np.asarray(around + (albedo - around) * known[:, None], np.float32)
