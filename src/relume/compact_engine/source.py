"""The light that a frame was filmed in, and what it does to the model's maps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..light import Light, sh_rotation
from ..ratio import SourceLight
from ..runtime import Views

__all__ = ["learn_light", "shading_of"]

Floats = NDArray[np.float32]

_BELIEF = 0.35
"""Power of the rendered albedo by which the frame is divided to tell its light. On 20 pictures of
Yale B relit to eight lights the error was 0.234 at 1, 0.224 at 0.5 and 0.221 at 0 for frontal
source lights, and the same within 0.004 for others; at 0 beards and brows would count as light."""


def learn_light(
    source: SourceLight, own: Views, frame: Floats, viewer: Camera, time: float
) -> None:
    """Tell the source light what the face's cells look like; it is in `viewer`'s view frame."""
    solid = own.alpha > 0.9
    if solid.sum() < 40:
        return
    near = own.depth < np.median(own.depth[solid]) + 0.1
    # Channel by channel: NumPy crawls over so short an axis.
    parts = cv2.split(frame)
    unclipped = np.logical_and.reduce([(part < 0.95) & (part > 0.002) for part in parts])
    albedo = np.maximum(own.albedo, np.float32(0.02))
    grey = sum(cv2.split(albedo)) / np.float32(3)
    face = solid & near
    # What albedo varies over a face is in part light that the model took for albedo.
    typical = np.exp(np.log(albedo[face]).mean(0))
    albedo = albedo**_BELIEF * typical ** (1 - _BELIEF)
    weight = face * unclipped * (grey / (grey + 0.1))
    design = own.transfer.reshape(-1, 9) @ sh_rotation(viewer.view_to_head)
    source.update(design, (frame / albedo).reshape(-1, 3), weight.ravel(), time)


def shading_of(views: Views, light: Light) -> Floats:
    """[N, N, 3] shading of the cells under a head-frame light, 0 or more."""
    coefficients = light.coefficients.astype(np.float32)
    # As one product of matrices: NumPy takes a stack's one by one.
    shading = views.transfer.reshape(-1, 9) @ coefficients
    return np.asarray(np.maximum(shading, 0), np.float32).reshape(views.albedo.shape)
