"""sRGB's transfer function (IEC 61966-2-1), exact: of single colours, and to make tables of.

Pictures go by `relume.compose`'s tables, which are several times faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["linear_of", "srgb_of"]

Array = NDArray[np.float64]


def linear_of(srgb: Array) -> Array:
    """Linear light of sRGB-coded values, both 0..1, any shape."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def srgb_of(linear: Array) -> Array:
    """sRGB-coded values of linear light, both 0..1, any shape."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
