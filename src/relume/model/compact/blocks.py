"""Building blocks of the encoder: plain 3x3 convolutions, which a CPU runs best."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FiLMResidual", "UNet", "conv"]


def conv(inner: int, outer: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the size (or divides it by `stride`)."""
    return nn.Conv2d(inner, outer, kernel, stride, kernel // 2)


class FiLMResidual(nn.Module):
    """x + conv(silu(film(conv(silu(x))))), starting as the identity.

    FiLM: a scale and a shift per channel from a global code (Perez et al., 2018), which costs
    nothing at run time, unlike convolutions with modulated weights.

    Args:
        channels: of the input and output.
        code: length of the global code.
    """

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = conv(channels, channels)
        self.film = nn.Linear(code, 2 * channels)
        for layer in (self.second, self.film):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(cast(Tensor, layer.bias))

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """x [B, C, H, W] and code [B, K] to [B, C, H, W]."""
        scale, shift = self.film(code)[..., None, None].chunk(2, 1)
        y = self.first(F.silu(x)) * (1 + scale) + shift
        return cast(Tensor, x + self.second(F.silu(y)))


class UNet(nn.Module):
    """A U-Net in canonical space.

    Args:
        inner, outer: channels in and out.
        widths: channels of each level, finest first.
        code: length of the global code.
    """

    def __init__(self, inner: int, outer: int, widths: tuple[int, ...], code: int) -> None:
        super().__init__()
        self.enter = conv(inner, widths[0])
        steps = list(pairwise(widths))
        self.down = nn.ModuleList(FiLMResidual(a, code) for a, _ in steps)
        self.shrink = nn.ModuleList(conv(a, b, 3, 2) for a, b in steps)
        self.middle = nn.ModuleList(FiLMResidual(widths[-1], code) for _ in range(2))
        self.merge = nn.ModuleList(conv(b, a, 1) for a, b in reversed(steps))
        self.up = nn.ModuleList(FiLMResidual(a, code) for a, _ in reversed(steps))
        self.leave = conv(widths[0], outer)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """x [B, inner, H, W] and code [B, K] to [B, outer, H, W]."""
        x = self.enter(x)
        skips = []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            x = block(x, code)
            skips.append(x)
            x = shrink(x)
        for block in self.middle:
            x = block(x, code)
        for merge, block in zip(self.merge, self.up, strict=True):
            x = F.interpolate(merge(x), scale_factor=2, mode="nearest") + skips.pop()
            x = block(x, code)
        return cast(Tensor, self.leave(F.silu(x)))
