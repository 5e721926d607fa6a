"""How a tracked head's vertices take a new light: its smooth part and its lamps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..face import CROP
from ..light import Light
from ..render import lamp_beams, point_shading, rasterise, with_shadows
from .geometry import TrackedHead
from .window import MARGIN, RESOLUTION, to_cells

__all__ = ["target_shading"]

Floats = NDArray[np.float32]


def target_shading(
    head: TrackedHead, light: Light, openness: float, crisp: float, shade: float
) -> tuple[Floats, Floats]:
    """Shading without and with the shadows that the head casts on itself, [V, 3] each, 0 or more.

    Args:
        head: as the frame shows it.
        light: the new light, head frame.
        openness: factor for what the transfer's self-shadowing takes off.
        crisp, shade: `crisp` and `depth` of `with_shadows`.
    """
    transfer = head.transfer * np.float32(openness)
    whole = np.maximum(transfer @ light.smooth.astype(np.float32), 0)
    beams = lamp_beams(transfer, head.normals.astype(np.float32), light.lamps)
    whole = np.asarray(whole + beams, np.float32)
    lamps = light.to_camera(head.camera).lamps
    if not lamps or not (shade > 0.0 or crisp > 0.0):
        return whole, whole
    camera = head.camera
    position, depth = head.seen_from(camera)
    seen, mask = rasterise(
        to_cells(position), depth, head.model.faces, depth[:, None], (RESOLUTION, RESOLUTION)
    )
    # The camera that takes the window in, not the crop.
    wide = np.array(camera.intrinsics)
    wide[:2] *= CROP / (CROP + 2 * MARGIN)
    wide[:2, 2] += MARGIN / (CROP + 2 * MARGIN)
    to_view = camera.view_to_head.astype(np.float32)
    lit, cast = point_shading(
        camera.to_camera(head.vertices).astype(np.float32),
        head.normals @ to_view,
        seen[..., 0],
        mask,
        wide,
        lamps,
    )
    # What the frame doesn't show can't be looked up in its depth.
    cast = np.where(head.facing[:, None] > 0.0, cast, lit)
    return with_shadows(whole, beams, lit, cast, crisp, shade)
