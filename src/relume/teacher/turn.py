"""A portrait seen from another side, as an input: portraits look at the camera, videos don't."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import FOCAL, Camera
from ..render import rasterise
from .portrait import MAP
from .scene import Scene, warped

__all__ = ["seen_turned"]

Floats = NDArray[np.float32]

_STEP = 2
"""Pixels between the vertices of the sheet that is turned."""

_RIM = 5
"""Vertices by which the sheet reaches beyond the person, for its alpha to fade on."""

_DRAWN = (1.5, 3.0)
"""How wide a pixel of the photo may be drawn out: fully trusted, and not at all any more."""


def seen_turned(scene: Scene, yaw: float, pitch: float) -> Scene:
    """The same person from a camera turned around the head; lights stay with the head.

    The depth map is drawn as a sheet, so that what turns away is hidden and what comes into view is
    drawn out from what the photo shows of it; `told` says where. Behind the person is nothing:
    put a background there.

    Args:
        scene: the portrait.
        yaw, pitch: radians, added to its camera's.
    """
    camera = Camera.from_pose(scene.rotation, scene.shift).turned(yaw, pitch, 0.0)
    rotation = camera.rotation.T
    shift = -rotation @ camera.position
    rows, columns = np.mgrid[:MAP:_STEP, :MAP:_STEP]
    side = len(rows)
    solid = cv2.dilate(
        (scene.alpha[::_STEP, ::_STEP] > 0.3).astype(np.uint8), np.ones((_RIM, _RIM), np.uint8)
    )
    local = scene.points((rows * MAP + columns).ravel()) @ rotation.T + shift
    points = (local[:, :2] / local[:, 2:] * FOCAL + 0.5) * MAP
    attributes = np.stack([columns.ravel(), rows.ravel(), local[:, 2]], 1).astype(np.float32)
    corner = np.arange(side * side).reshape(side, side)
    top, bottom = corner[:-1], corner[1:]
    faces = np.concatenate(
        [
            np.stack([top[:, :-1], bottom[:, :-1], bottom[:, 1:]], -1).reshape(-1, 3),
            np.stack([top[:, :-1], bottom[:, 1:], top[:, 1:]], -1).reshape(-1, 3),
        ]
    )
    faces = faces[solid.ravel()[faces].all(1)]
    image, mask = rasterise(points, local[:, 2], faces, attributes, (MAP, MAP), cull=False)
    u, v = (
        np.asarray(cv2.GaussianBlur(_filled(image[..., i], mask), (0, 0), 0.7), np.float32)
        for i in range(2)
    )
    depth = _filled(image[..., 2], mask)
    moved = partial(warped, x=u, y=v)
    alpha = np.asarray(cv2.GaussianBlur(moved(scene.alpha) * mask, (0, 0), 0.8), np.float32)
    across = np.hypot(np.gradient(u, axis=1), np.gradient(v, axis=1))
    told = np.clip((across - 1 / _DRAWN[1]) / (1 / _DRAWN[0] - 1 / _DRAWN[1]), 0, 1)
    return scene.carried(
        moved, depth, alpha, rotation=rotation, shift=shift,
        trust=(moved(scene.trust) * told).astype(np.float16), told=told.astype(np.float16),
    )  # fmt: skip


def _filled(values: Floats, mask: NDArray[np.bool_]) -> Floats:
    """Values, and where there are none those of the nearest place that has."""
    _, labels = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(labels.max()) + 1, np.float32)
    table[labels[mask]] = values[mask]
    return np.asarray(table[labels], np.float32)
