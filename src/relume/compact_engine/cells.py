"""The cells of a view: where they lie, what surface they show, where another camera sees it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..runtime import RAYS

__all__ = ["cell_grid", "places", "surface_of"]

Floats = NDArray[np.float32]


@cache
def cell_grid(beyond: int = 0) -> tuple[Floats, Floats]:
    """[M, M] each: the cells' columns and rows, and those of so many cells beyond every side. Don't
    write to them."""
    y, x = np.indices((RAYS + 2 * beyond,) * 2).astype(np.float32) - np.float32(beyond)
    return x, y


def surface_of(depth: Floats, camera: Camera) -> Floats:
    """[3, M * M] what the cells show, in camera coordinates (x right, y down, z forward).

    Args:
        depth: [M, M] along the camera's axis; of more cells than a view has, those in the middle
            are the view's.
        camera: that the cells are seen from.
    """
    (fx, _, cx), (_, fy, cy) = camera.intrinsics[:2].astype(np.float32)
    out = np.empty((3, *depth.shape), np.float32)
    grid = cell_grid((len(depth) - RAYS) // 2)
    for part, at, focal, middle in zip(out, grid, (fx, fy), (cx, cy), strict=False):
        np.multiply((at + np.float32(0.5)) * np.float32(1 / RAYS) - middle, depth / focal, out=part)
    out[2] = depth
    return out.reshape(3, -1)


def places(surface: Floats, own: Camera, camera: Camera) -> tuple[Floats, Floats]:
    """Where another camera sees a surface.

    Args:
        surface: [3, M] in the coordinates of the camera `own`.
        own: that camera.
        camera: the other one.

    Returns:
        [2, M] x and y in cells, whole numbers at their middles, and [M] depths.
    """
    turn = camera.rotation.T @ own.rotation
    shift = camera.rotation.T @ (own.position - camera.position)
    moved = turn.astype(np.float32) @ surface + shift.astype(np.float32)[:, None]
    focal, middle = camera.intrinsics[[0, 1], [0, 1]], camera.intrinsics[:2, 2]
    at = moved[:2] * (np.float32(RAYS) / np.maximum(moved[2], np.float32(1e-3)))
    at *= focal.astype(np.float32)[:, None]
    at += (middle * RAYS - 0.5).astype(np.float32)[:, None]
    return at, moved[2]
