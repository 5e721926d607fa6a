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
def cell_grid() -> tuple[Floats, Floats]:
    """[N, N] each: the cells' columns and rows. Don't write to them."""
    y, x = np.indices((RAYS, RAYS)).astype(np.float32)
    return x, y


def surface_of(depth: Floats, camera: Camera) -> Floats:
    """[3, N * N] what the cells show, in camera coordinates (x right, y down, z forward).

    Args:
        depth: [N, N] along the camera's axis.
        camera: that the cells are seen from.
    """
    (fx, _, cx), (_, fy, cy) = camera.intrinsics[:2].astype(np.float32)
    out = np.empty((3, RAYS, RAYS), np.float32)
    for part, at, focal, middle in zip(out, cell_grid(), (fx, fy), (cx, cy), strict=False):
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
