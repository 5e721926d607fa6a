"""StyleGAN2's synthesis layers and blocks with skip connections (Karras et al. 2020)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from .layers import EqualizedLinear
from .ops import bias_act, binomial_filter, modulated_conv2d, upsample2d

__all__ = [
    "Noise",
    "NoiseMode",
    "SynthesisBlock",
    "SynthesisBlockConfig",
    "SynthesisLayer",
    "ToRGB",
]

NoiseMode = Literal["none", "const", "random"]


@dataclass
class Noise:
    """What synthesis layers add to their activations, scaled by a learnt strength."""

    mode: NoiseMode = "none"
    """none, each layer's own fixed picture, or fresh normal numbers"""
    generator: torch.Generator | None = None
    """source of the fresh numbers; PyTorch's global one by default"""

    def draw(self, const: Tensor, batch: int) -> Tensor | None:
        """[H, W] or [N, 1, H, W] noise for a layer whose fixed picture is `const` [H, W]."""
        if self.mode == "none":
            return None
        if self.mode == "const":
            return const
        shape = (batch, 1, *const.shape)
        return torch.randn(shape, dtype=const.dtype, device=const.device, generator=self.generator)


QUIET = Noise()


@dataclass(frozen=True)
class SynthesisBlockConfig:
    """Sizes of one synthesis block."""

    in_channels: int
    """channels of the features that enter; 0 for the first block, which starts from a constant"""
    out_channels: int
    """channels of the features that leave"""
    image_channels: int
    """channels of the running image"""
    resolution: int
    """height and width of the features that leave"""
    w_dim: int = 512
    """length of a style code"""
    up: int = 2
    """2 doubles the size, 1 keeps it"""
    clamp: float | None = None
    """largest magnitude of any layer's output"""


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU."""

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(self, in_channels: int, out_channels: int, config: SynthesisBlockConfig, up: int):
        super().__init__()
        self.affine = EqualizedLinear(config.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(config.resolution, config.resolution))
        self.register_buffer("resample_filter", binomial_filter())
        self.up = up
        self.clamp = config.clamp

    def forward(self, x: Tensor, w: Tensor, noise: Noise = QUIET) -> Tensor:
        """x [N, in, H, W], w [N, w_dim] -> [N, out, up H, up W]."""
        x = modulated_conv2d(x, self.weight, self.affine(w), self.resample_filter, up=self.up)
        drawn = noise.draw(self.noise_const, x.shape[0])
        if drawn is not None:
            x = x + (drawn * self.noise_strength).to(x.dtype)
        return bias_act(x, self.bias, "lrelu", clamp=self.clamp)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to the running image, without demodulation."""

    def __init__(self, config: SynthesisBlockConfig) -> None:
        super().__init__()
        channels = config.out_channels
        self.affine = EqualizedLinear(config.w_dim, channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(config.image_channels, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.image_channels))
        self.style_gain = 1.0 / math.sqrt(channels)
        self.clamp = config.clamp

    def forward(self, x: Tensor, w: Tensor, kernel: Tensor) -> Tensor:
        """x [N, C, H, W], w [N, w_dim] -> [N, image, H, W]."""
        styles = self.affine(w) * self.style_gain
        x = modulated_conv2d(x, self.weight, styles, kernel, demodulate=False)
        return bias_act(x, self.bias, clamp=self.clamp)


class SynthesisBlock(nn.Module):
    """Two synthesis layers (one in the first block) and a contribution to the running image."""

    resample_filter: Tensor

    def __init__(self, config: SynthesisBlockConfig) -> None:
        super().__init__()
        c, out = config, config.out_channels
        self.starts = c.in_channels == 0
        self.resolution = c.resolution
        self.register_buffer("resample_filter", binomial_filter())
        if self.starts:
            self.const = nn.Parameter(torch.randn(out, c.resolution, c.resolution))
        else:
            self.conv0 = SynthesisLayer(c.in_channels, out, c, up=c.up)
        self.conv1 = SynthesisLayer(out, out, c, up=1)
        self.torgb = ToRGB(c)

    @property
    def convolutions(self) -> int:
        """Style codes that the block consumes before its image layer."""
        return 1 if self.starts else 2

    def forward(
        self, x: Tensor | None, image: Tensor | None, ws: Tensor, noise: Noise = QUIET
    ) -> tuple[Tensor, Tensor]:
        """One block.

        Args:
            x: [N, in, H, W] features; none for the first block.
            image: [N, image, H or 2H, ...] running image, doubled if it is at half the size.
            ws: [N, convolutions + 1, w_dim], the last for the image layer, which shares it
                with the next block's first layer.
            noise: what the layers add.

        Returns:
            Features [N, out, R, R] and running image [N, image, R, R].
        """
        if self.starts:
            x = self.const.expand(ws.shape[0], -1, -1, -1)
        else:
            assert x is not None
            x = self.conv0(x, ws[:, 0], noise)
        x = self.conv1(x, ws[:, self.convolutions - 1], noise)
        # The running image stays in fp32: it is the sum of all blocks.
        rgb = self.torgb(x, ws[:, self.convolutions], self.resample_filter).float()
        if image is not None:
            if image.shape[-1] * 2 == self.resolution:
                image = upsample2d(image, self.resample_filter)
            rgb = image + rgb
        return x, rgb
