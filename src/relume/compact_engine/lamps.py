"""How the model's cells take a new light: its smooth part by transfer, its lamps by depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..light import Light
from ..render import depth_normals, lamp_shading
from ..runtime import Views

__all__ = ["target_shading"]

Floats = NDArray[np.float32]


def target_shading(
    views: Views, light: Light, camera: Camera, openness: float | np.float32, share: float
) -> tuple[Floats, Floats | None]:
    """Shading without and with the shadows that the person casts on itself, 0 or more.

    What harmonics hold takes the transfer's soft shadows both times.

    Args:
        views: the model's maps, N x N cells over the crop.
        light: the new light.
        camera: that the maps are seen from.
        openness: factor for what the transfer's self-shadowing takes off.
        share: of the lamps' light that is taken out of the harmonics.

    Returns:
        Two of [N, N, 3]; None for the second where the light has no lamps.
    """
    coefficients = light.to_head(camera).coefficients
    lamps = [lamp.scaled(share) for lamp in light.to_camera(camera).lamps if share > 0.0]
    if lamps:
        own = coefficients - light.to_head(camera).smooth
        coefficients = coefficients - share * own
    soft = np.maximum(views.transfer @ coefficients.astype(np.float32), 0) * np.float32(openness)
    soft = np.asarray(soft, np.float32)
    if not lamps:
        return soft, None
    solid = views.alpha > 0.5
    normals = depth_normals(views.depth, solid, camera.intrinsics, _BLUR)
    lit, cast = lamp_shading(views.depth, normals, solid, camera.intrinsics, lamps)
    return soft + lit, soft + cast


_BLUR = 1.5
"""Cells over which depth is smoothed before its slope is taken."""
