"""The encoder: a picture's features lifted into canonical space, then turned into tri-planes."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from .blocks import FiLMResidual, UNet, conv
from .config import CompactConfig
from .template import front_surface

__all__ = ["AlbedoEncoder", "ShadingEncoder"]


class AlbedoEncoder(nn.Module):
    """A picture and its camera to the albedo tri-plane.

    Features of the picture at a quarter of its size are looked up where the mean head's front
    surface projects to, so that the trunk sees every head upright, centred and frontal, whatever
    the pose; a 3D map of the surface's coordinates goes along. All later convolutions run in
    that canonical frame.

    Args:
        config: sizes.
    """

    lift: Tensor

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        wide, narrow = config.stem
        raw = 3 * 16
        self.stem = nn.Sequential(
            conv(raw, wide, 1), nn.SiLU(), conv(wide, wide), nn.SiLU(), conv(wide, narrow)
        )
        self.code = nn.Sequential(
            conv(narrow, 64, 3, 2), nn.SiLU(), conv(64, 96, 3, 2), nn.SiLU(), conv(96, 96, 3, 2)
        )
        self.code_out = nn.Sequential(nn.SiLU(), nn.Linear(96, config.code), nn.SiLU())
        inner = narrow + raw + 3
        self.trunk = UNet(inner, 3 * config.albedo_channels, config.trunk, config.code)
        self.register_buffer("lift", torch.from_numpy(_lift(config)))

    def forward(
        self, picture: Tensor, rotation: Tensor, shift: Tensor, intrinsics: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Encode a batch.

        Args:
            picture: [B, 3, 256, 256] sRGB-coded, 0..1.
            rotation, shift: [B, 3, 3] and [B, 3], canonical to camera coordinates.
            intrinsics: [B, 3] focal length and principal point in units of the picture's size.

        Returns:
            planes [B, 3, plane, plane, albedo_channels] (float32) and the global code [B, code].
        """
        size = self.config.plane
        raw = F.pixel_unshuffle(picture * 2 - 1, 4)
        features = self.stem(raw)
        code = self.code_out(self.code(F.silu(features)).mean((2, 3)))
        both = torch.cat([features, raw], 1).float()
        # Half precision would move the projections by pixels.
        with torch.autocast(picture.device.type, enabled=False):
            local = self.lift @ rotation.transpose(1, 2) + shift[:, None]
            at = local[..., :2] / local[..., 2:] * intrinsics[:, None, :1] + intrinsics[:, None, 1:]
            at = (at * 2 - 1).reshape(-1, size, size, 2)
            lifted = F.grid_sample(both, at, align_corners=False, padding_mode="border")
        place = self.lift.T.reshape(1, 3, size, size).expand(len(picture), -1, -1, -1)
        planes = self.trunk(torch.cat([lifted, place / self.config.box], 1), code)
        return interleaved(planes, self.config.albedo_channels), code


class ShadingEncoder(nn.Module):
    """Albedo planes and the global code to the shading tri-plane, which holds radiance transfer.

    Args:
        config: sizes.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        width = config.shading_width
        self.enter = conv(3 * config.albedo_channels, width)
        self.blocks = nn.ModuleList(FiLMResidual(width, config.code) for _ in range(1))
        self.leave = conv(width, 3 * config.shading_channels)

    def forward(self, planes: Tensor, code: Tensor) -> Tensor:
        """[B, 3, H, W, A] and [B, code] to [B, 3, H, W, S] (float32)."""
        b, _, h, w, c = planes.shape
        x = self.enter(planes.permute(0, 1, 4, 2, 3).reshape(b, 3 * c, h, w))
        for block in self.blocks:
            x = block(x, code)
        return interleaved(self.leave(F.silu(x)), self.config.shading_channels)


def interleaved(planes: Tensor, channels: int) -> Tensor:
    """[B, 3 * C, H, W] to [B, 3, H, W, C], channels last."""
    b, _, h, w = planes.shape
    return planes.float().reshape(b, 3, channels, h, w).permute(0, 1, 3, 4, 2)


def _lift(config: CompactConfig) -> NDArray[np.float32]:
    """[plane^2, 3] canonical points of the mean head's front surface, rows from lowest y."""
    at = ((np.arange(config.plane) + 0.5) / config.plane * 2 - 1) * config.box
    x, y = np.meshgrid(at, at)
    z = front_surface(config.plane, config.box, config.template)
    return np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
