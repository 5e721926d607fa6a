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
from .cells import cell_grid, places, surface_of

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
    surface = surface_of(own.depth, own_camera)
    at, z = places(surface, own_camera, camera)
    here = np.stack([part.ravel() for part in cell_grid()])
    up = own_camera.rotation[1].astype(np.float32) @ surface + np.float32(own_camera.position[1])
    move = (at - here) * (smoothstep(up, *NECK) * np.float32(CROP / RAYS))  # crop pixels
    start = (here + np.float32(0.5)) * np.float32(CROP / RAYS)

    solid = own.alpha > _SOLID
    depth = np.where(solid, own.depth, np.float32(0))
    far = cv2.dilate(depth, _AROUND)
    near = -cv2.dilate(np.where(solid, -own.depth, np.float32(-1e3)), _AROUND)
    seen = 1 - smoothstep(far - near, *_STEEP)
    position = np.where(solid.ravel(), start + move, np.float32(np.nan))  # what isn't there
    image, mask = rasterise(
        to_cells(position.T),
        z,
        _faces(),
        np.stack([-move[0], -move[1], seen.ravel()], 1),
        (RESOLUTION, RESOLUTION),
    )
    return settled_shift(image[..., :2], image[..., 2], mask)


_AROUND = np.ones((3, 3), np.uint8)


@cache
def _faces() -> NDArray[np.int32]:
    """[2 * (N - 1)^2, 3] two triangles between every four cells, row by row."""
    corner = np.arange(RAYS * RAYS, dtype=np.int32).reshape(RAYS, RAYS)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[:-1, 1:], corner[1:, 1:]
    return np.stack([a, b, c, c, b, d], -1).reshape(-1, 3)
