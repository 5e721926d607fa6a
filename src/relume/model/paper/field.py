"""The radiance field of a pair of tri-planes: density, albedo and shading of points in space."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .layers import EqualizedLinear
from .ops import softexp

__all__ = [
    "DecoderConfig",
    "PointSamples",
    "RadianceDecoder",
    "ShadingDecoder",
    "TriplaneField",
    "project_to_planes",
    "sample_planes",
]


def project_to_planes(points: Tensor, box: float) -> Tensor:
    """Canonical points [N, P, 3] on the three planes: [N, 3, P, 2], -1..1 inside the box.

    (x, y), (x, z) and (z, x) along width and height. No plane sees y with z: the published
    models have it so.
    """
    x, y, z = (points * (2.0 / box)).unbind(-1)
    return torch.stack([torch.stack(pair, dim=-1) for pair in ((x, y), (x, z), (z, x))], dim=1)


def sample_planes(table: Tensor, uv: Tensor) -> Tensor:
    """Mean over the planes of their bilinear samples; zero outside.

    Args:
        table: [N, R, R, 3, C], the channels of one texel of one plane side by side.
        uv: [N, 3, P, 2] in -1..1, pixel centres half a texel from the edge.

    Returns:
        [N, P, C].
    """
    n, rows, columns, planes, c = table.shape
    size = uv.new_tensor([columns, rows])
    at = (uv + 1.0) * (size / 2) - 0.5
    corner = at.floor()
    share = at - corner
    limit = (size - 1).to(torch.int64)
    # One weighted sum of twelve rows per point (three planes, four corners): reads whole
    # texels and never writes the planes' separate samples.
    index, weight = [], []
    plane = torch.arange(planes, device=uv.device).reshape(planes, 1)
    start = torch.arange(n, device=uv.device).reshape(n, 1, 1) * (rows * columns)
    low = corner.to(torch.int64)
    for dx in (0, 1):
        for dy in (0, 1):
            cell = low + low.new_tensor([dx, dy])
            inside = ((cell >= 0) & (cell <= limit)).all(-1)
            held = torch.minimum(cell.clamp(min=0), limit)
            w = (share[..., 0] if dx else 1 - share[..., 0]) * (
                share[..., 1] if dy else 1 - share[..., 1]
            )
            weight.append(w * inside / planes)
            index.append((start + held[..., 1] * columns + held[..., 0]) * planes + plane)
    index_ = torch.stack(index, dim=-1).transpose(1, 2).reshape(-1, 4 * planes)
    weight_ = torch.stack(weight, dim=-1).transpose(1, 2).reshape(-1, 4 * planes)
    rows_ = table.reshape(-1, c)
    summed = F.embedding_bag(index_, rows_, per_sample_weights=weight_, mode="sum")
    return summed.reshape(n, -1, c)


@dataclass(frozen=True)
class DecoderConfig:
    """Sizes of the decoders of point features."""

    in_features: int = 32
    """channels of one plane"""
    hidden: int = 64
    """hidden features"""
    out_features: int = 32
    """colour features of a point, of which the first three are the picture"""


class RadianceDecoder(nn.Module):
    """Point features [P, in] -> density [P, 1] (raw) and albedo features [P, out] in 0..1."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.net = nn.Sequential(
            EqualizedLinear(config.in_features, config.hidden),
            nn.Softplus(),
            EqualizedLinear(config.hidden, 1 + config.out_features),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.net(x)
        # Slightly beyond 0..1, as in Mip-NeRF, so that pure black and white are in reach.
        return y[:, :1], torch.sigmoid(y[:, 1:]) * 1.002 - 0.001


class ShadingDecoder(nn.Module):
    """Point features of the shading planes [P, in] -> shading [P, 1], positive."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.net = nn.Sequential(
            EqualizedLinear(config.in_features, config.hidden),
            nn.Softplus(),
            EqualizedLinear(config.hidden, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return softexp(self.net(x))


@dataclass(frozen=True)
class PointSamples:
    """What the field holds at points; all [N, P, ...]."""

    density: Tensor
    """[..., 1] before its activation"""
    albedo: Tensor
    """[..., C] features in 0..1"""
    shading: Tensor
    """[..., 1], 1 where the planes are unlit"""


class TriplaneField:
    """Tri-planes with the decoders that give them meaning."""

    def __init__(
        self,
        planes: Tensor,
        planes_lit: Tensor | None,
        decoder: RadianceDecoder,
        shading_decoder: ShadingDecoder | None,
        box: float = 1.0,
    ) -> None:
        """Planes [N, 3 C, R, R]; without shading planes the field is unlit."""
        pair = [planes] if planes_lit is None else [planes, planes_lit]
        parts = [p.float().unflatten(1, (3, -1)).permute(0, 3, 4, 1, 2) for p in pair]
        self.table = parts[0].contiguous() if len(parts) == 1 else torch.cat(parts, dim=-1)
        self.channels = planes.shape[1] // 3
        self.decoder = decoder
        self.shading_decoder = shading_decoder if planes_lit is not None else None
        self.box = box

    def features(self, points: Tensor) -> Tensor:
        """Mean of the planes' features at canonical points [N, P, 3]: [N, P, C or 2 C]."""
        return sample_planes(self.table, project_to_planes(points, self.box))

    def __call__(self, points: Tensor) -> PointSamples:
        """Samples at canonical points [N, P, 3]."""
        n = points.shape[0]
        features = self.features(points).flatten(0, 1)
        density, albedo = self.decoder(features[:, : self.channels])
        if self.shading_decoder is None:
            shading = torch.ones_like(density)
        else:
            shading = self.shading_decoder(features[:, self.channels :])
        return PointSamples(*(t.unflatten(0, (n, -1)) for t in (density, albedo, shading)))
