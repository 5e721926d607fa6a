"""Planes and pictures at half and twice their size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy.typing as npt

__all__ = ["enlarge", "shrink"]

Plane = npt.NDArray[Any]


def shrink(plane: Plane, shift_x: int, shift_y: int) -> Plane:
    """A plane averaged over 2x2, 2x1 or 1x1 samples; odd edges repeat."""
    if not shift_x and not shift_y:
        return plane
    odd_y, odd_x = plane.shape[0] & shift_y, plane.shape[1] & shift_x
    if odd_x or odd_y:
        plane = cv2.copyMakeBorder(plane, 0, odd_y, 0, odd_x, cv2.BORDER_REPLICATE)
    size = (plane.shape[1] >> shift_x, plane.shape[0] >> shift_y)
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def enlarge(plane: Plane, shift_x: int, shift_y: int) -> Plane:
    """A plane at twice its width and height where asked, linearly interpolated."""
    return cv2.resize(plane, (plane.shape[1] << shift_x, plane.shape[0] << shift_y))
