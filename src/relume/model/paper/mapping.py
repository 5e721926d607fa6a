"""Mapping networks: latent code, camera or light to style codes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .layers import EqualizedLinear
from .ops import normalize_second_moment

__all__ = ["MappingConfig", "MappingNetwork"]


@dataclass(frozen=True)
class MappingConfig:
    """Sizes of a mapping network."""

    z_dim: int
    """length of the latent code; 0 where the condition alone is mapped"""
    c_dim: int
    """length of the condition (camera 25, light 9, both 34)"""
    w_dim: int = 512
    """length of a style code"""
    layers: int = 2
    """fully connected layers after the embedding of the condition"""
    num_ws: int = 0
    """copies of the code in the result; 0 gives [N, w_dim] without that axis"""
    track_average: bool = True
    """keep the running average that truncation pulls towards"""
    lr_multiplier: float = 0.01
    """of the fully connected layers"""


class MappingNetwork(nn.Module):
    """Normalised latent code and condition through fully connected layers."""

    w_avg: Tensor

    def __init__(self, config: MappingConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = EqualizedLinear(config.c_dim, config.w_dim)
        features = config.w_dim + config.z_dim
        for i in range(config.layers):
            layer = EqualizedLinear(
                features, config.w_dim, act="lrelu", lr_multiplier=config.lr_multiplier
            )
            self.add_module(f"fc{i}", layer)
            features = config.w_dim
        if config.track_average:
            self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(
        self, z: Tensor | None, c: Tensor, psi: float = 1.0, cutoff: int | None = None
    ) -> Tensor:
        """Style codes.

        Args:
            z: [N, z_dim] normal numbers; none where z_dim is 0.
            c: [N, c_dim] condition.
            psi: truncation; 1 leaves the codes alone, 0 gives the average code.
            cutoff: only the first so many codes are truncated; all by default.

        Returns:
            [N, num_ws, w_dim], or [N, w_dim] where num_ws is 0.
        """
        x = normalize_second_moment(self.embed(c))
        if z is not None:
            x = torch.cat([normalize_second_moment(z), x], dim=1)
        for i in range(self.config.layers):
            x = self.get_submodule(f"fc{i}")(x)
        if not self.config.num_ws:
            return x
        x = x.unsqueeze(1).repeat(1, self.config.num_ws, 1)
        if psi != 1.0:
            last = self.config.num_ws if cutoff is None else cutoff
            x[:, :last] = self.w_avg + psi * (x[:, :last] - self.w_avg)
        return x
