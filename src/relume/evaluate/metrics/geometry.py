"""Error of depth and normals where the truth is known.

Depth: median of |z - z'| over the mask in canonical units (0.027 a centimetre), after the median
offset is taken off, because a head's distance and its size can't be told apart in one picture.
Normals: mean angle in radians. Range: 0 upwards; normals 0 to pi.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["depth_error", "normal_error"]

Floats = NDArray[np.floating]


def depth_error(said: Floats, truth: Floats, mask: NDArray[np.bool_]) -> float:
    """Median error of depth maps [H, W] over `mask`, the offset between them taken off."""
    difference = (said.astype(np.float64) - truth)[mask]
    return float(np.median(np.abs(difference - np.median(difference))))


def normal_error(said: Floats, truth: Floats, mask: NDArray[np.bool_]) -> float:
    """Mean angle between unit normals [H, W, 3] over `mask`, radians."""
    cosine = (said[mask].astype(np.float64) * truth[mask]).sum(-1)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)).mean())
