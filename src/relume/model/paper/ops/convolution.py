"""Convolution with resampling, and StyleGAN2's modulated convolution."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .filtering import upfirdn2d

__all__ = ["conv2d_resample", "modulated_conv2d"]


def conv2d_resample(
    x: Tensor, weight: Tensor, kernel: Tensor, up: int = 1, down: int = 1
) -> Tensor:
    """Convolution that may double or halve the size, with the low-pass filter in its place.

    Args:
        x: [N, in, H, W].
        weight: [out, in, k, k], k = 1 or 3; padded so that up = down = 1 keeps the size.
        kernel: [4, 4] low-pass filter.
        up: 1 or 2. A 3x3 kernel is then truly convolved (mirrored), as in the published
            models, while it is correlated everywhere else.
        down: 1 or 2.
    """
    size = weight.shape[-1]
    if up == 2:
        if size == 1:
            return upfirdn2d(F.conv2d(x, weight), kernel, up=2, padding=(2, 1, 2, 1), gain=4.0)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        return upfirdn2d(x, kernel, padding=(1, 1, 1, 1), gain=4.0)
    if down == 2:
        if size == 1:
            return F.conv2d(upfirdn2d(x, kernel, down=2, padding=(1, 1, 1, 1)), weight)
        return F.conv2d(upfirdn2d(x, kernel, padding=(2, 2, 2, 2)), weight, stride=2)
    return F.conv2d(x, weight, padding=size // 2)


def modulated_conv2d(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    kernel: Tensor,
    up: int = 1,
    demodulate: bool = True,
) -> Tensor:
    """Convolution whose input channels are scaled by each sample's style.

    Args:
        x: [N, in, H, W].
        weight: [out, in, k, k].
        styles: [N, in].
        kernel: [4, 4] low-pass filter, used when up = 2.
        up: 1 or 2.
        demodulate: divide every output channel by the norm of its scaled kernel.
    """
    # Styles and norms are small; in half precision their squares would overflow.
    wide = weight.float()
    styles = styles.float()
    scaled = None
    if demodulate:
        energy = styles.square() @ wide.square().sum(dim=(2, 3)).t()
        scaled = torch.rsqrt(energy + 1e-8)
    if x.shape[0] == 1:  # one sample: scale the few weights, not the many activations
        wide = wide * styles.reshape(1, -1, 1, 1)
        if scaled is not None:
            wide = wide * scaled.reshape(-1, 1, 1, 1)
        return conv2d_resample(x, wide.to(x.dtype), kernel, up=up)
    y = conv2d_resample(x * styles.to(x.dtype)[:, :, None, None], weight.to(x.dtype), kernel, up=up)
    return y if scaled is None else y * scaled.to(y.dtype)[:, :, None, None]
