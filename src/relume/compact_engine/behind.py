"""The back of a head, which no frame shows: as the mean head has it, in the colours around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep, spread

__all__ = ["behind", "coloured"]

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

_CENTRE = (0.0, 0.05, -0.08)  # of the head, around which it is unrolled
_TURN, _ROWS = 256, 128  # cells around it, and from top to bottom


def behind(distance: Floats, z: Floats) -> Floats:
    """The field of the mean head's back, 0 at its surface and positive inside.

    Args:
        distance: signed distance to the mean head.
        z: canonical, of the same points.
    """
    inside = np.float32(_INSIDE) * (1 - smoothstep(z, *_BACK))
    return np.asarray((distance + inside) * np.float32(-_STEEP), np.float32)


def coloured(vertices: Floats, normals: Floats, albedo: Floats, field: Floats) -> Floats:
    """Colours of all vertices: the back's go on from the sides, for there the model has a face's,
    seen through the head.

    Args:
        vertices, normals: [V, 3] canonical.
        albedo: [V, 3] linear, what the model has there.
        field: [V] the model's own, by which its surface is told from the mean head's.
    """
    shown = np.maximum(smoothstep(vertices[:, 2], *_SIDE), smoothstep(normals[:, 2], *_FACING))
    known = shown * smoothstep(field, *_OWN)
    x, y, z = (vertices - np.array(_CENTRE, np.float32)).T
    # The seam runs down the face, where all is known.
    across = np.arctan2(-x, -z) / (2 * np.pi) + 0.5
    along = np.arctan2(np.hypot(x, z), y) / np.pi
    column, row = (np.rint(p).astype(np.int64) for p in (across * (_TURN - 1), along * (_ROWS - 1)))
    cell = row * _TURN + column

    def gathered(values: Floats) -> Floats:
        total = np.bincount(cell, values, _ROWS * _TURN)
        return np.asarray(total.reshape(_ROWS, _TURN), np.float32)

    weight = gathered(known)
    mean = [gathered(known * c) / np.maximum(weight, np.float32(1e-6)) for c in albedo.T]
    filled = spread(np.stack(mean, 2), np.minimum(weight, np.float32(1)))
    around = filled.reshape(-1, 3)[cell]
    return np.asarray(around + (albedo - around) * known[:, None], np.float32)
