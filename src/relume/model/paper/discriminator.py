"""The dual discriminator (EG3D), and NeRFFaceLighting's second tower that judges the light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .layers import EqualizedConv2d, EqualizedLinear
from .mapping import MappingConfig, MappingNetwork
from .ops import binomial_filter, minibatch_std, resize_antialiased

__all__ = ["DiscriminatorConfig", "DualDiscriminator"]


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of the discriminator."""

    resolution: int = 512
    """height and width of the pictures"""
    image_channels: int = 6
    """the picture and the one before super-resolution"""
    channel_base: int = 32768
    """channels of a block times its resolution"""
    channel_max: int = 512
    """largest number of channels"""
    camera_dim: int = 25
    """numbers of a camera"""
    light_dim: int = 9
    """numbers of a light; 0 leaves out the light's tower, which gives EG3D's discriminator"""
    mapping_layers: int = 8
    """fully connected layers of the conditions"""
    clamp: float = 256.0
    """largest magnitude of any layer's output"""
    group: int = 4
    """samples over which the minibatch deviation is taken"""

    def channels(self, resolution: int) -> int:
        """Channels of the features at a resolution."""
        return min(self.channel_base // resolution, self.channel_max)


class ResidualBlock(nn.Module):
    """Halves the size: two convolutions and a skip."""

    resample_filter: Tensor

    def __init__(self, channels: int, out_channels: int, image_channels: int, clamp: float) -> None:
        """image_channels is not 0 in the first block, which starts from the picture."""
        super().__init__()
        self.register_buffer("resample_filter", binomial_filter())
        half = math.sqrt(0.5)
        self.fromrgb: EqualizedConv2d | None = None
        if image_channels:
            self.fromrgb = EqualizedConv2d(image_channels, channels, 1, act="lrelu", clamp=clamp)
        self.conv0 = EqualizedConv2d(channels, channels, 3, act="lrelu", clamp=clamp)
        self.conv1 = EqualizedConv2d(
            channels, out_channels, 3, act="lrelu", down=2, gain=half, clamp=clamp
        )
        self.skip = EqualizedConv2d(channels, out_channels, 1, bias=False, down=2, gain=half)

    def forward(self, x: Tensor) -> Tensor:
        if self.fromrgb is not None:
            x = self.fromrgb(x)
        skip = self.skip(x)
        return skip + self.conv1(self.conv0(x))


class Epilogue(nn.Module):
    """4x4 features and a mapped condition to a logit."""

    def __init__(self, channels: int, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.group = config.group
        self.conv = EqualizedConv2d(channels + 1, channels, 3, act="lrelu", clamp=config.clamp)
        self.fc = EqualizedLinear(channels * 16, channels, act="lrelu")
        self.out = EqualizedLinear(channels, channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x [N, C, 4, 4], condition [N, C] -> [N, 1]."""
        y = self.out(self.fc(self.conv(minibatch_std(x, self.group)).flatten(1)))
        return (y * condition).sum(1, keepdim=True) / math.sqrt(y.shape[1])


class DualDiscriminator(nn.Module):
    """Judges a picture together with its raw rendering, given the camera and the light."""

    resample_filter: Tensor

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("resample_filter", binomial_filter())
        self.resolutions = [2**i for i in range(config.resolution.bit_length() - 1, 2, -1)]
        self._add_tower("b", "mapping", config.camera_dim)
        if config.light_dim:
            self._add_tower("l", "mapping_l", config.camera_dim + config.light_dim)

    def _add_tower(self, prefix: str, mapping: str, condition: int) -> None:
        c = self.config
        for resolution in self.resolutions:
            block = ResidualBlock(
                c.channels(resolution),
                c.channels(resolution // 2),
                c.image_channels if resolution == c.resolution else 0,
                c.clamp,
            )
            self.add_module(f"{prefix}{resolution}", block)
        last = c.channels(4)
        mapped = MappingConfig(
            z_dim=0, c_dim=condition, w_dim=last, layers=c.mapping_layers, track_average=False
        )
        self.add_module(mapping, MappingNetwork(mapped))
        self.add_module(f"{prefix}4", Epilogue(last, c))

    def _judge(self, x: Tensor, prefix: str, mapping: str, condition: Tensor) -> Tensor:
        for resolution in self.resolutions:
            x = self.get_submodule(f"{prefix}{resolution}")(x)
        logit = self.get_submodule(f"{prefix}4")(x, self.get_submodule(mapping)(None, condition))
        assert isinstance(logit, Tensor)
        return logit

    def forward(
        self, image: Tensor, raw: Tensor, cameras: Tensor, light: Tensor | None = None
    ) -> Tensor:
        """Logits [N, 2] (camera, light), or [N, 1] without a tower for the light.

        Args:
            image: [N, 3, R, R], -1..1.
            raw: [N, 3, r, r] the picture before super-resolution.
            cameras: [N, 25].
            light: [N, 9]; needed where there is a tower for it.
        """
        x = torch.cat([image, resize_antialiased(raw, self.config.resolution)], dim=1)
        logits = [self._judge(x, "b", "mapping", cameras)]
        if self.config.light_dim:
            if light is None:
                raise ValueError("this discriminator judges the light too: give one")
            logits.append(self._judge(x, "l", "mapping_l", torch.cat([cameras, light], dim=1)))
        return torch.cat(logits, dim=1)
