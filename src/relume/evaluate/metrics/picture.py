"""Likeness of two pictures: PSNR and SSIM.

SSIM after Wang et al. (IEEE TIP 2004), Gaussian window of 1.5 pixels, K = 0.01 and 0.03. PSNR is in
decibels, upwards without bound; SSIM from -1 to 1, 1 for equal.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["psnr", "ssim"]

Floats = NDArray[np.floating]


def psnr(a: Floats, b: Floats, mask: NDArray[np.bool_], most: float = 100.0) -> float:
    """Decibels over the pixels of `mask` [H, W] of pictures [H, W] or [H, W, C] in 0..1; at most
    `most`, which equal pictures get."""
    error = float(((a.astype(np.float64) - b)[mask] ** 2).mean())
    return min(-10.0 * np.log10(error), most) if error > 0.0 else most


def ssim(a: Floats, b: Floats, mask: NDArray[np.bool_]) -> float:
    """Mean over the pixels of `mask` [H, W] of pictures [H, W] or [H, W, C] with values in
    0..1."""

    def mean(x: Floats) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(x, (11, 11), 1.5), np.float64)

    x, y = a.astype(np.float64), b.astype(np.float64)
    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    value = (2 * mx * my + c1) * (2 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(value[mask].mean())
