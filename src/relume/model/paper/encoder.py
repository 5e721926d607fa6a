"""The albedo encoder: a portrait to an albedo-and-geometry tri-plane.

After LP3D (Trevithick et al. 2023), as used by Cai et al. 2024: global, low-frequency features
that are lifted to canonical space, and high-frequency features at plane resolution, fused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .transformer import PatchEmbed, TransformerBlock, TransformerConfig, tokens_as_channels

__all__ = [
    "HighFrequencyConfig",
    "HighFrequencyEncoder",
    "HybridConfig",
    "HybridDecoder",
    "LowFrequencyConfig",
    "LowFrequencyDecoder",
    "append_coordinates",
]


def append_coordinates(image: Tensor) -> Tensor:
    """image [N, 3, H, W] with two channels more: x and y, -1 to 1 from edge to edge."""
    n, _, h, w = image.shape
    x = torch.linspace(-1.0, 1.0, w, dtype=image.dtype, device=image.device)
    y = torch.linspace(-1.0, 1.0, h, dtype=image.dtype, device=image.device)
    grid = torch.stack([x.expand(h, w), y[:, None].expand(h, w)])
    return torch.cat([image, grid.expand(n, -1, -1, -1)], dim=1)


@dataclass(frozen=True)
class LowFrequencyConfig:
    """Sizes of the low-frequency decoder."""

    in_channels: int = 256
    """channels of the trunk's features"""
    blocks: int = 5
    """transformer blocks"""
    transformer: TransformerConfig = field(default_factory=TransformerConfig)
    """one block"""
    hidden: int = 128
    """channels of the convolutions after the transformer"""
    out_channels: int = 96
    """channels of the result"""


class LowFrequencyDecoder(nn.Module):
    """[N, in, R, R] -> [N, out, 4R, 4R]: transformer at R / 2, then convolutions on the way up."""

    def __init__(self, config: LowFrequencyConfig) -> None:
        super().__init__()
        dim = config.transformer.dim
        self.blocks = config.blocks
        self.input_layer = PatchEmbed(config.in_channels, dim)
        for i in range(1, config.blocks + 1):
            self.add_module(f"vit{i}", TransformerBlock(config.transformer))
        # The published models align corners here, and nowhere else.
        self.convs = nn.Sequential(
            nn.PixelShuffle(2),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
            nn.Conv2d(dim // 4, config.hidden, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
            nn.Conv2d(config.hidden, config.hidden, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(config.hidden, config.out_channels, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        grid = (x.shape[2] // 2, x.shape[3] // 2)
        tokens = self.input_layer(x)
        for i in range(1, self.blocks + 1):
            tokens = self.get_submodule(f"vit{i}")(tokens, grid)
        return self.convs(tokens_as_channels(tokens, grid))


@dataclass(frozen=True)
class HighFrequencyConfig:
    """Sizes of the high-frequency encoder."""

    in_channels: int = 5
    """RGB and two coordinates"""
    stem: int = 64
    """channels of the strided first layer"""
    channels: int = 96
    """channels of the rest and of the result"""
    layers: int = 4
    """3x3 convolutions after the first layer"""


class HighFrequencyEncoder(nn.Module):
    """[N, in, H, W] -> [N, channels, H / 2, W / 2]: plain convolutions."""

    def __init__(self, config: HighFrequencyConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(config.in_channels, config.stem, 7, stride=2, padding=3),
            nn.LeakyReLU(0.01),
        ]
        channels = config.stem
        for _ in range(config.layers):
            layers += [nn.Conv2d(channels, config.channels, 3, padding=1), nn.LeakyReLU(0.01)]
            channels = config.channels
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


@dataclass(frozen=True)
class HybridConfig:
    """Sizes of the hybrid decoder."""

    channels: int = 96
    """channels of the low and of the high features, and of the result"""
    hidden: tuple[int, int] = (256, 128)
    """channels of the convolutions"""
    transformer: TransformerConfig = field(
        default_factory=lambda: TransformerConfig(heads=2, sr_ratio=2)
    )
    """the block that mixes both"""


def _conv_stack(channels: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.LeakyReLU(0.01)]
    return nn.Sequential(*layers)


class HybridDecoder(nn.Module):
    """Low and high features [N, C, R, R] -> planes [N, C, R, R]."""

    def __init__(self, config: HybridConfig) -> None:
        super().__init__()
        channels, (wide, narrow), dim = config.channels, config.hidden, config.transformer.dim
        self.layers1 = _conv_stack([2 * channels, wide, narrow])
        self.embed = PatchEmbed(narrow, dim)
        self.vit = TransformerBlock(config.transformer)
        self.layers2 = _conv_stack([channels + dim // 4, wide, narrow, narrow])
        self.layers2.append(nn.Conv2d(narrow, channels, 3, padding=1))

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        grid = (low.shape[2] // 2, low.shape[3] // 2)
        tokens = self.embed(self.layers1(torch.cat([low, high], dim=1)))
        mixed = F.pixel_shuffle(tokens_as_channels(self.vit(tokens, grid), grid), 2)
        return self.layers2(torch.cat([low, mixed], dim=1))
