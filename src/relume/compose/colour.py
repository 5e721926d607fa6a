"""sRGB coding (IEC 61966-2-1) and luminance."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_into", "encode_into", "luminance", "to_linear", "to_srgb"]

Array = NDArray[np.float32]

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # BT.709 primaries, which sRGB shares
_STEPS = 65535


def to_linear(srgb: Array) -> Array:
    """sRGB-coded values to linear light, any shape; clipped to [0, 1], exact to 2e-5."""
    out = np.empty(np.shape(srgb), np.float32)
    decode_into(np.asarray(srgb, np.float32), out)
    return out


def to_srgb(linear: Array) -> Array:
    """Linear light to sRGB-coded values, any shape; clipped to [0, 1], exact to 2e-5."""
    out = np.empty(np.shape(linear), np.float32)
    encode_into(np.asarray(linear, np.float32), out)
    return out


def luminance(linear: Array) -> Array:
    """Luminance [...] of linear RGB [..., 3]."""
    return np.asarray(linear @ _LUMA)


def decode_into(srgb: Array, out: Array) -> None:
    """`to_linear` into an array that is there already."""
    np.clip(srgb, 0.0, 1.0, out=out)
    _look_up(_decode_table(), out)


def encode_into(linear: Array, out: Array) -> None:
    """`to_srgb` into an array that is there already."""
    np.clip(linear, 0.0, 1.0, out=out)
    np.sqrt(out, out=out)  # the table is spaced by roots: dark tones need finer steps
    _look_up(_encode_table(), out)


def _look_up(table: Array, x: Array) -> None:
    """x in [0, 1] becomes the table's value there. Tables are several times faster than powers."""
    x *= np.float32(_STEPS)
    x += np.float32(0.5)
    np.take(table, x.astype(np.uint16), out=x, mode="clip")


@cache
def _decode_table() -> Array:
    x = np.arange(_STEPS + 1) / _STEPS
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _encode_table() -> Array:
    x = (np.arange(_STEPS + 1) / _STEPS) ** 2
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)
