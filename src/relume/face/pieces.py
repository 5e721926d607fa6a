"""The pieces of a segmentation network's mask: which are no part of the person, and which are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep

__all__ = ["of_one_piece"]

Floats = NDArray[np.float32]

_FAINT, _STRONG = 0.15, 0.9
"""The mask from which a place may be the person's, and from which it is beyond doubt."""

_FAR = (4.0, 8.0)
"""Pixels from the next place beyond doubt over which one that isn't comes to be the backdrop's: a
fringe of hair is narrower."""

_MOSTLY = 0.6
"""Share of the places that may be the person's from which those beyond doubt are most of them."""

_UNSURE = 0.2
"""Mean of the mask over a hole from which the network has seen something there but no backdrop."""

_SMALL = 150
"""Pixels of the largest hole that is the person's."""


def of_one_piece(mask: Floats, face: NDArray[np.floating]) -> Floats:
    """The mask without pieces of the backdrop that the network isn't sure of, and without holes in
    the person (an earring, a button) that it isn't sure of either.

    Args:
        mask: [128, 128] 0..1 of a window of two crop widths or more.
        face: x, y of the face's middle in its pixels.

    Returns:
        float32 [128, 128].
    """
    return _mended(_without_islands(mask, face))


def _without_islands(mask: Floats, face: NDArray[np.floating]) -> Floats:
    """Without what is nowhere beyond doubt and hasn't the face in it. (Hysteresis, as in Canny's
    edges.)"""
    import cv2

    count, labels = cv2.connectedComponents((mask > _FAINT).astype(np.uint8))
    if count <= 2:
        return mask
    kept = np.bincount(labels[mask > _STRONG], minlength=count) > 0
    column, row = face.round().astype(int)
    height, width = mask.shape
    if 0 <= row < height and 0 <= column < width:
        kept[labels[row, column]] = True
    kept[0] = True
    return np.asarray(mask * kept[labels], np.float32)


def _mended(mask: Floats) -> Floats:
    """With small holes filled, and without what hangs on to the person but lies far from all that
    is beyond doubt."""
    import cv2

    strong = mask > _STRONG
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(
        (~strong).astype(np.uint8), connectivity=4
    )
    x, y, across, down, area = boxes.T
    height, width = mask.shape
    enclosed = (x > 0) & (y > 0) & (x + across < width) & (y + down < height)
    enclosed[0] = True  # what is beyond doubt itself
    hole = enclosed & (area <= _SMALL)
    hole[0] = False
    if hole.any():
        seen = np.bincount(labels.ravel(), weights=mask.ravel(), minlength=count)
        hole &= seen >= _UNSURE * area
        mask = np.asarray(np.maximum(mask, hole[labels]), np.float32)
    if strong.sum() < _MOSTLY * (mask > _FAINT).sum():
        return mask
    far = cv2.distanceTransform((~strong).astype(np.uint8), cv2.DIST_L2, 3)
    rags = smoothstep(far, *_FAR)
    rags *= ~enclosed[labels]
    return np.asarray(mask * (1 - rags), np.float32)
