"""Bias with activation, and normalisation of feature vectors."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Activation", "bias_act", "normalize_second_moment", "softexp"]

Activation = Literal["linear", "lrelu"]

_GAIN: dict[str, float] = {"linear": 1.0, "lrelu": math.sqrt(2.0)}


def bias_act(
    x: Tensor,
    bias: Tensor | None = None,
    act: Activation = "linear",
    gain: float | None = None,
    clamp: float | None = None,
) -> Tensor:
    """Add a bias per channel, activate, multiply by a gain, clamp.

    Args:
        x: [N, C, ...].
        bias: [C] or none.
        act: "lrelu" has slope 0.2.
        gain: factor after the activation; by default the one that keeps the variance of a
            normal input (sqrt 2 for lrelu, 1 for linear).
        clamp: largest magnitude of the result, if any.
    """
    if bias is not None:
        x = x + bias.to(x.dtype).reshape(1, -1, *([1] * (x.ndim - 2)))
    if act == "lrelu":
        x = F.leaky_relu(x, 0.2)
    factor = _GAIN[act] if gain is None else gain
    if factor != 1.0:
        x = x * factor
    return x if clamp is None else x.clamp(-clamp, clamp)


def softexp(x: Tensor, alpha: float = 0.1) -> Tensor:
    """Positive activation of the shading: exp(u) inside |u| < 1, slower outside; u = alpha x.

    e u above 1 and -1 / (e u) below -1: continuous, with a continuous first derivative.
    """
    u = alpha * x
    # The branches that aren't taken see harmless arguments, so that gradients stay finite.
    high = math.e * u
    low = -1.0 / (math.e * u.clamp(max=-1.0))
    middle = torch.exp(u.clamp(-1.0, 1.0))
    return torch.where(u >= 1.0, high, torch.where(u <= -1.0, low, middle))


def normalize_second_moment(x: Tensor) -> Tensor:
    """x [N, C] divided by the root mean square of its features."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)
