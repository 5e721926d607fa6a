"""What a turned camera sees, and where the frame shows it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP
from ..geometry import Camera
from ..ratio.maps import NECK, settled_shift
from ..ratio.window import RESOLUTION, to_cells
from ..render import rasterise
from ..runtime import RAYS, Views

__all__ = ["turned_shift"]

Floats = NDArray[np.float32]

_SOLID = 0.4
"""Opacity from which a cell is the person's."""

_STEEP = (0.04, 0.09)
"""Canonical units by which depth changes around a cell, between which it goes from a slope to the
edge of what hides another surface: behind that the frame shows nothing."""


def turned_shift(own: Views, own_camera: Camera, camera: Camera) -> Floats:
    """Where the frame shows what a turned camera sees.

    The frame's own depth is drawn as a mesh from the new camera. What only the new one sees is
    filled in from around, as by `settled_shift`.

    Args:
        own, own_camera: the frame's own view.
        camera: the turned one.

    Returns:
        [N, N, 2] crop pixels from each of the window's cells to where the frame shows what is
        there.
    """
    here = _cells()
    k = own_camera.intrinsics
    z = own.depth.reshape(-1).astype(np.float64)
    x, y = ((here[:, i] - k[i, 2]) / k[i, i] * z for i in range(2))
    points = np.stack([x, y, z], -1) @ own_camera.rotation.T + own_camera.position
    turns = smoothstep(points[:, 1], *NECK)
    position = here + (camera.project(points) - here) * turns[:, None]

    solid = own.alpha > _SOLID
    depth = np.where(solid, own.depth, np.float32(0))
    far = cv2.dilate(depth, _AROUND)
    near = -cv2.dilate(np.where(solid, -own.depth, np.float32(-1e3)), _AROUND)
    seen = 1 - smoothstep(far - near, *_STEEP)
    image, mask = rasterise(
        to_cells(position * CROP),
        camera.to_camera(points)[:, 2],
        _faces()[_whole(solid)],
        np.concatenate([(here - position) * CROP, seen.reshape(-1, 1)], 1),
        (RESOLUTION, RESOLUTION),
    )
    return settled_shift(image[..., :2], image[..., 2], mask)


_AROUND = np.ones((3, 3), np.uint8)


@cache
def _cells() -> NDArray[np.float64]:
    """[N * N, 2] the cells' middles, 0..1 over the crop."""
    at = (np.arange(RAYS) + 0.5) / RAYS
    return np.stack(np.meshgrid(at, at), -1).reshape(-1, 2)


@cache
def _faces() -> NDArray[np.int32]:
    """[2 * (N - 1)^2, 3] two triangles between every four cells, row by row."""
    corner = np.arange(RAYS * RAYS, dtype=np.int32).reshape(RAYS, RAYS)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[:-1, 1:], corner[1:, 1:]
    return np.stack([a, b, c, c, b, d], -1).reshape(-1, 3)


def _whole(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[2 * (N - 1)^2] whether all four cells around a triangle are solid."""
    rows = solid[:-1] & solid[1:]
    return np.repeat((rows[:, :-1] & rows[:, 1:]).ravel(), 2)
