"""A field like a trained one: a soft ball with a bump, textured by smooth random planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relume.render import VolumeConfig, VolumeRenderer

Floats = NDArray[np.float32]

PLANE, ALBEDO, SHADING, BOX, FOCAL = 16, 4, 2, 0.42, 4.2634


def template(size: int = 24) -> Floats:
    """[D, H, W, 10] a ball of radius 0.22, and as transfer nine smooth functions."""
    at = ((np.arange(size) + 0.5) / size * 2 - 1) * BOX
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    radius = np.sqrt(x * x + y * y + z * z) + 1e-6
    normal = [x / radius, y / radius, z / radius]
    a, b, c = normal
    values = [np.ones_like(x), b, c, a, a * b, b * c, 3 * c * c - 1, a * c, a * a - b * b]
    return np.stack([radius - 0.22, *values], -1).astype(np.float32)


def decoders(rng: np.random.Generator, hidden: int = 8) -> dict[str, Floats]:
    """Weights of the size that training leaves."""
    shapes = {
        "albedo.0": (hidden, ALBEDO + 1), "albedo.2": (4, hidden),
        "shading.0": (hidden, ALBEDO + SHADING + 9), "shading.2": (9, hidden),
    }  # fmt: skip
    out: dict[str, Floats] = {}
    for name, shape in shapes.items():
        out[f"{name}.weight"] = rng.normal(0, 0.5, shape).astype(np.float32)
        out[f"{name}.bias"] = rng.normal(0, 0.2, shape[0]).astype(np.float32)
    out["albedo.2.weight"][0] *= 0.3  # the residual of density stays within about 1
    return out


def planes(rng: np.random.Generator) -> Floats:
    """[3, P, P, A + S] smooth."""
    coarse = rng.normal(0, 1, (3, 4, 4, ALBEDO + SHADING))
    at = np.linspace(0, 3, PLANE)
    low, share = np.minimum(at.astype(int), 2), at - np.minimum(at.astype(int), 2)
    rows = coarse[:, low] * (1 - share)[:, None, None] + coarse[:, low + 1] * share[:, None, None]
    both = rows[:, :, low] * (1 - share)[:, None] + rows[:, :, low + 1] * share[:, None]
    return both.astype(np.float32)


def camera(yaw: float = 0.2) -> tuple[Floats, Floats]:
    """Rotation and shift, canonical to camera coordinates, of a camera 2.7 units away."""
    c, s = np.cos(yaw), np.sin(yaw)
    rotation = np.diag([1.0, -1.0, -1.0]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return rotation.astype(np.float32), np.array([0, 0, 2.7], np.float32)


def renderer(config: VolumeConfig | None = None, seed: int = 0) -> VolumeRenderer:
    return VolumeRenderer(
        decoders(np.random.default_rng(seed)), template(), plane=PLANE, albedo_channels=ALBEDO,
        shading_channels=SHADING, box=BOX, config=config,
    )  # fmt: skip


def image_rays(size: int) -> Floats:
    """[size * size, 2] the rays of a centred image, x and y over z."""
    at = ((np.arange(size) + 0.5) / size - 0.5) / FOCAL
    y, x = np.meshgrid(at, at, indexing="ij")
    return np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)
