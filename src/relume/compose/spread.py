"""Carrying values smoothly into places where none were measured."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..native import native

__all__ = ["spread"]


def spread(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill in where `weight` is zero, by pull-push normalised convolution.

    Weighted values are averaged down a pyramid until every cell has some, then brought back
    up; known values stay as they are. (Gortler et al., "The Lumigraph", 1996, section 3.4;
    Knutsson and Westin, "Normalized and differential convolution", 1993.)

    Args:
        values: [H, W, C].
        weight: [H, W] in [0, 1], how far each value is to be trusted.

    Returns:
        [H, W, C]; zero everywhere if no weight is above zero.
    """
    compiled = native()
    if compiled is None or values.ndim != 3 or not 1 <= values.shape[2] <= 3:
        return spread_slowly(values, weight)
    out = np.empty(values.shape, np.float32)
    given = (np.ascontiguousarray(x, np.float32) for x in (values, weight))
    compiled.spread(*given, out)
    return out


def spread_slowly(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """`spread` in OpenCV and NumPy, the kernel's oracle and stand-in."""
    w = np.clip(weight, 0.0, 1.0).astype(np.float32)
    weighted = values.astype(np.float32) * w[..., None]
    levels = [(weighted, w)]
    while max(w.shape) > 1:
        w = np.asarray(cv2.pyrDown(w), np.float32)
        weighted = np.asarray(cv2.pyrDown(weighted), np.float32).reshape(*w.shape, -1)
        levels.append((weighted, w))
    filled = weighted / np.maximum(w, 1e-12)[..., None]
    for weighted, w in reversed(levels[:-1]):
        height, width = w.shape
        coarse = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
        coarse = coarse.reshape(height, width, -1)
        known = np.minimum(w * 4.0, 1.0)[..., None]
        filled = weighted / np.maximum(w, 1e-12)[..., None] * known + coarse * (1.0 - known)
    return np.asarray(filled, np.float32)
