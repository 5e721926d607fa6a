"""CIELAB with the D65 white, in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["lab_to_rgb", "rgb_to_lab"]

_WHITE = (0.95047, 1.0, 1.08883)
_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_FROM_XYZ = (
    (3.2404813432005266, -1.5371515162713185, -0.4985363261688878),
    (-0.9692549499965682, 1.8759900014898907, 0.0415559265582928),
    (0.0556466391351772, -0.2040413383665112, 1.0573110696453443),
)


def _matrix(rows: tuple[tuple[float, ...], ...], x: Tensor) -> Tensor:
    return torch.einsum("ij,njhw->nihw", torch.tensor(rows, dtype=x.dtype, device=x.device), x)


def _white(x: Tensor) -> Tensor:
    return torch.tensor(_WHITE, dtype=x.dtype, device=x.device).reshape(1, 3, 1, 1)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB [N, 3, H, W] in 0..1 to L in 0..100, a and b."""
    linear = torch.where(
        rgb > 0.04045, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92
    )
    xyz = _matrix(_TO_XYZ, linear) / _white(rgb)
    f = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 4.0 / 29.0)
    fx, fy, fz = f.split(1, dim=1)
    return torch.cat([116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)], dim=1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """L in 0..100, a and b [N, 3, H, W] to sRGB in 0..1, clamped."""
    lightness, a, b = lab.split(1, dim=1)
    fy = (lightness + 16.0) / 116.0
    f = torch.cat([a / 500.0 + fy, fy, (fy - b / 200.0).clamp(min=0.0)], dim=1)
    xyz = torch.where(f > 0.2068966, f**3, (f - 4.0 / 29.0) / 7.787) * _white(lab)
    linear = _matrix(_FROM_XYZ, xyz)
    coded = torch.where(
        linear > 0.0031308,
        1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055,
        12.92 * linear,
    )
    return coded.clamp(0.0, 1.0)
