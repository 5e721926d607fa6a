"""Volume rendering of tri-planes (EG3D, Chan et al. 2022; NeRFFaceLighting for the shading)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .field import PointSamples, TriplaneField
from .rays import camera_rays
from .sampling import Draws, MiddleDraws, importance_depths, stratified_depths

__all__ = [
    "RayColors",
    "RendererConfig",
    "Rendering",
    "VolumeRenderer",
    "ray_depth",
    "ray_weights",
    "sample_shares",
]


@dataclass(frozen=True)
class RendererConfig:
    """How rays are sampled."""

    resolution: int = 64
    """rays in a row and in a column"""
    coarse: int = 48
    """stratified samples of a ray"""
    fine: int = 48
    """importance samples of a ray"""
    near: float = 2.25
    """depth of the first sample"""
    far: float = 3.3
    """depth of the last interval's start"""
    box: float = 1.0
    """side of the cube that the planes cover"""


@dataclass(frozen=True)
class RayColors:
    """One value per ray; all [N, rays, ...]."""

    features: Tensor
    """[..., C] lit colour features, -1 (nothing) to 1"""
    albedo: Tensor
    """[..., C] the same without light"""
    shading: Tensor
    """[..., 1] 0 where there is nothing"""
    depth: Tensor
    """[..., 1] distance from the camera"""
    alpha: Tensor
    """[..., 1] opacity, 0..1"""


@dataclass(frozen=True)
class Rendering:
    """`RayColors` as pictures [N, C, R, R]."""

    features: Tensor
    """[N, C, R, R] lit colour features, the first three the picture, -1..1"""
    albedo: Tensor
    """[N, C, R, R] the same without light"""
    shading: Tensor
    """[N, 1, R, R]"""
    depth: Tensor
    """[N, 1, R, R] distance from the camera"""
    alpha: Tensor
    """[N, 1, R, R] opacity, 0..1"""

    @property
    def rgb(self) -> Tensor:
        """[N, 3, R, R] the picture before super-resolution."""
        return self.features[:, :3]


def ray_weights(depths: Tensor, density: Tensor) -> Tensor:
    """Weights [..., S - 1] of the intervals between samples of ascending depth.

    Args:
        depths: [..., S].
        density: [..., S], raw; averaged over each interval before its activation.
    """
    step = depths[..., 1:] - depths[..., :-1]
    mean = (density[..., 1:] + density[..., :-1]) / 2
    alpha = 1.0 - torch.exp(-F.softplus(mean - 1.0) * step)
    passed = torch.cumprod(1.0 - alpha + 1e-10, dim=-1)
    return alpha * F.pad(passed[..., :-1], (1, 0), value=1.0)


def sample_shares(weights: Tensor) -> Tensor:
    """Weights [..., S - 1] of intervals as weights [..., S] of the samples between them.

    An interval takes the mean of its two ends, so a sample weighs half of both its intervals.
    """
    return (F.pad(weights, (1, 0)) + F.pad(weights, (0, 1))) / 2


def ray_depth(depths: Tensor, weights: Tensor) -> Tensor:
    """Mean depth [...] of rays with sample depths [..., S] and interval weights [..., S - 1].

    Rays that meet nothing lie at the largest depth of the batch.
    """
    middle = (depths[..., 1:] + depths[..., :-1]) / 2
    mean = (weights * middle).sum(-1) / weights.sum(-1)
    return mean.nan_to_num(torch.inf).clamp(depths.min(), depths.max())


class VolumeRenderer:
    """Coarse and fine samples of every ray, composited."""

    def __init__(self, config: RendererConfig) -> None:
        self.config = config

    def render(
        self, field: TriplaneField, cameras: Tensor, draws: Draws | None = None
    ) -> Rendering:
        """Pictures of a field [N] from cameras [N, 25]; the middle of intervals by default."""
        # Depths go through the inversion of a cumulative sum: half precision would tear them.
        with torch.autocast(cameras.device.type, enabled=False):
            origins, directions = camera_rays(cameras.float(), self.config.resolution)
            rays = self.march(field, origins, directions, draws or MiddleDraws())
        return self.as_pictures(rays)

    def as_pictures(self, rays: RayColors) -> Rendering:
        """Row-major rays [N, R R, C] as pictures [N, C, R, R]."""
        size = (self.config.resolution, self.config.resolution)
        return Rendering(
            *(
                value.transpose(1, 2).unflatten(2, size)
                for value in (rays.features, rays.albedo, rays.shading, rays.depth, rays.alpha)
            )
        )

    def march(
        self, field: TriplaneField, origins: Tensor, directions: Tensor, draws: Draws
    ) -> RayColors:
        """Composite rays [N, rays, 3] through the field."""
        c = self.config
        n, rays, _ = origins.shape
        jitter = draws.stratified((n, rays, c.coarse), origins.device)
        coarse = stratified_depths(c.near, c.far, jitter)
        first = self._samples(field, origins, directions, coarse)
        with torch.no_grad():
            weights = ray_weights(coarse, first.density.squeeze(-1))
            quantiles = draws.importance((n, rays, c.fine), origins.device)
            fine = importance_depths(coarse, weights, quantiles)
        second = self._samples(field, origins, directions, fine)

        depths, order = torch.cat([coarse, fine], dim=-1).sort(dim=-1)
        density = torch.cat([first.density, second.density], dim=2).squeeze(-1)
        weights = ray_weights(depths, density.gather(-1, order))
        alpha = weights.sum(-1, keepdim=True)
        depth = ray_depth(depths, weights).unsqueeze(-1)

        # The weights, not the many features, go back to the unsorted order.
        sorted_shares = sample_shares(weights)
        share = torch.empty_like(sorted_shares).scatter(-1, order, sorted_shares)
        shares = share.unsqueeze(2).split((c.coarse, c.fine), dim=-1)
        lit = self._composite(shares, [s.albedo * s.shading for s in (first, second)])
        albedo = self._composite(shares, [first.albedo, second.albedo])
        shading = self._composite(shares, [first.shading, second.shading])
        return RayColors(2.0 * lit - 1.0, 2.0 * albedo - 1.0, shading, depth, alpha)

    @staticmethod
    def _composite(shares: tuple[Tensor, ...], values: list[Tensor]) -> Tensor:
        """Sum over both passes of shares [N, rays, 1, S] times values [N, rays, S, C]."""
        coarse, fine = (w @ v for w, v in zip(shares, values, strict=True))
        return (coarse + fine).squeeze(2)

    @staticmethod
    def _samples(
        field: TriplaneField, origins: Tensor, directions: Tensor, depths: Tensor
    ) -> PointSamples:
        """Field at depths [N, rays, S]; every value [N, rays, S, C]."""
        points = origins.unsqueeze(2) + depths.unsqueeze(-1) * directions.unsqueeze(2)
        flat = field(points.flatten(1, 2))
        shape = depths.shape[1:]
        return PointSamples(
            *(t.unflatten(1, shape) for t in (flat.density, flat.albedo, flat.shading))
        )
