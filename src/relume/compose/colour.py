"""sRGB coding (IEC 61966-2-1) and luminance."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["luminance", "to_linear", "to_srgb"]

Array = NDArray[np.float32]

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # BT.709 primaries, which sRGB shares


def to_linear(srgb: Array) -> Array:
    """sRGB-coded values in [0, 1] to linear light in [0, 1]; any shape, negatives become 0."""
    x = np.ascontiguousarray(srgb, np.float32)
    out = _power((np.maximum(x, 0.0) + np.float32(0.055)) * np.float32(1 / 1.055), 2.4)
    dark = x <= 0.04045
    if dark.any():
        out[dark] = np.maximum(x[dark], 0.0) * np.float32(1 / 12.92)
    return out


def to_srgb(linear: Array) -> Array:
    """Linear light in [0, 1] to sRGB-coded values in [0, 1]; values outside are clipped."""
    x = np.clip(np.ascontiguousarray(linear, np.float32), 0.0, 1.0)
    out = _power(x, 1 / 2.4)
    out *= np.float32(1.055)
    out -= np.float32(0.055)
    dark = x <= 0.0031308
    if dark.any():
        out[dark] = x[dark] * np.float32(12.92)
    return out


def luminance(linear: Array) -> Array:
    """Luminance [...] of linear RGB [..., 3]."""
    return np.asarray(linear @ _LUMA)


def _power(x: Array, exponent: float) -> Array:
    # OpenCV's power is several times faster than NumPy's; it wants at most two dimensions.
    flat = cv2.pow(x.reshape(1, -1), exponent)
    return np.asarray(flat, np.float32).reshape(x.shape)
