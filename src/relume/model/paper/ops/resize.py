"""Resizing of pictures."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

__all__ = ["resize_antialiased"]


def resize_antialiased(x: Tensor, size: int | tuple[int, int]) -> Tensor:
    """x [N, C, H, W] at `size`: bilinear, with the triangle widened when shrinking."""
    target = (size, size) if isinstance(size, int) else size
    if tuple(x.shape[-2:]) == target:
        return x
    return F.interpolate(x, target, mode="bilinear", align_corners=False, antialias=True)
