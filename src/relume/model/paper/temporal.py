"""The temporal network: a window's planes to a residual that steadies the next frame.

After Cai et al., CVPR 2024.

The published code feeds its attention sequences of length one, so that each attention is a
linear layer: nothing mixes across pixels, and frames mix only in the first convolution
(`attention="pointwise"`, what published weights were trained for). `attention="frames"` is the
mechanism as one would expect it: every frame keeps a token of its own per pixel, and tokens of
the same pixel attend to each other across the window. Both forms have the same parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["TemporalConfig", "TemporalNetwork"]


@dataclass(frozen=True)
class TemporalConfig:
    """Sizes of the temporal network."""

    channels: int = 96
    """channels of one frame's planes, and length of a token"""
    frames: int = 5
    """frames in the window"""
    layers: int = 4
    """layers, each with self-attention per stream and cross-attention between streams"""
    heads: int = 4
    """attention heads (without effect in the pointwise form)"""
    hidden: int = 512
    """hidden features of the feed-forward layers"""
    dropout: float = 0.1
    """in training"""
    attention: Literal["pointwise", "frames"] = "pointwise"
    """pointwise: as published; frames: attention across the frames of the window"""


class Attention(nn.Module):
    """Multi-head attention with PyTorch's parameter names."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        dim = config.channels
        self.heads = config.heads
        self.pointwise = config.attention == "pointwise"
        self.in_proj_weight = nn.Parameter(torch.empty(3 * dim, dim))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * dim))
        self.out_proj = nn.Linear(dim, dim)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """Tokens x [..., S, dim] attend to source [..., S, dim]."""
        dim = x.shape[-1]
        if self.pointwise:  # one token attends to one: only the value remains
            out = self.out_proj
            weight = out.weight @ self.in_proj_weight[2 * dim :]
            bias = out.weight @ self.in_proj_bias[2 * dim :] + out.bias
            return F.linear(source, weight, bias)
        w_q, w_kv = self.in_proj_weight.split((dim, 2 * dim))
        b_q, b_kv = self.in_proj_bias.split((dim, 2 * dim))
        q = F.linear(x, w_q, b_q).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        kv = F.linear(source, w_kv, b_kv).unflatten(-1, (2, self.heads, -1))
        k, v = kv.permute(2, 0, 3, 1, 4)
        # A window has a handful of tokens: plain products beat a fused kernel made for many.
        score = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
        return self.out_proj((score.softmax(-1) @ v).transpose(1, 2).flatten(2))


class TemporalBlock(nn.Module):
    """Attention and feed-forward with normalisation after each skip."""

    def __init__(self, config: TemporalConfig, attention_name: str) -> None:
        super().__init__()
        dim = config.channels
        self.attention_name = attention_name
        self.add_module(attention_name, Attention(config))
        self.feedforward = nn.Sequential(
            nn.Linear(dim, config.hidden), nn.ReLU(), nn.Linear(config.hidden, dim)
        )
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """Tokens x [P, S, dim] take from source [P, S, dim] (x itself in self-attention)."""
        attended = self.get_submodule(self.attention_name)(x, source)
        x = self.norm1(x + self.dropout(attended))
        return self.norm2(x + self.dropout(self.feedforward(x)))


class TemporalNetwork(nn.Module):
    """Two streams, albedo and shading planes, through shared cross-attention."""

    def __init__(self, config: TemporalConfig) -> None:
        super().__init__()
        c, wide = config.channels, config.channels * config.frames
        self.config = config
        self.combine_channels = nn.Conv2d(wide, c, 1)
        self.input_convs1 = nn.Conv2d(c, c, 1)
        self.input_convs2 = nn.Conv2d(c, c, 1)
        layers = range(config.layers)
        self.transformer_blocks_stream1 = nn.ModuleList(
            TemporalBlock(config, "self_attention") for _ in layers
        )
        self.transformer_blocks_stream2 = nn.ModuleList(
            TemporalBlock(config, "self_attention") for _ in layers
        )
        self.cross_attention_blocks = nn.ModuleList(
            TemporalBlock(config, "cross_attention") for _ in layers
        )
        self.output_conv1 = nn.ConvTranspose2d(c, wide, 1)
        self.output_conv1_2 = nn.ConvTranspose2d(c, c, 1)
        self.output_conv2 = nn.ConvTranspose2d(c, wide, 1)
        self.output_conv2_2 = nn.ConvTranspose2d(c, c, 1)

    def forward(self, planes: Tensor, planes_lit: Tensor) -> tuple[Tensor, Tensor]:
        """Residuals for the frame after the window.

        Args:
            planes: [N, frames * channels, R, R], the window's planes, oldest first.
            planes_lit: the same of its shading planes.

        Returns:
            Residuals [N, channels, R, R] of the planes and of the shading planes.
        """
        x = self._tokens(planes, self.input_convs1)
        y = self._tokens(planes_lit, self.input_convs2)
        x, y = self.mix(x, y)
        return (
            self._residual(x, planes, self.output_conv1, self.output_conv1_2),
            self._residual(y, planes_lit, self.output_conv2, self.output_conv2_2),
        )

    def mix(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """All layers on the two streams' tokens [P, S, channels]."""
        layers = zip(
            self.transformer_blocks_stream1,
            self.transformer_blocks_stream2,
            self.cross_attention_blocks,
            strict=True,
        )
        for own_x, own_y, cross in layers:
            x, y = own_x(x, x), own_y(y, y)
            y = cross(y, x)
            x = cross(x, y)
        return x, y

    def _tokens(self, planes: Tensor, project: nn.Conv2d) -> Tensor:
        """[N, frames * C, R, R] -> [N R R, S, C], S = 1 or the number of frames."""
        c = self.config.channels
        if self.config.attention == "pointwise":
            mixed = project(F.relu(self.combine_channels(planes)))
            return mixed.flatten(2).transpose(1, 2).reshape(-1, 1, c)
        weights = self.combine_channels.weight.split(c, dim=1)
        parts = [
            project(F.relu(F.conv2d(frame, weight, self.combine_channels.bias)))
            for frame, weight in zip(planes.split(c, dim=1), weights, strict=True)
        ]
        return torch.stack([p.flatten(2).transpose(1, 2) for p in parts], dim=2).flatten(0, 1)

    def _residual(
        self, tokens: Tensor, planes: Tensor, expand: nn.ConvTranspose2d, gate: nn.ConvTranspose2d
    ) -> Tensor:
        """Each frame's planes times a gate made of the tokens, summed over the window."""
        c, frames = self.config.channels, self.config.frames
        n, _, h, w = planes.shape
        images = tokens.reshape(n, h, w, -1, c).permute(3, 0, 4, 1, 2)
        if self.config.attention == "pointwise":
            hidden = expand(images[0]).split(c, dim=1)
        else:
            assert expand.bias is not None
            hidden = tuple(
                F.conv_transpose2d(image, weight, bias)
                for image, weight, bias in zip(
                    images, expand.weight.split(c, dim=1), expand.bias.split(c), strict=True
                )
            )
        frame_planes = planes.split(c, dim=1)
        residual = gate(F.relu(hidden[0])) * frame_planes[0]
        for i in range(1, frames):
            residual = residual + gate(F.relu(hidden[i])) * frame_planes[i]
        return residual
