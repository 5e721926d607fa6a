"""Lights as the published scripts treat them: DPR's order and axes. NumPy only.

Nine grey coefficients in the order 1, y, z, x, xy, yz, 3z^2-1, xz, x^2-y^2 with x to the
picture's right, z up and y *into* the picture.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "from_harmonic_table",
    "lambert_basis",
    "paste_preview",
    "preview_sphere",
    "to_harmonic_table",
]

Array = NDArray[np.float64]

# Degree and order (m >= 0 in the first table, m < 0 in the second) of the nine coefficients.
_TABLE = (
    (0, 0, 0),
    (1, 1, 1),
    (0, 1, 0),
    (0, 1, 1),
    (1, 2, 2),
    (1, 2, 1),
    (0, 2, 0),
    (0, 2, 1),
    (0, 2, 2),
)


def lambert_basis(normals: ArrayLike) -> Array:
    """[P, 9] shading of unit normals [P, 3] per coefficient: SH times the Lambert factors."""
    x, y, z = np.asarray(normals, np.float64).T
    constant = 0.5 / math.sqrt(math.pi)
    first = math.sqrt(3) / (2 * math.sqrt(math.pi))
    second = math.sqrt(15) / (2 * math.sqrt(math.pi))
    zonal = math.sqrt(5) / (4 * math.sqrt(math.pi))
    bands = (
        math.pi * constant * np.ones_like(x),
        *(2 * math.pi / 3 * first * v for v in (y, z, x)),
        *(math.pi / 4 * second * v for v in (x * y, y * z)),
        math.pi / 4 * zonal * (3 * z**2 - 1),
        math.pi / 4 * second * x * z,
        math.pi / 4 * second / 2 * (x**2 - y**2),
    )
    return np.stack(bands, axis=1)


def _sphere(size: int) -> tuple[Array, NDArray[np.bool_]]:
    """Normals [size^2, 3] of a ball that faces the viewer, and where it is [size, size]."""
    x, z = np.meshgrid(np.linspace(-1, 1, size), np.linspace(1, -1, size))
    squared = x**2 + z**2
    valid = squared <= 1
    y = -np.sqrt(np.clip(1 - squared, 0, None))
    normals = np.stack([x, y, z], axis=-1) * valid[..., None]
    return normals.reshape(-1, 3), valid


def preview_sphere(light: ArrayLike, size: int = 256) -> NDArray[np.uint8]:
    """[size, size] a white ball under a light [9], its brightest twentieth clipped."""
    normals, valid = _sphere(size)
    shading = lambert_basis(normals) @ np.asarray(light, np.float64)
    # The published code takes the percentile over three equal channels.
    shading = np.minimum(shading, np.percentile(np.repeat(shading, 3), 95))
    shading = (shading - shading.min()) / np.ptp(shading) * 255.0
    return (shading.reshape(size, size) * valid).astype(np.uint8)


def paste_preview(image: ArrayLike, light: ArrayLike, size: int = 64) -> NDArray[np.float32]:
    """image [3, H, W] in -1..1 with the ball of a light [9] in its lower right corner."""
    ball = preview_sphere(light, size) / np.float32(127.5) - 1
    valid = _sphere(size)[1]
    result = np.array(image, np.float32)
    result[:, -size:, -size:][:, valid] = ball[valid]
    return result


def to_harmonic_table(light: ArrayLike) -> Array:
    """light [9] as [2, 3, 3]: sign of the order (cosine, sine), degree, order."""
    table = np.zeros((2, 3, 3))
    table[tuple(zip(*_TABLE, strict=True))] = np.asarray(light, np.float64)
    return table


def from_harmonic_table(table: ArrayLike) -> Array:
    """The inverse of `to_harmonic_table`."""
    return np.asarray(np.asarray(table, np.float64)[tuple(zip(*_TABLE, strict=True))])
