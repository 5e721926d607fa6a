"""Minibatch statistics of the discriminator."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["minibatch_std"]


def minibatch_std(x: Tensor, group: int = 4) -> Tensor:
    """x [N, C, H, W] with one more channel: the mean deviation within a group of samples.

    N must be a multiple of min(group, N). (Progressive GAN, Karras et al. 2018, section 3.)
    """
    n, c, h, w = x.shape
    size = min(group, n)
    y = x.float().reshape(size, n // size, c, h, w)
    deviation = (y.var(dim=0, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    channel = deviation.to(x.dtype).repeat(size).reshape(n, 1, 1, 1).expand(n, 1, h, w)
    return torch.cat([x, channel], dim=1)
