"""Multiplying a picture by a shading ratio without burning its highlights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_ratio"]


def apply_ratio(linear: NDArray[np.float32], ratio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Picture under a new light: `linear * ratio`, with a shoulder where light is added.

    Darkening is exact. Where the ratio r is above 1 the product is rolled off towards white,
    x r / sqrt(1 + (r^2 - 1) x^2), which leaves dark tones alone, keeps the order of tones, maps
    white to white and is the identity at r = 1.

    Args:
        linear: [H, W, 3] linear light in [0, 1].
        ratio: [H, W, 3], 0 or more.

    Returns:
        [H, W, 3] in [0, 1].
    """
    gain = np.maximum(ratio * ratio - np.float32(1.0), np.float32(0.0))
    return np.asarray(linear * ratio / np.sqrt(np.float32(1.0) + gain * linear * linear))
