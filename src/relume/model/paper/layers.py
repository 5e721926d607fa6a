"""Layers with equalised learning rates (Progressive GAN; StyleGAN2, Karras et al. 2020)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .ops import bias_act, binomial_filter, conv2d_resample
from .ops.activation import Activation

__all__ = ["EqualizedConv2d", "EqualizedLinear"]


class EqualizedLinear(nn.Module):
    """Linear layer whose stored weights have unit variance and are scaled when used."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        act: Activation = "linear",
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), bias_init / lr_multiplier))
        self.act: Activation = act
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """x [N, in] -> [N, out], in fp32 also under autocast: styles and codes are small."""
        with torch.autocast(x.device.type, enabled=False):
            x = x.float()
            weight = self.weight * self.weight_gain
            bias = self.bias * self.bias_gain
            if self.act == "linear":
                return torch.addmm(bias, x, weight.t())
            return bias_act(x @ weight.t(), bias, self.act)


class EqualizedConv2d(nn.Module):
    """Convolution of the discriminator, with optional halving of the size."""

    resample_filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        bias: bool = True,
        act: Activation = "linear",
        down: int = 1,
        gain: float = 1.0,
        clamp: float | None = None,
    ) -> None:
        """Gain multiplies the activation's own gain, and the clamp with it."""
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.register_buffer("resample_filter", binomial_filter())
        self.act: Activation = act
        self.down = down
        self.weight_gain = 1.0 / math.sqrt(in_channels * kernel_size**2)
        self.gain = gain * (math.sqrt(2.0) if act == "lrelu" else 1.0)
        self.clamp = None if clamp is None else clamp * gain

    def forward(self, x: Tensor) -> Tensor:
        """x [N, in, H, W] -> [N, out, H / down, W / down]."""
        weight = (self.weight * self.weight_gain).to(x.dtype)
        y = conv2d_resample(x, weight, self.resample_filter, down=self.down)
        return bias_act(y, self.bias, self.act, self.gain, self.clamp)
