"""From tri-plane features to density, albedo and radiance transfer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import CompactConfig
from .sampler import sample_grid, sample_planes
from .template import template_grid

__all__ = ["Field"]

_DENSITY = 20.0
_SHARPNESS = 120.0
"""Per canonical unit of signed distance: the template's surface is about 0.02 thick."""


class Field(nn.Module):
    """Density = template plus learnt residual; so is transfer. Albedo is learnt alone.

    Args:
        config: sizes.
    """

    template: Tensor

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        a, s, hidden = config.albedo_channels, config.shading_channels, config.hidden
        self.albedo = nn.Sequential(nn.Linear(a + 1, hidden), nn.SiLU(), nn.Linear(hidden, 4))
        self.shading = nn.Sequential(nn.Linear(a + s + 9, hidden), nn.SiLU(), nn.Linear(hidden, 9))
        for head in (self.albedo, self.shading):
            last = head[-1]
            assert isinstance(last, nn.Linear)
            with torch.no_grad():
                last.weight.mul_(0.3)
                last.bias.zero_()
        grid = template_grid(config.template, config.box)
        self.register_buffer("template", torch.from_numpy(grid.copy()))

    def forward(
        self, albedo: Tensor, shading: Tensor | None, points: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Evaluate at points.

        Args:
            albedo: [B, 3, H, W, A] planes.
            shading: [B, 3, H, W, S] planes, or None where transfer isn't wanted.
            points: [B, N, 3] canonical.

        Returns:
            density [B, N], albedo [B, N, 3] linear (0..1.2), transfer [B, N, 9] or None.
        """
        c = self.config
        planes = albedo if shading is None else torch.cat([albedo, shading], -1)
        features = sample_planes(planes, points, c.box)
        prior = sample_grid(self.template, points, c.box)
        distance, transfer = prior[..., :1], prior[..., 1:]
        a = features[..., : c.albedo_channels]
        out = self.albedo(torch.cat([a, distance * 8], -1))
        density = _DENSITY * F.softplus(out[..., 0] * 10 - distance[..., 0] * _SHARPNESS - 1)
        # Squared, so that the network's output is about as even to the eye as coded colour is.
        colour = 1.2 * torch.sigmoid(out[..., 1:]) ** 2
        if shading is None:
            return density, colour, None
        residual = self.shading(torch.cat([features, transfer * 3], -1))
        return density, colour, transfer + 0.3 * residual
