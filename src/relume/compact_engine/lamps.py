"""How the model's cells take a new light: its smooth part by transfer, its lamps by depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..light import Light
from ..render import depth_normals, lamp_shading, with_shadows
from ..runtime import Views

__all__ = ["target_shading"]

Floats = NDArray[np.float32]


def target_shading(
    views: Views,
    light: Light,
    camera: Camera,
    openness: float | np.float32,
    crisp: float,
    depth: float,
) -> tuple[Floats, Floats | None]:
    """Shading without and with the shadows that the person casts on itself, 0 or more.

    Args:
        views: the model's maps, N x N cells over the crop.
        light: the new light.
        camera: that the maps are seen from.
        openness: factor for what the transfer's self-shadowing takes off.
        crisp, depth: see `with_shadows`.

    Returns:
        Two of [N, N, 3]; None for the second where the light has no lamps.
    """
    light = light.to_head(camera)
    transfer = views.transfer * np.float32(openness)
    whole = np.maximum(transfer @ light.coefficients.astype(np.float32), 0)
    whole = np.asarray(whole, np.float32)
    lamps = light.to_camera(camera).lamps
    if not lamps or not (depth > 0.0 or crisp > 0.0):
        return whole, None
    beams = transfer @ (light.coefficients - light.smooth).astype(np.float32)
    solid = views.alpha > 0.5
    normals = depth_normals(views.depth, solid, camera.intrinsics, _BLUR)
    lit, cast = lamp_shading(views.depth, normals, solid, camera.intrinsics, lamps)
    return with_shadows(whole, beams, lit, cast, crisp, depth)


_BLUR = 1.0
"""Cells over which depth is smoothed before its slope is taken."""
