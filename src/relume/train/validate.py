"""Looking at people kept out of training: figures, and a strip of pictures a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..compose import to_srgb
from ..geometry import FOCAL, Camera, orthonormal
from ..light import Light, directional
from ..model.compact.model import CompactModel
from ..model.compact.renderer import Rendered, image_rays
from ..teacher.pairs import Pair, Target, seen_from
from ..teacher.scene import Scene
from .perceptual import PerceptualLoss

__all__ = [
    "SIZE",
    "TURN",
    "figures_of",
    "fixed_lights",
    "halved",
    "in_head",
    "look",
    "turned_target",
    "weight_of",
    "write_strip",
]

TURN = 0.3
"""Radians by which the second view is turned."""

SIZE = 64
"""Rays a side."""

Floats = NDArray[np.float32]
_F = np.float32


def fixed_lights() -> list[Light]:
    """The lights that everybody is relit by: left, right, above; view frame."""
    ambient = Light.ambient(0.25)
    return [
        directional((-0.9, 0.2, 0.5)) + ambient,
        directional((0.9, 0.2, 0.5)) + ambient,
        directional((0.0, 0.9, 0.4)) + ambient,
    ]


@dataclass(frozen=True, eq=False)
class _View:
    """One view of one person: the model's maps and the teacher's, 64 x 64."""

    albedo: Floats
    transfer: Floats
    alpha: Floats
    depth: Floats
    truth: Target


@torch.no_grad()
def look(
    model: CompactModel,
    people: Sequence[tuple[Scene, Pair]],
    strips: int = 8,
    perceptual: PerceptualLoss | None = None,
) -> tuple[dict[str, float], NDArray[np.uint8]]:
    """Figures over `people` and picture strips of `strips` of them.

    Figures, in the input's view and (`_turned`) in one turned by 0.3 rad, over what the photo
    knows: `albedo`, L1 of sRGB-coded albedo; `shading`, L1 of grey shading under three lights
    over its mean; `psnr`, of the sRGB-coded pictures under those lights (shading from the model,
    albedo from the model), in dB; `alpha`, L1; `untouched_psnr`, what the input itself scores
    against the relit picture: the figure that must be beaten; `perceptual`, where that loss is
    given, of the relit pictures.
    """
    was, device = model.training, next(model.parameters()).device
    model.eval()
    sums: dict[str, list[float]] = {}
    rows: list[NDArray[np.uint8]] = []
    for number, (scene, pair) in enumerate(people):
        picture = (torch.from_numpy(np.array(pair.picture, np.float32)) / 255).permute(2, 0, 1)
        pose = (_tensor(v, device) for v in (pair.rotation, pair.shift, pair.intrinsics))
        albedo, code = model.encode_albedo(picture[None].to(device), *pose)
        shading = model.encode_shading(albedo, code)
        own = pair.targets[0]
        side = 1.0 if number % 2 else -1.0
        turned = turned_target(scene, side * TURN)
        views = [_seen(model, albedo, shading, t) for t in (own, turned)]
        lights = [in_head(light, own) for light in fixed_lights()]
        for name, view in zip(("", "_turned"), views, strict=True):
            maps = [(view.albedo, _shade(view.transfer, light)) for light in lights]
            for key, value in figures_of(maps, view.alpha, view.truth, lights).items():
                sums.setdefault(key + name, []).append(value)
            if perceptual is not None:
                far = float(np.mean([_distance(view, light, perceptual) for light in lights]))
                sums.setdefault("perceptual" + name, []).append(far)
        sums.setdefault("untouched_psnr", []).append(_untouched(pair, views[0], lights))
        if number % max(1, len(people) // strips) == 0 and len(rows) < strips:
            rows.append(_strip(pair, views, lights))
    model.train(was)
    return {k: float(np.mean(v)) for k, v in sums.items()}, np.concatenate(rows)


def write_strip(path: Path, strip: NDArray[np.uint8]) -> None:
    """Save an RGB strip as .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(strip, cv2.COLOR_RGB2BGR))


def turned_target(scene: Scene, yaw: float) -> Target:
    """What a camera sees that is turned around the head, by `yaw` radians from the photo's."""
    return seen_from(scene, Camera.from_pose(scene.rotation, scene.shift).turned(yaw=yaw))


def _tensor(values: NDArray[Any], device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(values, np.float32)).to(device)[None]


def _seen(model: CompactModel, albedo: Tensor, shading: Tensor, target: Target) -> _View:
    rays = image_rays(SIZE, FOCAL)[None].to(albedo.device)
    rotation, shift = (_tensor(v, albedo.device) for v in (target.rotation, target.shift))
    out: Rendered = model.render(albedo, shading, rotation, shift, rays)
    assert out.transfer is not None

    def image(values: Tensor) -> Floats:
        return np.asarray(values[0].reshape(SIZE, SIZE, -1).cpu().numpy(), np.float32)

    return _View(
        image(out.albedo), image(out.transfer), image(out.alpha)[..., 0],
        image(out.depth)[..., 0], halved(target),
    )  # fmt: skip


def halved(target: Target) -> Target:
    """A target at 64 x 64: means of four pixels, known where all four are."""

    def mean(values: Floats) -> Floats:
        v = np.ascontiguousarray(values)
        return np.asarray((v[::2, ::2] + v[1::2, ::2] + v[::2, 1::2] + v[1::2, 1::2]) / 4)

    known = np.minimum(
        np.minimum(target.known[::2, ::2], target.known[1::2, ::2]),
        np.minimum(target.known[::2, 1::2], target.known[1::2, 1::2]),
    )
    return Target(
        target.rotation, target.shift, mean(target.albedo), mean(target.transfer),
        mean(target.depth), known, mean(target.alpha), mean(target.alpha_known),
    )  # fmt: skip


def in_head(light: Light, target: Target) -> Floats:
    """[9, 3] a view-frame light of the own view, in the head frame; mean frontal shading 1."""
    pose = np.eye(4)
    pose[:3, :3] = orthonormal(target.rotation.T)
    camera = Camera(pose, np.eye(3))
    return light.normalised().to_head(camera).coefficients.astype(np.float32)


def _shade(transfer: Floats, light: Floats) -> Floats:
    return np.asarray(np.maximum(transfer @ light, 0.0), np.float32)


def _psnr(found: Floats, true: Floats, weight: Floats) -> float:
    """In dB, of coded pictures."""
    gap = ((found - true) ** 2).mean(2)
    return float(-10 * np.log10(max(float((gap * weight).sum() / weight.sum()), 1e-8)))


def weight_of(truth: Target) -> Floats:
    """[64, 64] how much each ray counts."""
    return np.asarray(truth.known * (truth.known > 0.5) + 1e-6)


def figures_of(
    maps: Sequence[tuple[Floats, Floats]], alpha: Floats, truth: Target, lights: Sequence[Floats]
) -> dict[str, float]:
    """Figures of one view, see `look`: albedo, shading, psnr and alpha.

    Args:
        maps: the model's albedo and shading under each of the lights, 64 x 64.
        alpha: the model's.
        truth: the teacher's.
        lights: [9, 3], head frame.
    """
    weight = weight_of(truth)
    shading, psnr = [], []
    for (albedo, found), light in zip(maps, lights, strict=True):
        told = _shade(truth.transfer, light)
        gap = np.abs(found - told).mean(2)
        shading.append(float((gap * weight).sum() / (told.mean(2) * weight).sum()))
        psnr.append(_psnr(to_srgb(albedo * found), to_srgb(truth.albedo * told), weight))
    gap = np.abs(to_srgb(maps[-1][0]) - to_srgb(truth.albedo)).mean(2)
    sure = truth.alpha_known
    return {
        "albedo": float((gap * weight).sum() / float(weight.sum())),
        "shading": float(np.mean(shading)),
        "psnr": float(np.mean(psnr)),
        "alpha": float((np.abs(alpha - truth.alpha) * sure).sum() / sure.sum()),
    }


def _distance(view: _View, light: Floats, perceptual: PerceptualLoss) -> float:
    """Of the relit picture in the features of the perceptual loss."""
    t = view.truth
    truth = t.albedo * _shade(t.transfer, light)
    found = np.where(t.known[..., None] > 0, view.albedo * _shade(view.transfer, light), truth)
    device = next(perceptual.parameters()).device
    pictures = (torch.from_numpy(to_srgb(p)).permute(2, 0, 1)[None] for p in (found, truth))
    return float(perceptual(*(picture.to(device) for picture in pictures)))


def _untouched(pair: Pair, view: _View, lights: Sequence[Floats]) -> float:
    """PSNR of the input itself, put back into the uncropped view, as the relit picture."""
    t = view.truth
    focal, cx, cy = pair.intrinsics
    side, k = pair.picture.shape[0], focal / FOCAL
    scale = k * side / SIZE
    x, y = ((c - k * 0.5) * side + (scale - 1) / 2 for c in (cx, cy))
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    blurred = cv2.GaussianBlur(np.ascontiguousarray(pair.picture), (0, 0), 1.6)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    coded = cv2.warpAffine(blurred, matrix, (SIZE, SIZE), flags=flags) / np.float32(255)
    relit = (to_srgb(t.albedo * _shade(t.transfer, light)) for light in lights)
    return float(np.mean([_psnr(coded, true, weight_of(t)) for true in relit]))


def _strip(pair: Pair, views: Sequence[_View], lights: Sequence[Floats]) -> NDArray[np.uint8]:
    """Input; albedo true and found; shading, relit true and found; turned true and found; depth."""
    own, turned = views
    tiles: list[Floats] = [pair.picture.astype(np.float32) / _F(255)]
    tiles += [to_srgb(own.truth.albedo * own.truth.alpha[..., None]), to_srgb(own.albedo)]
    for view, light in ((own, lights[0]), (own, lights[1]), (turned, lights[0])):
        t = view.truth
        a, b = _shade(view.transfer, light), _shade(t.transfer, light)
        if view is own and light is lights[0]:
            tiles += [to_srgb(_F(0.6) * b * t.alpha[..., None]), to_srgb(_F(0.6) * a)]
        tiles += [to_srgb(t.albedo * b * t.alpha[..., None]), to_srgb(view.albedo * a)]
    depth = (3.1 - turned.depth / np.maximum(turned.alpha, 0.3)) / 0.8 * (turned.alpha > 0.3)
    tiles.append(np.repeat(depth[..., None], 3, 2).astype(np.float32))
    big = [
        cv2.resize(np.asarray(t, np.float32), (128, 128), interpolation=cv2.INTER_CUBIC)
        if t.shape[0] < 128
        else cv2.resize(t, (128, 128), interpolation=cv2.INTER_AREA)
        for t in tiles
    ]
    return np.asarray(np.clip(np.concatenate(big, 1), 0, 1) * 255 + 0.5, np.uint8)
