"""Where a ray is sampled: stratified depths, then importance sampling of the coarse weights.

After NeRF (Mildenhall et al. 2020, section 5.2) with EG3D's arrangement of bins, which trained
weights expect: weights are smoothed as in Mip-NeRF, and the first and last are left out.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "Draws",
    "MiddleDraws",
    "RandomDraws",
    "importance_depths",
    "invert_cdf",
    "stratified_depths",
]


class Draws(Protocol):
    """Source of the numbers in 0..1 that place the samples."""

    def stratified(self, shape: tuple[int, int, int], device: torch.device) -> Tensor:
        """[N, rays, samples]: place of each coarse sample within its interval."""

    def importance(self, shape: tuple[int, int, int], device: torch.device) -> Tensor:
        """[N, rays, samples]: quantiles of the fine samples."""


class MiddleDraws:
    """The middle of every interval: the same picture every time."""

    def stratified(self, shape: tuple[int, int, int], device: torch.device) -> Tensor:
        """One half everywhere."""
        return torch.full((1, 1, 1), 0.5, device=device).expand(shape)

    def importance(self, shape: tuple[int, int, int], device: torch.device) -> Tensor:
        """Evenly spaced quantiles."""
        return ((torch.arange(shape[2], device=device) + 0.5) / shape[2]).expand(shape)


class RandomDraws:
    """Fresh uniform numbers, as in training."""

    def __init__(self, generator: torch.Generator | None = None) -> None:
        self.generator = generator

    def stratified(self, shape: tuple[int, int, int], device: torch.device) -> Tensor:
        """Uniform numbers."""
        return torch.rand(shape, device=device, generator=self.generator)

    def importance(self, shape: tuple[int, int, int], device: torch.device) -> Tensor:
        """Uniform numbers."""
        return torch.rand(shape, device=device, generator=self.generator)


def stratified_depths(near: float, far: float, jitter: Tensor) -> Tensor:
    """Coarse depths [N, rays, samples]; the last may lie one interval beyond `far`."""
    samples = jitter.shape[-1]
    start = torch.linspace(near, far, samples, device=jitter.device)
    return start + jitter * ((far - near) / (samples - 1))


def importance_depths(depths: Tensor, weights: Tensor, quantiles: Tensor) -> Tensor:
    """Depths where the coarse weights are large.

    Args:
        depths: [N, rays, S] coarse depths, ascending.
        weights: [N, rays, S - 1] coarse weights.
        quantiles: [N, rays, F] in 0..1.

    Returns:
        [N, rays, F], in the order of the quantiles.
    """
    padded = F.pad(weights, (1, 1), value=-torch.inf)
    peak = torch.maximum(padded[..., :-1], padded[..., 1:])
    smooth = (peak[..., :-1] + peak[..., 1:]) / 2 + 0.01
    bins = (depths[..., :-1] + depths[..., 1:]) / 2
    return invert_cdf(bins, smooth[..., 1:-1], quantiles)


def invert_cdf(bins: Tensor, weights: Tensor, quantiles: Tensor) -> Tensor:
    """Places of quantiles [..., F] of a density that is constant between bins.

    Args:
        bins: [..., B] edges, ascending; edges beyond the last weight's are never reached.
        weights: [..., W] not normalised, W < B.
        quantiles: [..., F] in 0..1.
    """
    pdf = weights + 1e-5
    cdf = F.pad((pdf / pdf.sum(-1, keepdim=True)).cumsum(-1), (1, 0))
    index = torch.searchsorted(cdf.contiguous(), quantiles.contiguous(), right=True)
    low = (index - 1).clamp(min=0)
    high = index.clamp(max=cdf.shape[-1] - 1)
    cdf_low, cdf_high = cdf.gather(-1, low), cdf.gather(-1, high)
    bin_low, bin_high = bins.gather(-1, low), bins.gather(-1, high)
    span = cdf_high - cdf_low
    span = torch.where(span < 1e-5, torch.ones_like(span), span)
    return bin_low + (quantiles - cdf_low) / span * (bin_high - bin_low)
