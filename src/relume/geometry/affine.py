"""Affine maps of the plane, as the [2, 3] that OpenCV takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["chained"]

Matrix = NDArray[np.floating[Any]]


def chained(outer: Matrix, inner: Matrix) -> NDArray[np.float64]:
    """[2, 3] of `inner` first, then `outer`."""
    linear = outer[:, :2] @ inner[:, :2]
    shift = outer[:, :2] @ inner[:, 2:] + outer[:, 2:]
    return np.concatenate([linear, shift], axis=1, dtype=np.float64)
