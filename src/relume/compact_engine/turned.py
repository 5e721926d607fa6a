"""What a turned camera sees, and where the frame shows it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..runtime import RAYS, Views

__all__ = ["Sight", "sight_of"]

Floats = NDArray[np.float32]

_NECK = (-0.36, -0.24)
"""Height in canonical units over which the head's turn dies away down the neck."""

_BEHIND = 0.04
"""Canonical units behind what the frame shows at which a point counts as hidden."""


@dataclass(frozen=True, eq=False)
class Sight:
    """A turned camera's cells, N x N over the crop.

    Attributes:
        shift: [N, N, 2] share of the crop's side from each cell to where the frame shows what it
            sees.
        seen: [N, N] 0..1 how far the frame shows it.
        person: [N, N] 0..1 how far there is a person at all.
    """

    shift: Floats
    seen: Floats
    person: Floats


def sight_of(own: Views, own_camera: Camera, views: Views, camera: Camera) -> Sight:
    """Look up each cell of a turned view in the frame's own, through the rendered depths.

    Args:
        own, own_camera: the frame's own view.
        views, camera: the turned one.
    """
    x, y = _cells()
    k = camera.intrinsics
    z = views.depth
    local = np.stack([(x - k[0, 2]) / k[0, 0] * z, (y - k[1, 2]) / k[1, 1] * z, z], -1)
    points = local.reshape(-1, 3) @ camera.rotation.T + camera.position
    there = own_camera.project(points).reshape(RAYS, RAYS, 2)
    depth = own_camera.to_camera(points)[:, 2].reshape(RAYS, RAYS)
    at = (there * RAYS - 0.5).astype(np.float32)
    known = _looked_up(np.where(own.alpha > 0.3, own.depth, 9.0).astype(np.float32), at)
    alpha = _looked_up(own.alpha, at)
    hidden = np.clip((depth - known) / _BEHIND - 0.5, 0.0, 1.0)
    inside = ((there > 0.0) & (there < 1.0)).all(-1)
    person = np.clip(views.alpha * 2.0 - 0.6, 0.0, 1.0)
    height = points[:, 1].reshape(RAYS, RAYS)
    turns = np.clip((height - _NECK[0]) / (_NECK[1] - _NECK[0]), 0.0, 1.0)
    turns = turns * turns * (3 - 2 * turns)
    shift = (there - np.stack([x, y], -1)) * turns[..., None]
    seen = person * inside * np.clip(alpha * 2 - 0.6, 0, 1) * (1 - hidden)
    return Sight(shift.astype(np.float32), seen.astype(np.float32), person.astype(np.float32))


def _cells() -> tuple[Floats, Floats]:
    """x and y [N, N] of the cells' middles, 0..1 over the crop."""
    at = ((np.arange(RAYS) + 0.5) / RAYS).astype(np.float32)
    x, y = np.meshgrid(at, at)
    return x, y


def _looked_up(image: Floats, at: Floats) -> Floats:
    return np.asarray(
        cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
