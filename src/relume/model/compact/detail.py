"""Detail from the frame: what no small decoder can invent, carried over into the new view."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...geometry import FOCAL
from .renderer import Rendered

__all__ = ["Frame", "fit_light", "super_resolve"]

_PRIOR = 0.01
_FLOOR = 0.05
_COARSE = 5.0
"""Standard deviation, in render pixels' eighths (512 px), of what counts as detail."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The input crop at full resolution, seen by a centred camera of focal length `FOCAL`.

    Attributes:
        linear: [B, 3, S, S] linear light.
        rotation, shift: [B, 3, 3] and [B, 3], canonical to camera coordinates.
    """

    linear: Tensor
    rotation: Tensor
    shift: Tensor


def fit_light(seen: Rendered, linear: Tensor) -> Tensor:
    """The frame's own light [B, 9, 3] in closed form: nine by nine least squares per channel.

    Args:
        seen: the input's own view, rays in rows of a square picture.
        linear: [B, M, 3] the frame at those rays.
    """
    if seen.transfer is None:
        raise ValueError("the light needs rendered transfer")
    weight = (seen.alpha > 0.9).float()[..., None] * (linear.amax(2, keepdim=True) < 0.97)
    band = torch.tensor([0.0, 1, 1, 1, 3, 3, 3, 3, 3])
    out = []
    for channel in range(3):
        design = seen.transfer * seen.albedo[..., channel : channel + 1] * weight
        normal = design.transpose(1, 2) @ design
        scale = normal[:, 0, 0][:, None, None] + 1e-6
        right = design.transpose(1, 2) @ (linear[..., channel : channel + 1] * weight)
        out.append(torch.linalg.solve(normal + _PRIOR * scale * torch.diag(band), right))
    return torch.cat(out, -1)


def super_resolve(
    seen: Rendered,
    frame: Frame,
    rendered: Rendered,
    rotation: Tensor,
    shift: Tensor,
    light: Tensor,
    size: int,
) -> tuple[Tensor, Tensor]:
    """A view at full resolution.

    The frame over its own rendered picture (albedo times shading under the fitted light) holds
    what the render lacks: pores, beard, lashes, and the part of the light that nine coefficients
    can't say. Its fine part is detail and is kept; its coarse part is mostly light and is kept
    only as far as the new light is the old one. Both are looked up where the rendered depth says
    that the frame saw the same point; where it didn't, the render stands alone.

    Args:
        seen: the frame's own view, a square of rays.
        frame: the frame.
        rendered: the new view, a square of rays.
        rotation, shift: the new camera.
        light: [B, 9, 3] the new light in the head frame.
        size: side of the result in pixels.

    Returns:
        linear picture [B, 3, size, size] (premultiplied) and alpha [B, 1, size, size].
    """
    b = frame.linear.shape[0]
    side = round(seen.alpha.shape[1] ** 0.5)
    small = F.interpolate(frame.linear, size=(side, side), mode="area")
    own = fit_light(seen, small.flatten(2).transpose(1, 2))
    ratio = _image(seen.albedo * seen.shading(own), frame.linear.shape[-1]).clamp_min(0)
    ratio = torch.log((frame.linear + 0.01) / (ratio + 0.01)).clamp(-4.0, 4.0)
    blurred = _blur(ratio, _COARSE * frame.linear.shape[-1] / 512)
    fine, coarse = ratio - blurred, blurred

    depth = rendered.depth / rendered.alpha.clamp_min(1e-3)
    z = _image(depth[..., None], size)[:, 0]
    at = ((torch.arange(size) + 0.5) / size - 0.5) / FOCAL
    y, x = torch.meshgrid(at, at, indexing="ij")
    local = torch.stack([x.expand_as(z) * z, y.expand_as(z) * z, z], -1).reshape(b, -1, 3)
    points = (local - shift[:, None]) @ rotation
    there = points @ frame.rotation.transpose(1, 2) + frame.shift[:, None]
    grid = (there[..., :2] / there[..., 2:] * FOCAL * 2).reshape(b, size, size, 2)
    seen_depth = _image((seen.depth / seen.alpha.clamp_min(1e-3))[..., None], size)
    gap = F.grid_sample(seen_depth, grid, align_corners=False, padding_mode="border")
    gap = there[..., 2].reshape(b, 1, size, size) - gap
    confidence = torch.exp(-((gap / 0.03).clamp_min(0) ** 2))
    inside = (grid.abs() < 1.0).all(-1)[:, None]
    confidence = confidence * inside
    both = F.grid_sample(
        torch.cat([fine, coarse], 1), grid, align_corners=False, padding_mode="border"
    )
    # As alike as two lights' directions of shading are, so much of the coarse rest is kept.
    same = F.cosine_similarity(own[:, 1:].flatten(1), light[:, 1:].flatten(1), dim=1)
    same = same.clamp(0, 1)[:, None, None, None] ** 4
    base = _image(rendered.albedo * rendered.shading(light), size).clamp_min(0)
    detail = confidence * (both[:, :3] + same * both[:, 3:])
    alpha = _image(rendered.alpha[..., None], size)
    return ((base + 0.01) * torch.exp(detail) - 0.01).clamp_min(0), alpha


def _image(values: Tensor, size: int) -> Tensor:
    """Square rays [B, M, C] to [B, C, size, size]."""
    b, m, c = values.shape
    side = round(m**0.5)
    image = values.transpose(1, 2).reshape(b, c, side, side)
    return F.interpolate(image, size=(size, size), mode="bicubic", align_corners=False)


def _blur(image: Tensor, sigma: float) -> Tensor:
    reach = int(3 * sigma)
    at = torch.arange(-reach, reach + 1, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(image.shape[1], 1, -1)
    groups = image.shape[1]
    padded = F.pad(image, (reach,) * 4, mode="replicate")
    rows = F.conv2d(padded, kernel[:, :, None, :], groups=groups)
    return F.conv2d(rows, kernel[:, :, :, None], groups=groups)
