"""Transformer blocks over an image grid, after SegFormer (Xie et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["PatchEmbed", "TransformerBlock", "TransformerConfig", "tokens_as_channels"]

Grid = tuple[int, int]


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes of a transformer block."""

    dim: int = 1024
    """length of a token"""
    heads: int = 4
    """attention heads"""
    sr_ratio: int = 1
    """keys and values come from a grid this many times coarser in each axis"""
    mlp_ratio: int = 2
    """hidden features of the perceptron per feature of a token"""


class PatchEmbed(nn.Module):
    """Strided convolution to tokens at half the resolution, normalised."""

    def __init__(self, in_channels: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(in_channels, dim, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, C, H, W] -> tokens [N, H W / 4, dim], row-major."""
        return self.norm(self.proj(x).flatten(2).transpose(1, 2))


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Scaled dot-product attention of q [N, heads, L, d] to k and v [N, heads, S, d].

    In half precision on a CPU, PyTorch's fused kernel is slower with heads as wide as these
    than plain products of one head at a time, a block of queries after another.
    """
    if q.device.type != "cpu" or q.dtype == torch.float32 or torch.is_grad_enabled():
        return F.scaled_dot_product_attention(q, k, v)
    result = torch.empty_like(q)
    with torch.autocast("cpu", enabled=False):
        for sample in range(q.shape[0]):
            for head in range(q.shape[1]):
                keys, values = k[sample, head].t(), v[sample, head]
                for start in range(0, q.shape[2], 1024):
                    rows = slice(start, start + 1024)
                    score = (q[sample, head, rows] * q.shape[-1] ** -0.5) @ keys
                    result[sample, head, rows] = score.softmax(-1) @ values
    return result


class EfficientAttention(nn.Module):
    """Attention of all tokens to all, or to a strided reduction of them."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        dim = config.dim
        self.heads = config.heads
        self.sr_ratio = config.sr_ratio
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        if config.sr_ratio > 1:
            self.sr = nn.Conv2d(dim, dim, config.sr_ratio, stride=config.sr_ratio)
            self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, grid: Grid) -> Tensor:
        """x [N, L, dim], L = grid rows times columns -> [N, L, dim]."""
        source = x
        if self.sr_ratio > 1:
            image = x.transpose(1, 2).unflatten(2, grid)
            source = self.norm(self.sr(image).flatten(2).transpose(1, 2))
        q = self.q(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
        k, v = self.kv(source).unflatten(2, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = attend(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


class DepthwiseConv(nn.Module):
    """3x3 convolution of each token feature over the grid: the only sense of position."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)

    def forward(self, x: Tensor, grid: Grid) -> Tensor:
        return self.dwconv(x.transpose(1, 2).unflatten(2, grid)).flatten(2).transpose(1, 2)


class MixFeedForward(nn.Module):
    """Two linear layers with a depthwise convolution between them."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.dwconv = DepthwiseConv(hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor, grid: Grid) -> Tensor:
        return self.fc2(F.gelu(self.dwconv(self.fc1(x), grid)))


class TransformerBlock(nn.Module):
    """Attention and feed-forward, each behind a layer normalisation and a skip."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.dim)
        self.attn = EfficientAttention(config)
        self.norm2 = nn.LayerNorm(config.dim)
        self.mlp = MixFeedForward(config.dim, config.dim * config.mlp_ratio)

    def forward(self, x: Tensor, grid: Grid) -> Tensor:
        """Tokens x [N, L, dim] on a grid of (rows, columns) -> [N, L, dim]."""
        x = x + self.attn(self.norm1(x), grid)
        return x + self.mlp(self.norm2(x), grid)


def tokens_as_channels(tokens: Tensor, grid: Grid) -> Tensor:
    """Tokens [N, L, dim] read as [N, dim, rows, columns] *without* transposing.

    The published networks reinterpret the memory, so that a channel is a run of tokens and a
    position a run of features. Trained weights rely on it.
    """
    n, _, dim = tokens.shape
    return tokens.contiguous().view(n, dim, *grid)
