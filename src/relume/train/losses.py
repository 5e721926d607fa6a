"""What the compact model is trained to get right."""

from __future__ import annotations

import torch
from torch import Tensor

from ..model.compact.renderer import Rendered
from .config import LossConfig
from .perceptual import PerceptualLoss

__all__ = ["root", "view_losses"]


def root(linear: Tensor) -> Tensor:
    """Square root, roughly as the eye weighs linear light, with a bounded slope at black."""
    return torch.sqrt(linear.clamp_min(0) + 1e-3)


def view_losses(
    rendered: Rendered,
    batch: dict[str, Tensor],
    view: int,
    light: Tensor,
    config: LossConfig,
    perceptual: PerceptualLoss | None = None,
) -> dict[str, Tensor]:
    """Weighted losses of one view; their sum is to be minimised.

    Args:
        rendered: the model's rays.
        batch: see `relume.train.data.batch_of`.
        view: which of the batch's views.
        light: [B, 9, 3] in the head frame.
        config: weights.
        perceptual: None for a first stage or a weight of 0.
    """
    known = batch["known"][:, view]
    total = known.sum() + 1.0
    albedo, depth = batch["albedo"][:, view], batch["depth"][:, view]
    on = known[..., None]
    out = {"albedo": config.albedo * ((root(rendered.albedo) - root(albedo)).abs() * on).sum()}
    out["albedo"] = out["albedo"] / total
    out["edges"] = config.edges * _edges(root(rendered.albedo), root(albedo), known)
    out["depth"] = config.depth * ((rendered.depth - depth * rendered.alpha).abs() * known).sum()
    out["depth"] = out["depth"] / total
    alpha, sure = batch["alpha"][:, view], batch["alpha_known"][:, view]
    a = rendered.alpha.clamp(1e-4, 1 - 1e-4)
    entropy = -(alpha * torch.log(a) + (1 - alpha) * torch.log(1 - a))
    out["alpha"] = config.alpha * (entropy * sure).sum() / (sure.sum() + 1.0)
    if rendered.transfer is not None:
        transfer = batch["transfer"][:, view]
        gap = (rendered.transfer - transfer).abs().sum(-1) / 3
        out["transfer"] = config.transfer * (gap * known).sum() / total
        out["relief"] = config.relief / 3 * _edges(rendered.transfer, transfer, known)
        picture = rendered.albedo * rendered.shading(light)
        truth = albedo * (transfer @ light).clamp_min(0)
        out["relit"] = config.relit * ((root(picture) - root(truth)).abs() * on).sum() / total
        if perceptual is not None:
            # What the photo doesn't tell mustn't count: there the truth stands in for the found.
            found = torch.where(on > 0, picture, truth)
            out["perceptual"] = config.perceptual * perceptual(_squares(found), _squares(truth))
    return out


def _squares(rays: Tensor) -> Tensor:
    """[B, M, 3] linear colours of a square of rays to coded pictures [B, 3, N, N]."""
    b, m, c = rays.shape
    side = round(m**0.5)
    return root(rays).clamp(0, 1).reshape(b, side, side, c).permute(0, 3, 1, 2)


def _edges(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """L1 of differences between neighbours of a square of rays [B, M, C], summed over C."""
    b, m, c = found.shape
    side = round(m**0.5)
    gap = (found - truth).reshape(b, side, side, c)
    on = known.reshape(b, side, side, 1)
    right = (gap[:, :, 1:] - gap[:, :, :-1]).abs() * (on[:, :, 1:] * on[:, :, :-1])
    down = (gap[:, 1:] - gap[:, :-1]).abs() * (on[:, 1:] * on[:, :-1])
    return (right.sum() + down.sum()) / (on.sum() + 1.0)
