"""The ratio image's work on every pixel: matte, move, multiply."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import relit
from ..face import Matte
from ..native import native
from .window import Window

__all__ = ["relight_block"]

Floats = NDArray[np.float32]

_STRIP = 64  # rows worked on at a time: what stays in the cache needs no fresh memory


def relight_block(
    block: Floats, window: Window, matte: Matte, gain: Floats, shift: Floats | None
) -> Floats:
    """Relight a block, moving its pixels first where asked.

    Args:
        block: [h, w, 3] the window's pixels, sRGB-coded.
        window: where they lie.
        matte: where the person is.
        gain: [N, N, 3] of the window's cells, coded ratio less 1 (see `relit`).
        shift: [N, N, 2] frame pixels from each cell to where its content comes from, or None.

    Returns:
        float32 [h, w, 3].

    Raises:
        ValueError: the shapes don't fit.
    """
    width, height = window.size
    if block.shape != (height, width, 3) or matte.slope.shape != matte.base.shape:
        raise ValueError(f"a block of {block.shape} for a window of {width} x {height} pixels")
    if gain.ndim != 3 or gain.shape[2] != 3 or min(gain.shape[:2] + matte.slope.shape) < 2:
        raise ValueError(f"a gain is [N, N, 3] of 2 cells or more a side, not {gain.shape}")
    if shift is not None and shift.shape != (*gain.shape[:2], 2):
        raise ValueError(f"a shift is [N, N, 2] as the gain, not {shift.shape}")
    compiled = native()
    if compiled is None:
        return relight_slowly(block, window, matte, gain, shift)
    place = np.array([[1.0, 0, -window.x0], [0, 1.0, -window.y0]])
    to_matte = cv2.invertAffineTransform(_chain(place, matte.to_frame))
    out = np.empty(block.shape, np.float32)
    compiled.relight(
        np.ascontiguousarray(block, np.float32),
        np.stack([matte.slope, matte.base], -1, dtype=np.float32),
        to_matte.astype(np.float32),
        np.concatenate([gain, np.zeros_like(gain[..., :1])], -1, dtype=np.float32),
        window.block_to_cells.astype(np.float32),
        None if shift is None else np.ascontiguousarray(shift, np.float32),
        out,
    )
    return out


def relight_slowly(
    block: Floats, window: Window, matte: Matte, gain: Floats, shift: Floats | None
) -> Floats:
    """`relight_block` in OpenCV and NumPy: the kernel's oracle and stand-in."""
    weight = matte.resample(block, np.array([[1.0, 0, -window.x0], [0, 1.0, -window.y0]]))
    out = np.empty(block.shape, np.float32)
    for strip in window.strips(_STRIP):
        rows = slice(strip.y0 - window.y0, strip.y1 - window.y0)
        source: Any = block[rows]
        part: Any = weight[rows]
        if shift is not None:
            x, y = cv2.split(strip.grow(shift))
            x += np.arange(x.shape[1], dtype=np.float32)
            y += np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
            border = cv2.BORDER_REPLICATE
            source = cv2.remap(block, x, y, cv2.INTER_CUBIC, borderMode=border)
            part = cv2.remap(weight, x, y, cv2.INTER_LINEAR, borderMode=border)
        ratio: Any = cv2.multiply(strip.grow(gain), cv2.merge([part, part, part]))
        ratio += np.float32(1.0)
        out[rows] = relit(source, ratio)
    return out


def _chain(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """[2, 3] of `inner` first, then `outer`."""
    linear = outer[:, :2] @ inner[:, :2]
    return np.concatenate([linear, outer[:, :2] @ inner[:, 2:] + outer[:, 2:]], axis=1)
