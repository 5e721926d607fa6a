"""A person's matte, carried along by the motion of the face's picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import scaled, smoothstep
from ..face import CROP, Matte
from ..geometry import chained
from ..runtime import RAYS
from .cells import cell_grid
from .motion import Motion

__all__ = ["followed"]

Floats = NDArray[np.float32]
Matrix = NDArray[np.floating]

_STEP = 2
"""Pixels of a matte from one whose motion is looked up to the next."""

_APART = (0.3, 0.7)
"""Difference of two mattes between which the newer one alone is right."""


def followed(
    new: Matte, crop: Matrix, old: Matte, old_crop: Matrix, motion: Motion, share: float
) -> Matte:
    """A matte, within the face's crop partly as an older one has it. Its `alpha` stays.

    Args:
        new: the frame's own.
        crop: [2, 3] from frame pixels to those of the 512 crop.
        old, old_crop: of the frame before.
        motion: of the crops' cells.
        share: 0..1 of the older one, where motion is trusted and the two don't differ much.
    """
    to_cells = scaled(crop, CROP, RAYS)
    x0, y0, width, height = _span(new, to_cells)
    if width <= 0 or height <= 0:
        return new
    middle = (_STEP - 1) / 2
    columns = np.arange(width, dtype=np.float32) * _STEP + np.float32(x0 + middle)
    rows = np.arange(height, dtype=np.float32) * _STEP + np.float32(y0 + middle)
    here = _placed(columns, rows[:, None], chained(to_cells, new.to_frame))
    there = [
        at + _looked_up(before - cell, *here)
        for at, before, cell in zip(here, (motion.x, motion.y), cell_grid(), strict=True)
    ]
    back = chained(_inverse(old.to_frame), _inverse(scaled(old_crop, CROP, RAYS)))
    place = _placed(there[0], there[1], back)

    size = (width * _STEP, height * _STEP)
    block = slice(y0, y0 + size[1]), slice(x0, x0 + size[0])
    # Beyond the crop nothing is known of motion.
    weight = share * _looked_up(motion.trust, *here, cv2.BORDER_CONSTANT)
    own = cv2.resize(new.alpha[block], (width, height), interpolation=cv2.INTER_LINEAR)
    weight *= 1 - smoothstep(cv2.absdiff(_looked_up(old.alpha, *place), own), *_APART)
    finely = _grown(np.asarray(weight, np.float32), size)
    at = [_grown(part, size) for part in place]
    change = _looked_up(old.affine, *at)
    change -= new.affine[block]
    change *= finely[..., None]
    affine = new.affine.copy()
    affine[block] += change
    return replace(new, affine=affine)


def _span(matte: Matte, to_cells: Matrix) -> tuple[int, int, int, int]:
    """The part of the maps that shows the cells: first column and row, steps across and down."""
    back = _inverse(chained(to_cells, matte.to_frame))
    low, high = -0.5, RAYS - 0.5
    corners = np.array([[low, low], [low, high], [high, low], [high, high]])
    reach = corners @ back[:, :2].T + back[:, 2]
    first = np.maximum(np.floor(reach.min(0)), 0) // _STEP
    last = np.minimum(np.ceil(reach.max(0)) + 1, matte.alpha.shape[::-1]) // _STEP
    x0, y0 = (first * _STEP).astype(int)
    width, height = (last - first).astype(int)
    return int(x0), int(y0), int(width), int(height)


def _looked_up(image: Floats, x: Floats, y: Floats, border: int = cv2.BORDER_REPLICATE) -> Any:
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border)


def _grown(image: Floats, size: tuple[int, int]) -> Any:
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def _placed(x: Floats, y: Floats, matrix: Matrix) -> tuple[Floats, Floats]:
    """Points under an affine map."""
    (a, b, c), (d, e, f) = matrix.astype(np.float32)
    return a * x + (b * y + c), d * x + (e * y + f)


def _inverse(matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(cv2.invertAffineTransform(np.asarray(matrix, np.float64)), np.float64)
