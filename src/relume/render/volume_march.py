"""Marching rays through a field in NumPy: the compiled kernel's oracle and slow stand-in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .volume_field import VolumeField
from .volume_rays import VolumeConfig, VolumeMaps, VolumeRays

__all__ = ["march", "march_densely"]

Floats = NDArray[np.float32]
_F = np.float32
_DENSITY = 20.0
_NOTHING = -30.0  # softplus of it is zero


def march_densely(
    field: VolumeField,
    planes: Floats,
    rotation: Floats,
    shift: Floats,
    rays: Floats,
    steps: int = 96,
) -> VolumeMaps:
    """Rays [M, 2] by brute force: everything evaluated at the middle of each of `steps` steps."""
    origin, direction, start = _camera(field, rotation, shift, rays)
    step = 2 * field.box / steps
    z = (start + step * (np.arange(steps) + 0.5)).astype(_F)
    points = origin + direction[:, None] * z[:, None]
    density, albedo = field.albedo(planes, points.reshape(-1, 3))
    transfer = field.transfer(planes, points.reshape(-1, 3))
    weight = _weights(density.reshape(-1, steps), step)
    return VolumeMaps(
        np.einsum("ms,msc->mc", weight, albedo.reshape(-1, steps, 3)),
        np.einsum("ms,msc->mc", weight, transfer.reshape(-1, steps, 9)),
        weight.sum(1),
        weight @ z,
    )


def march(
    field: VolumeField,
    config: VolumeConfig,
    planes: Floats,
    rotation: Floats,
    shift: Floats,
    rays: VolumeRays,
    shaded: bool,
) -> VolumeMaps:
    """Rays, only where the guide rays see something. See `VolumeConfig` for how."""
    seen = _seen(field, config, planes, rotation, shift, rays)
    flat = rays.groups.transpose(0, 2, 1).reshape(-1, 2)
    groups, group = len(rays.groups), rays.groups.shape[2]
    origin, direction, start = _camera(field, rotation, shift, flat)
    steps = config.steps
    step = 2 * field.box / steps
    z = (start + step * (np.arange(steps) + 0.5)).astype(_F)
    raw: Any = np.full((groups, group, steps), _NOTHING, _F)
    colour: Any = np.zeros((groups, group, steps, 3), _F)
    which = np.broadcast_to(seen[:, None], raw.shape)
    ray, at = np.nonzero(which.reshape(-1, steps))
    if len(ray):
        points = (origin + direction[ray] * z[at][:, None]).astype(_F)
        raw[which], colour[which] = field.albedo(planes, points)
    weight = _weights(raw.reshape(-1, steps), step)
    colour = colour.reshape(-1, steps, 3)
    alpha = weight.sum(1)
    transfer: Any = None
    if shaded:
        transfer = np.zeros((len(flat), 9), _F)
        owner, mass, depth = _lumps(config, weight, which.reshape(-1, steps), z)
        if len(owner):
            points = (origin + direction[owner] * depth[:, None]).astype(_F)
            np.add.at(transfer, owner, mass[:, None] * field.transfer(planes, points))
    return VolumeMaps(np.einsum("ms,msc->mc", weight, colour), transfer, alpha, weight @ z)


def _camera(
    field: VolumeField, rotation: Floats, shift: Floats, rays: Floats
) -> tuple[Floats, Floats, float]:
    direction = np.concatenate([rays, np.ones_like(rays[:, :1])], 1) @ rotation
    return -(shift @ rotation), direction.astype(_F), float(np.linalg.norm(shift)) - field.box


def _seen(
    field: VolumeField,
    config: VolumeConfig,
    planes: Floats,
    rotation: Floats,
    shift: Floats,
    rays: VolumeRays,
) -> NDArray[np.bool_]:
    """[groups, steps] which steps of each group are worth a look."""
    origin, direction, start = _camera(field, rotation, shift, rays.guide)
    count = config.guide_steps
    z = (start + 2 * field.box / count * (np.arange(count) + 0.5)).astype(_F)
    points = (origin + direction[:, None] * z[:, None]).reshape(-1, 3).astype(_F)
    raw: Any = np.full(len(points), _NOTHING, _F)
    near = field.distance(points) <= config.reach
    raw[near] = field.density(planes, points[near])
    raw = raw.reshape(-1, count)
    at = (np.arange(config.steps) + 0.5) * (count / config.steps) - 0.5
    low = np.clip(at.astype(int), 0, count - 2)
    fine = raw[:, low] + (at - low).astype(_F) * (raw[:, low + 1] - raw[:, low])
    thickness = _thickness(fine, 2 * field.box / config.steps)
    before = np.exp(thickness - np.cumsum(thickness, 1))
    bits: Any = ((thickness * before > config.visible) & (before > config.opaque))[rays.links].any(
        1
    )
    wide = bits.copy()
    wide[:, 1:] |= bits[:, :-1]
    wide[:, :-1] |= bits[:, 1:]
    return np.asarray(wide)


def _thickness(raw: Floats, step: float) -> Floats:
    return np.asarray(np.minimum(_F(_DENSITY * step) * np.logaddexp(0, raw), 20), _F)


def _weights(raw: Floats, step: float) -> Floats:
    """[M, S] what each sample adds to its ray's colour (Max, 1995)."""
    thickness = _thickness(raw, step)
    before = np.cumsum(thickness, 1) - thickness
    return np.asarray(np.exp(-before) * -np.expm1(-thickness), _F)


def _lumps(
    config: VolumeConfig, weight: Floats, which: NDArray[np.bool_], z: Floats
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Rays, weights and depths at which transfer is evaluated: light neighbours go together."""
    rays = len(weight)
    number = np.zeros(weight.shape, np.intp)
    lump, held = np.zeros(rays, np.intp), np.zeros(rays, np.intp)
    mass = np.zeros(rays, _F)
    for s in range(weight.shape[1]):
        here = which[:, s]
        new = here & (held > 0) & ((held == config.longest) | (mass + weight[:, s] > config.lump))
        lump += new
        held = np.where(new, 0, held) + here
        mass = np.where(new, 0, mass) + weight[:, s] * here
        number[:, s] = lump
    count = int(lump.max(initial=0)) + 1
    row = np.arange(rays)[:, None]
    total, moment = np.zeros((2, rays, count), _F)
    np.add.at(total, (row, number), weight)
    np.add.at(moment, (row, number), weight * z)
    kept = (total > config.least) & (weight.sum(1) > config.least)[:, None]
    owner, index = np.nonzero(kept)
    # What was too light to look at is given to the rest, so that alpha and transfer agree.
    share = weight.sum(1) / np.maximum((total * kept).sum(1), 1e-12)
    chosen = total[owner, index]
    return owner, chosen * share[owner], moment[owner, index] / chosen
