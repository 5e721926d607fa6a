"""Multiplying a picture by a shading ratio without burning its highlights."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .colour import decode_into, encode_into

__all__ = ["apply_ratio", "relit"]

Array = NDArray[np.float32]


def apply_ratio(linear: Array, ratio: Array) -> Array:
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
    out, scratch = linear.astype(np.float32), np.empty(linear.shape, np.float32)
    _ratio_into(out, np.ascontiguousarray(ratio, np.float32), scratch)
    return out


def relit(srgb: Array, ratio: Array) -> Array:
    """`apply_ratio` for an sRGB-coded picture [H, W, 3], in linear light inside."""
    linear, scratch = np.empty(srgb.shape, np.float32), np.empty(srgb.shape, np.float32)
    decode_into(srgb, linear)
    _ratio_into(linear, ratio, scratch)
    encode_into(linear, scratch)
    return scratch


def _ratio_into(x: Array, ratio: Array, scratch: Array) -> None:
    """x becomes the relit x; scratch is overwritten."""
    cv2.multiply(x, x, dst=scratch)
    cv2.multiply(x, ratio, dst=x)
    # (r^2 - 1) x^2, and 0 where the ratio darkens.
    cv2.scaleAdd(scratch, -1.0, cv2.multiply(x, x), dst=scratch)
    np.maximum(scratch, 0.0, out=scratch)
    scratch += np.float32(1.0)
    cv2.sqrt(scratch, dst=scratch)
    cv2.divide(x, scratch, dst=x)
