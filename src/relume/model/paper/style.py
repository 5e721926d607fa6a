"""Planes to the style code of the super-resolution (Cai et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

__all__ = ["StyleConfig", "StyleEncoder"]


class _GlobalMean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


@dataclass(frozen=True)
class StyleConfig:
    """Sizes of the style encoder."""

    in_channels: int = 96
    """channels of the planes"""
    hidden: tuple[int, int] = (128, 256)
    """channels of the two convolutions"""
    w_dim: int = 512
    """length of a style code"""
    num_ws: int = 14
    """copies of the code; the super-resolution uses the last"""


class StyleEncoder(nn.Module):
    """Planes [N, C, R, R] -> offsets [N, num_ws, w_dim] from the average style code."""

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.num_ws = config.num_ws
        first, second = config.hidden
        self.layers = nn.Sequential(
            nn.Conv2d(config.in_channels, first, 3, padding=1),
            nn.LeakyReLU(0.01),
            nn.Conv2d(first, second, 3, padding=1),
            nn.LeakyReLU(0.01),
            _GlobalMean(),
            nn.Identity(),
            nn.Linear(second, config.w_dim),
        )

    def forward(self, planes: Tensor) -> Tensor:
        return self.layers(planes).unsqueeze(1).repeat(1, self.num_ws, 1)
