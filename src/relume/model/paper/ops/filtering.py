"""FIR filtering with resampling (StyleGAN2, Karras et al. 2020, appendix B)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["binomial_filter", "downsample2d", "filter2d", "upfirdn2d", "upsample2d"]

Padding = tuple[int, int, int, int]


def binomial_filter() -> Tensor:
    """[4, 4] the low-pass filter of every resampling layer: outer([1, 3, 3, 1]) / 64."""
    tap = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(tap, tap) / 64.0


def upfirdn2d(
    x: Tensor,
    kernel: Tensor,
    up: int = 1,
    down: int = 1,
    padding: Padding = (0, 0, 0, 0),
    gain: float = 1.0,
) -> Tensor:
    """Insert zeros, pad, filter and decimate, each channel on its own.

    Args:
        x: [N, C, H, W].
        kernel: [kh, kw] filter; it is convolved, not correlated.
        up: each sample is followed by `up - 1` zeros in both axes.
        down: every `down`-th pixel is kept, from the first on.
        padding: left, right, top, bottom, counted after `up`; negative values crop.
        gain: factor of the filter.
    """
    n, c, h, w = x.shape
    if up > 1:
        x = F.pad(x.reshape(n, c, h, 1, w, 1), (0, up - 1, 0, 0, 0, up - 1))
        x = x.reshape(n, c, h * up, w * up)
    weight = (kernel * gain).flip(0, 1).to(x.dtype).expand(c, 1, -1, -1)
    return F.conv2d(F.pad(x, padding), weight, stride=down, groups=c)


def filter2d(x: Tensor, kernel: Tensor, gain: float = 1.0) -> Tensor:
    """Low-pass filter that keeps the size of x [N, C, H, W]; kernel [4, 4]."""
    return upfirdn2d(x, kernel, padding=(2, 1, 2, 1), gain=gain)


def upsample2d(x: Tensor, kernel: Tensor) -> Tensor:
    """Twice the size: zero insertion and the filter at gain 4; kernel [4, 4]."""
    return upfirdn2d(x, kernel, up=2, padding=(2, 1, 2, 1), gain=4.0)


def downsample2d(x: Tensor, kernel: Tensor) -> Tensor:
    """Half the size: the filter, then every second pixel; kernel [4, 4]."""
    return upfirdn2d(x, kernel, down=2, padding=(1, 1, 1, 1))
