"""Error against a photograph under the wanted light.

Pictures are linear; how bright the truth was exposed isn't part of the task, so one scale is fitted
first (least squares over the mask)::

    s = sum(o w) / sum(o o),   rmse = sqrt( sum (s o - w)^2 / sum w^2 )

Range 0 (right up to exposure) to 1 (as good as black). SSIM is taken on the square roots of the
scaled pictures, roughly as they look, over the truth's 99th percentile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .picture import ssim

__all__ = ["fitted_scale", "scaled_rmse", "scaled_ssim"]

Floats = NDArray[np.floating]


def fitted_scale(out: Floats, truth: Floats, mask: NDArray[np.bool_]) -> float:
    """The factor that brings `out` nearest to `truth` over `mask`; 0 for a black `out`."""
    o, w = out[mask].astype(np.float64), truth[mask].astype(np.float64)
    power = float((o * o).sum())
    return float((o * w).sum()) / power if power > 0.0 else 0.0


def scaled_rmse(out: Floats, truth: Floats, mask: NDArray[np.bool_]) -> float:
    """Error of a linear picture [H, W] or [H, W, C] over the truth's RMS."""
    o, w = out[mask].astype(np.float64), truth[mask].astype(np.float64)
    difference = fitted_scale(out, truth, mask) * o - w
    return float(np.sqrt((difference**2).sum() / (w**2).sum()))


def scaled_ssim(out: Floats, truth: Floats, mask: NDArray[np.bool_]) -> float:
    """SSIM of linear pictures [H, W] or [H, W, C] after the fit."""
    white = float(np.percentile(truth[mask], 99))
    scale = fitted_scale(out, truth, mask)
    a = np.sqrt(np.clip(out * (scale / white), 0.0, 1.0))
    b = np.sqrt(np.clip(truth / white, 0.0, 1.0))
    return ssim(a, b, mask)
