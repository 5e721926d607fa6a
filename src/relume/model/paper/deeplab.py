"""DeepLabV3 without batch normalisation: the low-frequency trunk of the albedo encoder.

ResNet-34 (He et al. 2016) whose last two stages are dilated instead of strided, and atrous
spatial pyramid pooling (Chen et al. 2017). LP3D (Trevithick et al. 2023) drops the
normalisation, which would wash out colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["DeepLabConfig", "DeepLabV3"]


@dataclass(frozen=True)
class DeepLabConfig:
    """Sizes of the trunk."""

    in_channels: int = 5
    """RGB and two coordinates"""
    widths: tuple[int, int, int, int] = (64, 128, 256, 512)
    """channels of the four stages; the stem has the first's"""
    depths: tuple[int, int, int, int] = (3, 4, 6, 3)
    """residual blocks of the four stages"""
    strides: tuple[int, int, int, int] = (1, 2, 1, 1)
    """stride of each stage's first block"""
    dilations: tuple[int, int, int, int] = (1, 1, 2, 4)
    """dilation of every 3x3 convolution of a stage"""
    out_channels: int = 256
    """channels of the pyramid's branches and of the result"""
    rates: tuple[int, int, int] = (12, 24, 36)
    """dilations of the pyramid's 3x3 branches"""


def _conv(
    in_channels: int, out_channels: int, size: int, stride: int = 1, dilation: int = 1
) -> nn.Conv2d:
    return nn.Conv2d(
        in_channels,
        out_channels,
        size,
        stride=stride,
        padding=dilation * (size // 2),
        dilation=dilation,
        bias=False,
    )


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(self, in_channels: int, channels: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = _conv(in_channels, channels, 3, stride, dilation)
        self.conv2 = _conv(channels, channels, 3, 1, dilation)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Sequential(_conv(in_channels, channels, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(F.relu(self.conv1(x)))
        return F.relu(y + self.downsample(x))


class ResNet(nn.Module):
    """Stem, pooling and four stages, at an eighth of the input's size."""

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        channels = config.widths[0]
        self.conv1 = _conv(config.in_channels, channels, 7, 2)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        stages = zip(config.widths, config.depths, config.strides, config.dilations, strict=True)
        for i, (width, depth, stride, dilation) in enumerate(stages, 1):
            blocks = [BasicBlock(channels, width, stride, dilation)]
            blocks += [BasicBlock(width, width, 1, dilation) for _ in range(depth - 1)]
            self.add_module(f"layer{i}", nn.Sequential(*blocks))
            channels = width

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(F.relu(self.conv1(x)))
        for i in range(1, 5):
            x = self.get_submodule(f"layer{i}")(x)
        return x


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling: one, three dilated and one pooled branch."""

    def __init__(self, in_channels: int, channels: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        branches = [nn.Sequential(_conv(in_channels, channels, 1), nn.ReLU())]
        branches += [
            nn.Sequential(_conv(in_channels, channels, 3, dilation=rate), nn.ReLU())
            for rate in rates
        ]
        pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), _conv(in_channels, channels, 1), nn.ReLU())
        self.convs = nn.ModuleList([*branches, pooled])
        self.project = nn.Sequential(_conv(channels * len(self.convs), channels, 1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        parts = [branch(x) for branch in self.convs]
        parts[-1] = parts[-1].expand_as(parts[0])
        return self.project(torch.cat(parts, dim=1))


class DeepLabV3(nn.Module):
    """[N, in, H, W] -> [N, out, H / 8, W / 8]."""

    def __init__(self, config: DeepLabConfig) -> None:
        super().__init__()
        self.encoder = ResNet(config)
        self.decoder = nn.Sequential(
            AtrousPyramid(config.widths[-1], config.out_channels, config.rates),
            _conv(config.out_channels, config.out_channels, 3),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))
