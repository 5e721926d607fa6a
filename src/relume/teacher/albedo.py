"""A portrait's own light and its linear albedo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import luminance
from ..geometry import Camera
from ..light import LAMBERT, LUMINANCE, sh_basis

__all__ = ["Unlit", "mirror_excess", "soften_highlights", "source_light", "unlight"]

Floats = NDArray[np.float32]

_BAND_PRIOR = np.array([0.0, 1, 1, 1, 3, 3, 3, 3, 3])
_PRIOR = 0.01
_ROUNDS = 8
_FLOOR = 0.12
"""Least shading by which a picture is divided; its mean on skin is 1."""

_HIGHLIGHT = 0.14
"""Excess of log luminance over the surrounding skin from which on it counts as a highlight."""


@dataclass(frozen=True, eq=False)
class Unlit:
    """Attributes: albedo [N, N, 3], light [9, 3] (head frame), shading [N, N, 3] by which the
    picture was divided, residual (robust spread of the log residual on skin)."""

    albedo: Floats
    light: Floats
    shading: Floats
    residual: float


def source_light(transfer: Floats, colour: Floats, weight: Floats) -> Floats:
    """Nine coefficients per channel, [9, 3], by robust least squares.

    Skin albedo is taken for constant, each channel's mean shading for 1; outliers (brows, glints,
    stubble) are put down by Cauchy weights. The bands are damped until no normal is lit
    negatively.

    Args:
        transfer: [M, 9] radiance transfer of skin pixels.
        colour: [M, 3] their linear colours.
        weight: [M] how far each is to be trusted.
    """
    light = np.zeros((9, 3), np.float32)
    total = float(weight.sum())
    for channel in range(3):
        value = colour[:, channel] / (weight @ colour[:, channel] / total)
        robust = np.ones_like(value)
        for _ in range(_ROUNDS):
            w = weight * robust
            weighted = transfer * w[:, None]
            normal = weighted.T @ transfer + np.diag(_PRIOR * w.sum() * _BAND_PRIOR)
            c = np.linalg.solve(normal + 1e-9 * np.eye(9), weighted.T @ value)
            residual = value - transfer @ c
            scale = 1.5 * float(np.median(np.abs(residual))) + 1e-3
            robust = 1.0 / (1.0 + (residual / scale) ** 2)
        c = _not_negative(c)
        light[:, channel] = c / (weight @ (transfer @ c) / total)
    return light


def _not_negative(c: NDArray[np.floating]) -> NDArray[np.floating]:
    """The upper bands drawn in until no unshadowed normal has less than 3 % of the mean."""
    at = np.indices((12, 24)).reshape(2, -1)
    up = np.cos((at[0] + 0.5) / 12 * np.pi)
    around = at[1] / 24 * 2 * np.pi
    ring = np.sqrt(1 - up**2)
    normals = np.stack([ring * np.sin(around), up, ring * np.cos(around)], 1)
    rest = np.asarray(sh_basis(normals)) * LAMBERT
    flat = rest[:, 0] * c[0]
    swing = rest[:, 1:] @ c[1:]
    lowest = float((swing / np.maximum(flat, 1e-6)).min())
    share = min(1.0, 0.97 / max(-lowest, 1e-6))
    return np.concatenate([c[:1], c[1:] * share])


def unlight(
    linear: Floats,
    transfer: Floats,
    depth: Floats,
    skin: Floats,
    camera: Camera,
) -> Unlit:
    """Divide a portrait by its own light.

    Args:
        linear: [N, N, 3] linear picture.
        transfer: [N, N, 9] radiance transfer.
        depth: [N, N] depth.
        skin: [N, N] 0..1, bare skin by which the light is told.
        camera: the crop's camera.
    """
    level = luminance(linear)
    use = (skin > 0.3) & (linear.max(2) < 0.97)
    middle = float(np.median(level[use])) if use.any() else 0.0
    use &= (level > 0.25 * middle) & (level < 3.0 * middle)
    if use.sum() < 500 or middle < 0.004:
        raise ValueError("too little visible skin")
    light = source_light(transfer[use], linear[use], skin[use])
    shading = np.maximum(transfer @ light, _FLOOR)
    flat = np.average(linear[use] / shading[use], axis=0, weights=skin[use])
    log = np.log(np.maximum(linear, 1e-3) / (shading * np.maximum(flat, 1e-3)))
    grey = log[use].mean(1)
    residual = float(1.4826 * np.median(np.abs(grey - np.median(grey))))  # a sigma, if normal
    excess = mirror_excess(log.astype(np.float32), depth, skin, camera)
    shading = np.maximum(shading * np.exp(excess), _FLOOR)
    albedo = linear / shading
    albedo = soften_highlights(albedo.astype(np.float32), skin)
    return Unlit(
        np.clip(albedo, 0.0, 1.2).astype(np.float32), light, shading.astype(np.float32), residual
    )


def mirror_excess(log: Floats, depth: Floats, skin: Floats, camera: Camera) -> Floats:
    """Light that nine coefficients can't say, [N, N, 3] in log: what differs left from right.

    Skin is much the same on both sides of a face when looked at coarsely, so that half of the
    smooth difference between a point and its mirror image is light: a cast shadow, a lamp at
    the side. Only where both are seen and both look like skin.

    Args:
        log: [N, N, 3] log of picture over (flat skin times shading).
        depth: [N, N] depth along the camera's axis.
        skin: [N, N] 0..1.
        camera: the crop's camera.
    """
    n = depth.shape[0]
    like = skin * (np.abs(log).max(2) < 0.8) * ((log.max(2) - log.min(2)) < 0.5)
    at = (np.arange(n) + 0.5) / n
    uv = np.stack(np.meshgrid(at, at), -1)
    f, c = camera.intrinsics[0, 0], camera.intrinsics[:2, 2]
    local = np.concatenate([(uv - c) / f, np.ones((n, n, 1))], -1) * depth[..., None]
    point = local @ camera.rotation.T + camera.position
    mirrored = camera.to_camera(point * np.array([-1.0, 1.0, 1.0]))
    z = mirrored[..., 2]
    where = (mirrored[..., :2] / z[..., None] * f + c) * n - 0.5
    x, y = where[..., 0].astype(np.float32), where[..., 1].astype(np.float32)

    def look(image: Floats) -> Floats:
        return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR), np.float32)

    seen = look(like.astype(np.float32)) * (np.abs(look(depth) - z) < 0.025)
    weight = (like * seen).astype(np.float32)
    difference = 0.5 * np.clip(log - look(log), -1.0, 1.0) * weight[..., None]
    sigma = n / 64
    blurred = cv2.GaussianBlur(difference.astype(np.float32), (0, 0), sigma)
    held = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(blurred / np.maximum(held, 0.05)[..., None], np.float32)


def soften_highlights(albedo: Floats, skin: Floats) -> Floats:
    """Skin's glints taken down: whatever is brighter and paler than the skin around it.

    Specular light adds the lamp's colour on top of the skin's; the excess over the local
    skin beyond a small margin is removed and the chroma taken from around.
    """
    weight = (skin * (albedo.max(2) < 2.0)).astype(np.float32)
    sigma = albedo.shape[0] / 16
    held = np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)[..., None]
    # Median-like: two passes, the second without what the first found too bright.
    around = cv2.GaussianBlur(albedo * weight[..., None], (0, 0), sigma) / held
    calm = weight * (luminance(albedo) < 1.12 * luminance(around.astype(np.float32)))
    held = np.maximum(cv2.GaussianBlur(calm, (0, 0), sigma), 1e-3)[..., None]
    around = np.asarray(cv2.GaussianBlur(albedo * calm[..., None], (0, 0), sigma) / held)
    bright = np.maximum(luminance(albedo), 1e-4)
    base = np.maximum(luminance(around.astype(np.float32)), 1e-4)
    excess = np.maximum(np.log(bright / base) - _HIGHLIGHT, 0.0)
    pale = np.clip(1.0 - _chroma(albedo) / np.maximum(_chroma(around), 1e-3), 0.0, 1.0)
    share = np.clip(skin * np.clip(excess / 0.15, 0, 1) * np.clip(0.35 + 3 * pale, 0, 1), 0, 1)
    calmed = around * np.exp(_HIGHLIGHT + 0.15 * excess)[..., None]
    return np.asarray(albedo + share[..., None] * (np.minimum(calmed, albedo) - albedo))


def _chroma(colour: NDArray[np.floating]) -> Floats:
    top = colour.max(2)
    return np.asarray((top - colour.min(2)) / np.maximum(top, 1e-4), np.float32)


def evenness(light: Floats) -> float:
    """Ambient share of a light [9, 3]: its mean over the swing of its shading, 0..1."""
    grey = light @ LUMINANCE
    swing = np.sqrt(((grey * LAMBERT)[1:] ** 2).sum())
    return float(grey[0] / max(grey[0] + swing, 1e-6))
