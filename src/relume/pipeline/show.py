"""Pictures of a light: on a matt sphere, on the mean head, and in a mirror ball."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..geometry import Camera
from ..light import Light, sh_basis
from ..light.sh import BANDS

__all__ = ["draw", "draw_ball", "draw_head", "draw_sphere", "show"]

Floats = NDArray[np.float32]

_FINE = 2  # samples a pixel, each way
_NO_LOBES = np.array([1.0, 0.559, 0.149])[BANDS].astype(np.float32)  # a lamp: (4 cos + 3)^2
_MATT = 0.42
_BACKDROP = 0.012


def show(light: Light, path: str | Path, *, overwrite: bool = False) -> None:
    """Write `draw(light)` as a picture.

    Raises:
        OutputError: the file exists or can't be written.
    """
    from ..media import write_image

    write_image(path, draw(light), overwrite=overwrite)


def draw(light: Light, size: int = 384, camera: Camera | None = None) -> NDArray[np.uint8]:
    """Matt sphere, head and mirror ball in a row.

    Args:
        light: a camera-frame light as the camera sees it, or a head-frame one turned there.
        size: pixels of each square.
        camera: how the head is seen; frontal by default.

    Returns:
        [size, 3 size, 3] sRGB.
    """
    camera = camera or Camera.look_at()
    parts = [draw_sphere(light, size, camera), draw_head(light, size, camera)]
    return np.concatenate([*parts, draw_ball(light, size, camera)], axis=1)


def draw_sphere(light: Light, size: int, camera: Camera | None = None) -> NDArray[np.uint8]:
    """[size, size, 3] sRGB: a matt grey sphere, unshadowed."""
    seen = light.to_camera(camera or Camera.look_at())
    normals, inside = _sphere(size * _FINE)
    return _finished(np.where(inside[..., None], _MATT * seen.shade(normals), _BACKDROP))


def draw_ball(light: Light, size: int, camera: Camera | None = None) -> NDArray[np.uint8]:
    """[size, size, 3] sRGB: a mirror ball, the light's surroundings as nine harmonics know them.

    Its middle mirrors the camera, its edge what is behind the head; smoothed, since nine harmonics
    of a lamp have a false lobe on the far side, and exposed so that no channel clips, which would
    make a deep colour pale.
    """
    seen = light.to_camera(camera or Camera.look_at())
    normals, inside = _sphere(size * _FINE)
    mirrored = 2.0 * normals[..., 2:] * normals - np.array([0, 0, 1], np.float32)
    radiance = np.maximum((sh_basis(mirrored) * _NO_LOBES) @ seen.coefficients, 0.0)
    brightest = float(radiance[inside].max())
    return _finished(np.where(inside[..., None], radiance / max(brightest, 1e-12), _BACKDROP))


def draw_head(light: Light, size: int, camera: Camera | None = None) -> NDArray[np.uint8]:
    """[size, size, 3] sRGB: the mean head, with the shadows that it casts on itself."""
    from .drawn_head import DrawnHead

    head = DrawnHead(size * _FINE, camera or Camera.look_at())
    return _finished(np.where(head.mask[..., None], head.lit(light), _BACKDROP))


def _sphere(size: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Normals [S, S, 3] of a sphere seen from +z, and where it is."""
    at = ((np.arange(size) + 0.5) / size * 2.0 - 1.0).astype(np.float32) / 0.94
    x, y = np.meshgrid(at, -at)
    rest = 1.0 - x * x - y * y
    return np.stack([x, y, np.sqrt(np.maximum(rest, 0.0))], axis=-1), rest > 0.0


def _finished(linear: ArrayLike) -> NDArray[np.uint8]:
    """Samples [F S, F S, 3] of linear light averaged to pixels and coded as sRGB."""
    from ..compose.colour import to_srgb

    x = np.clip(np.asarray(linear, np.float32), 0.0, 1.0)
    size = x.shape[0] // _FINE
    x = x.reshape(size, _FINE, size, _FINE, 3).mean(axis=(1, 3))
    return np.asarray(np.rint(to_srgb(x) * 255.0), np.uint8)
