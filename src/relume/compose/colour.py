"""sRGB coding (IEC 61966-2-1) and luminance."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..light import LUMINANCE
from ..srgb import linear_of, srgb_of

__all__ = ["codes_to_linear", "luminance", "to_linear", "to_srgb"]

Array = NDArray[np.float32]

_LUMA = LUMINANCE.astype(np.float32)  # sRGB has the primaries of Rec. 709
_STEPS = 65535


def to_linear(srgb: Array) -> Array:
    """sRGB-coded values to linear light, any shape; clipped to [0, 1], exact to 2e-5."""
    return _looked_up(_decode_table(), np.clip(srgb, 0.0, 1.0))


def codes_to_linear(codes: NDArray[Any]) -> Array:
    """The same of sRGB's 8-bit codes 0..255, as whole numbers."""
    return np.asarray(np.take(_code_table(), codes))


def to_srgb(linear: Array) -> Array:
    """Linear light to sRGB-coded values, any shape; clipped to [0, 1], exact to 2e-5."""
    # The table is spaced by roots: dark tones need finer steps.
    return _looked_up(_encode_table(), np.sqrt(np.clip(linear, 0.0, 1.0)))


def luminance(linear: Array) -> Array:
    """Luminance [...] of linear RGB [..., 3]."""
    return np.asarray(linear @ _LUMA)


def _looked_up(table: Array, x: Array) -> Array:
    """The table's values at x in [0, 1]. Tables are several times faster than powers."""
    index = (np.asarray(x, np.float32) * np.float32(_STEPS) + np.float32(0.5)).astype(np.uint16)
    return np.asarray(np.take(table, index))


@cache
def _code_table() -> Array:
    return to_linear(np.arange(256, dtype=np.float32) / np.float32(255))


@cache
def _decode_table() -> Array:
    x = np.arange(_STEPS + 1) / _STEPS
    return linear_of(x).astype(np.float32)


@cache
def _encode_table() -> Array:
    x = (np.arange(_STEPS + 1) / _STEPS) ** 2
    return srgb_of(x).astype(np.float32)
