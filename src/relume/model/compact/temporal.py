"""The temporal network: tri-planes steadied by attention over a window of frames."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import conv
from .config import CompactConfig

__all__ = ["Stabiliser"]


class Stabiliser(nn.Module):
    """Each patch of the newest frame's planes becomes a mixture of that patch over the window.

    Queries come from the newest frame, keys from all frames; each branch's queries and keys are
    made from the *other* branch as well (cross-attention), so that shading is held steady where
    albedo says that nothing has moved, and the other way round. Weights are a softmax over time,
    which makes the result a convex mixture: radiance transfer stays linear in the light, nothing
    can drift, a window of one frame is passed on unchanged, and a growing window starts without a
    jump.

    Args:
        config: sizes.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        inner = 3 * (config.albedo_channels + config.shading_channels)
        width = 2 * config.attention
        self.embed = nn.Sequential(
            conv(inner, width, 1), nn.SiLU(), nn.AvgPool2d(config.patch), conv(width, width)
        )
        self.query = conv(width, 2 * config.attention, 1)
        self.key = conv(width, 2 * config.attention, 1)
        self.age = nn.Parameter(torch.zeros(2, config.window))
        """[2, window] what each age starts with, oldest first, per branch."""
        # Untrained, the window is plainly averaged, which is hard to beat.
        nn.init.zeros_(self.query.weight)
        nn.init.zeros_(cast(Tensor, self.query.bias))

    def forward(self, albedo: Tensor, shading: Tensor) -> tuple[Tensor, Tensor]:
        """Steady the newest frame.

        Args:
            albedo: [B, T, 3, H, W, A] planes of up to `window` frames, newest last.
            shading: [B, T, 3, H, W, S].

        Returns:
            the newest frame's planes, [B, 3, H, W, A] and [B, 3, H, W, S].
        """
        weight = self.weights(albedo, shading)
        return _mix(albedo, weight[:, 0]), _mix(shading, weight[:, 1])

    def weights(self, albedo: Tensor, shading: Tensor) -> Tensor:
        """[B, 2, T, H, W] share of each frame in the mixture, per branch."""
        b, t, _, h, w, _ = albedo.shape
        if t > self.config.window:
            raise ValueError(f"at most {self.config.window} frames, got {t}")
        both = torch.cat([albedo, shading], -1).permute(0, 1, 2, 5, 3, 4)
        tokens = self.embed(both.reshape(b * t, -1, h, w))
        hp, wp = tokens.shape[-2:]
        size = self.config.attention
        key = self.key(tokens).reshape(b, t, 2, size, hp, wp)
        query = self.query(tokens.reshape(b, t, -1, hp, wp)[:, -1]).reshape(b, 1, 2, size, hp, wp)
        score = (query * key).sum(3) / size**0.5  # B T 2 hp wp
        score = score.permute(0, 2, 1, 3, 4) + self.age[None, :, -t:, None, None]
        share = score.softmax(2)
        fine = F.interpolate(
            share.reshape(b, 2 * t, hp, wp), size=(h, w), mode="bilinear", align_corners=False
        )
        return fine.reshape(b, 2, t, h, w)


def _mix(planes: Tensor, weight: Tensor) -> Tensor:
    """[B, T, 3, H, W, C] and [B, T, H, W] to [B, 3, H, W, C].

    The weights belong to patches of the token grid, which all three planes share.
    """
    return (planes * weight[:, :, None, ..., None]).sum(1)
