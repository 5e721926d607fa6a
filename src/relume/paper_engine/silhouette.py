"""Where a person is seen from a turned camera, by the tracked head."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import CROP, HeadModel, TrackedFace
from ..geometry import Camera
from ..ratio.geometry import TrackedHead
from ..ratio.maps import draw_maps
from ..ratio.window import MARGIN, RESOLUTION

__all__ = ["moved_matte"]

Floats = NDArray[np.float32]


def moved_matte(matte: Floats, face: TrackedFace, camera: Camera) -> Floats | None:
    """A matte [S, S] over the crop, carried along as the head turns.

    Args:
        matte: where the person is seen by the frame's own camera.
        face: the tracked face.
        camera: the turned camera.

    Returns:
        [S, S] where the person is seen from there; None where the head isn't visible.
    """
    head = TrackedHead.of(face, HeadModel.load())
    still = np.zeros((len(head.vertices), 3), np.float32)
    maps = draw_maps(head, still, camera)
    if maps is None or maps.shift is None:
        return None
    side = matte.shape[0]
    cell = (CROP + 2 * MARGIN) // RESOLUTION
    inside = slice(MARGIN // cell, (MARGIN + CROP) // cell)
    coarse = np.ascontiguousarray(maps.shift[inside, inside]) * np.float32(side / CROP)
    shift = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)
    at = np.arange(side, dtype=np.float32)
    x, y = shift[..., 0] + at, shift[..., 1] + at[:, None]
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(matte, x, y, cv2.INTER_LINEAR, borderMode=border), np.float32)
