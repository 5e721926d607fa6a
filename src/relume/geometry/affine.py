"""Affine maps of the plane, as the [2, 3] that OpenCV takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["chained"]

Matrix = NDArray[np.floating[Any]]


def chained(outer: Matrix, inner: Matrix) -> NDArray[np.float64]:
    """[2, 3] of `inner` first, then `outer`."""
    # Plain numbers: this runs ten times a frame, and NumPy takes long over six of them.
    (g, h, i), (j, k, m) = inner.tolist()
    rows = [[a * g + b * j, a * h + b * k, a * i + b * m + c] for a, b, c in outer.tolist()]
    return np.array(rows, np.float64)
