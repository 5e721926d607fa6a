"""Jitter of a path over time: the root mean square of its second differences,

    sqrt( mean_t |x_t+1 - 2 x_t + x_t-1|^2 ),

which steady motion of any speed doesn't raise. In the path's own unit; white noise of deviation s
in each of D components gives s sqrt(6 D).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["jitter"]


def jitter(path: ArrayLike) -> float:
    """Jitter of a path [T] or [T, D] at evenly spaced times, T at least 3.

    Raises:
        ValueError: fewer than three points.
    """
    x = np.asarray(path, np.float64)
    if len(x) < 3:
        raise ValueError(f"jitter needs three points or more, got {len(x)}")
    second = (x[2:] - 2.0 * x[1:-1] + x[:-2]).reshape(len(x) - 2, -1)
    return float(np.sqrt((second**2).sum(1).mean()))
