"""Volume rendering of the compact model: the reference, in PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .field import Field

__all__ = ["Rendered", "image_rays", "render"]


@dataclass(frozen=True, eq=False)
class Rendered:
    """What rays see. Colours are premultiplied by `alpha`: the background is black.

    Attributes:
        albedo: [B, M, 3] linear.
        transfer: [B, M, 9] radiance transfer in the head frame, or None.
        alpha: [B, M].
        depth: [B, M] along the camera's axis, premultiplied by `alpha`.
    """

    albedo: Tensor
    transfer: Tensor | None
    alpha: Tensor
    depth: Tensor

    def shading(self, light: Tensor) -> Tensor:
        """[B, M, 3] shading under light [B, 9, 3] in the head frame, not below zero."""
        if self.transfer is None:
            raise ValueError("these rays were rendered without shading planes")
        return (self.transfer @ light).clamp_min(0.0)


def image_rays(size: int, focal: float) -> Tensor:
    """[size * size, 2] x and y over z of the rays through a centred camera's pixel centres."""
    at = ((torch.arange(size) + 0.5) / size - 0.5) / focal
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def render(
    field: Field,
    albedo: Tensor,
    shading: Tensor | None,
    rotation: Tensor,
    shift: Tensor,
    rays: Tensor,
    *,
    coarse: int = 24,
    fine: int = 24,
    hint: Tensor | None = None,
) -> Rendered:
    """March rays through the field.

    Half of the samples lie evenly over the box, the others where the surface is: around `hint`
    where it is given (in training the teacher knows), else where the first half found weight.

    Args:
        field: decoders and template.
        albedo, shading: tri-planes; see `Field`.
        rotation, shift: [B, 3, 3] and [B, 3], canonical to camera coordinates.
        rays: [B, M, 2] x and y over z, camera coordinates.
        coarse, fine: samples per ray.
        hint: [B, M] depth of the surface; 0 where it isn't known.
    """
    b, m, _ = rays.shape
    box = field.config.box
    direction = torch.cat([rays, torch.ones_like(rays[..., :1])], -1) @ rotation
    origin = -(shift[:, None] @ rotation)
    middle = shift.norm(dim=1)[:, None, None]
    jitter = field.training
    z = middle - box + 2 * box * _steps(rays, coarse, jitter)

    def at(z: Tensor) -> Tensor:
        points = origin[:, :, None] + direction[:, :, None] * z[..., None]
        return points.reshape(b, m * z.shape[-1], 3)

    if hint is not None:
        centre = torch.where(hint > 0, hint, middle[..., 0].expand_as(hint))[..., None]
        extra = centre - 0.07 + 0.14 * _steps(rays, fine, jitter)
    else:
        with torch.no_grad():
            density, _, _ = field(albedo, None, at(z))
            weight = _weights(density.reshape(b, m, coarse), _widths(z))
            extra = _resample(z, weight, fine)
    z = torch.cat([z, extra], -1).sort(-1).values
    density, colour, transfer = field(albedo, shading, at(z))
    samples = z.shape[-1]
    weight = _weights(density.reshape(b, m, samples), _widths(z))[..., None]
    return Rendered(
        (weight * colour.reshape(b, m, samples, 3)).sum(2),
        None if transfer is None else (weight * transfer.reshape(b, m, samples, 9)).sum(2),
        weight.sum((2, 3)),
        (weight[..., 0] * z).sum(2),
    )


def _steps(rays: Tensor, count: int, jitter: bool) -> Tensor:
    """[B, M, count] stratified positions in 0..1 along rays [B, M, 2]."""
    start = torch.arange(count, dtype=torch.float32, device=rays.device)
    size = (*rays.shape[:2], count)
    offset = torch.rand(size, device=rays.device) if jitter else start.new_full(size, 0.5)
    return (start + offset) / count


def _widths(z: Tensor) -> Tensor:
    last = torch.full_like(z[..., :1], 0.03)
    return torch.cat([z[..., 1:] - z[..., :-1], last], -1)


def _weights(density: Tensor, width: Tensor) -> Tensor:
    """[..., S] what each sample adds to its ray's colour (Max, 1995)."""
    thickness = (density * width).clamp(0, 20)
    # Light that gets as far as each sample: exp of minus all the thickness before it.
    before = torch.cumsum(thickness, -1) - thickness
    return torch.exp(-before) * (1 - torch.exp(-thickness))


def _resample(z: Tensor, weight: Tensor, count: int) -> Tensor:
    """[B, M, count] depths drawn evenly from the weights' distribution, without chance."""
    middle = 0.5 * (z[..., 1:] + z[..., :-1])
    w = weight[..., 1:-1] + 1e-4
    cumulative = torch.cumsum(w / w.sum(-1, keepdim=True), -1)
    cumulative = torch.cat([torch.zeros_like(cumulative[..., :1]), cumulative], -1)
    u = (torch.arange(count, device=z.device) + 0.5) / count
    u = u.expand(*z.shape[:-1], count).contiguous()
    above = torch.searchsorted(cumulative, u, right=True).clamp(1, cumulative.shape[-1] - 1)
    c0, c1 = cumulative.gather(-1, above - 1), cumulative.gather(-1, above)
    z0, z1 = middle.gather(-1, above - 1), middle.gather(-1, above)
    return z0 + (z1 - z0) * ((u - c0) / (c1 - c0).clamp_min(1e-6)).clamp(0, 1)
