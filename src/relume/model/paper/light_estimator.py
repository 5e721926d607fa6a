"""DPR (Zhou et al. 2019): an hourglass network that estimates and replaces a portrait's light.

Its lights are the grey 9-vectors that all published models of this line take: axes x right,
z up, y into the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .lab import lab_to_rgb, rgb_to_lab
from .ops import resize_antialiased

__all__ = ["LightEstimator", "LightEstimatorConfig"]


@dataclass(frozen=True)
class LightEstimatorConfig:
    """Sizes of the network."""

    resolution: int = 512
    """pictures are brought to this size"""
    channels: tuple[int, ...] = (16, 16, 32, 64, 155)
    """channels at each level of the hourglass, outermost first"""
    light_channels: int = 27
    """innermost channels that carry the light"""
    light_hidden: int = 128
    """hidden features between those and the 9 coefficients"""


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance or batch normalisation, and a skip."""

    def __init__(self, in_channels: int, out_channels: int, batch_norm: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        norm = nn.BatchNorm2d if batch_norm else nn.InstanceNorm2d
        self.bn1 = norm(out_channels)
        self.bn2 = norm(out_channels)
        # In the files of all blocks, but used only where the channels change.
        self.shortcuts = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.identity = in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.identity else self.shortcuts(x)))


class LightBottleneck(nn.Module):
    """Reads the light off the innermost features and writes another one into them."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.channels = channels
        self.predict_FC1 = nn.Conv2d(channels, hidden, 1, bias=False)
        self.predict_relu1 = nn.PReLU()
        self.predict_FC2 = nn.Conv2d(hidden, 9, 1, bias=False)
        self.post_FC1 = nn.Conv2d(9, hidden, 1, bias=False)
        self.post_relu1 = nn.PReLU()
        self.post_FC2 = nn.Conv2d(hidden, channels, 1, bias=False)

    def read(self, x: Tensor) -> Tensor:
        """The light [N, 9] in features [N, C, H, W]."""
        mean = x[:, : self.channels].mean(dim=(2, 3), keepdim=True)
        return self.predict_FC2(self.predict_relu1(self.predict_FC1(mean))).flatten(1)

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Features [N, C, H, W] with the light [N, 9] in the place of their own."""
        written = self.post_FC1(target[:, :, None, None])
        written = F.relu(self.post_FC2(self.post_relu1(written)))
        size = (-1, -1, *x.shape[2:])
        return torch.cat([written.expand(size), x[:, self.channels :]], dim=1)


class Hourglass(nn.Module):
    """A skip at this size, and everything coarser."""

    def __init__(self, channels: int, inner: int, middle: nn.Module) -> None:
        super().__init__()
        self.upper = ResidualBlock(channels, channels)
        self.low1 = ResidualBlock(channels, inner, batch_norm=True)
        self.middle = middle
        self.low2 = ResidualBlock(inner, channels)

    def descend(self, x: Tensor) -> Tensor:
        """Features one level further in."""
        return self.low1(F.max_pool2d(x, 2))

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        lower = self.low2(self.middle(self.descend(x), target))
        return self.upper(x) + F.interpolate(lower, scale_factor=2, mode="nearest")


class LightEstimator(nn.Module):
    """Estimates the light of portraits, and relights them."""

    def __init__(self, config: LightEstimatorConfig) -> None:
        super().__init__()
        self.resolution = config.resolution
        width = config.channels[0]
        self.pre_conv = nn.Conv2d(1, width, 5, padding=2)
        self.pre_bn = nn.BatchNorm2d(width)
        self.light = LightBottleneck(config.light_channels, config.light_hidden)
        inner: nn.Module = self.light
        levels = list(pairwise(config.channels))
        # Files hold each level twice, on its own and inside the next; so does this module.
        for level, (channels, below) in enumerate(reversed(levels)):
            inner = Hourglass(channels, below, inner)
            self.add_module(f"HG{level}", inner)
        self.conv_1 = nn.Conv2d(width, width, 3, padding=1)
        self.bn_1 = nn.BatchNorm2d(width)
        self.conv_2 = nn.Conv2d(width, width, 1)
        self.bn_2 = nn.BatchNorm2d(width)
        self.conv_3 = nn.Conv2d(width, width, 1)
        self.bn_3 = nn.BatchNorm2d(width)
        self.output = nn.Conv2d(width, 1, 1)
        self.levels = len(levels)

    def _enter(self, luminance: Tensor) -> Tensor:
        return F.relu(self.pre_bn(self.pre_conv(luminance)))

    def forward(self, luminance: Tensor, target: Tensor) -> Tensor:
        """CIELAB lightness / 100 [N, 1, H, W] under the light [N, 9]."""
        outer = self.get_submodule(f"HG{self.levels - 1}")
        x = outer(self._enter(luminance), target)
        x = F.relu(self.bn_1(self.conv_1(x)))
        x = F.relu(self.bn_2(self.conv_2(x)))
        x = F.relu(self.bn_3(self.conv_3(x)))
        return torch.sigmoid(self.output(x))

    def _lab(self, image: Tensor) -> Tensor:
        sized = resize_antialiased(image, self.resolution)
        return rgb_to_lab(sized.clamp(-1.0, 1.0) / 2 + 0.5)

    def estimate(self, image: Tensor) -> Tensor:
        """The light [N, 9] of portraits [N, 3, H, W] in -1..1."""
        x = self._enter(self._lab(image)[:, :1] / 100.0)
        for level in reversed(range(self.levels)):
            hourglass = self.get_submodule(f"HG{level}")
            assert isinstance(hourglass, Hourglass)
            x = hourglass.descend(x)
        return self.light.read(x)

    def relight(self, image: Tensor, light: Tensor) -> Tensor:
        """Portraits [N, 3, H, W] in -1..1 under lights [N, 9], at their own size."""
        lab = self._lab(image)
        luminance = self(lab[:, :1] / 100.0, light) * 100.0
        rgb = lab_to_rgb(torch.cat([luminance, lab[:, 1:]], dim=1)) * 2 - 1
        return resize_antialiased(rgb, (image.shape[2], image.shape[3]))
