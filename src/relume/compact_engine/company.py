"""Whose each place is where several people are in a frame.

The matte tells people from the rest, not from each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP, TrackedFace
from ..ratio.window import RESOLUTION, Window

__all__ = ["own_share"]

Floats = NDArray[np.float32]

_DOWN = 0.5
"""Weight of the way down from a face: a body hangs below its head."""

_BORDER = 0.12
"""Crop widths by which one face is nearer than another from where on a place is all its own."""


def own_share(
    window: Window, crop: NDArray[np.floating], company: Sequence[TrackedFace]
) -> Floats | np.float32:
    """How far each cell of a window is one person's rather than the company's.

    Each place is the person's to whose face it is nearest, in widths of that face's crop, so that
    somebody near the camera has more around them than somebody farther away.

    Args:
        window: of the person's head or body.
        crop: [2, 3] from frame pixels to the person's crop.
        company: the frame's other faces; one counts as far as it is relit.

    Returns:
        [N, N] 0..1; 1 where all is the person's own.
    """
    company = [face for face in company if face.strength > 0.0]
    if not company:
        return np.float32(1)
    back = np.linalg.inv(window.frame_to_cells[:, :2])
    cells = np.stack(np.meshgrid(*[np.arange(RESOLUTION)] * 2), 2)
    places = ((cells - window.frame_to_cells[:, 2]) @ back.T).astype(np.float32)
    far = [_far(places, crop), *(_far(places, face.crop) for face in company)]
    share = _nearest(far, 0, [np.float32(face.strength) for face in company])
    if len(company) > 1:  # where three meet, products of pairs leave some of the light out
        whole = [np.float32(1)] * len(company)
        total = np.sum([_nearest(far, i, whole) for i in range(len(far))], 0)
        share = np.minimum(share / np.maximum(total, np.float32(1e-3)), 1)
    return np.asarray(share, np.float32)


def _nearest(far: Sequence[Floats], which: int, strengths: Sequence[np.float32]) -> Floats:
    """[N, N] how far one of several faces is the nearest, the others being so strong."""
    share = np.ones_like(far[0])
    others = [other for i, other in enumerate(far) if i != which]
    for other, strength in zip(others, strengths, strict=True):
        nearer = smoothstep(other - far[which], -_BORDER, _BORDER)
        share *= 1 - strength * (1 - nearer)
    return share


def _far(places: Floats, crop: NDArray[np.floating]) -> Floats:
    """[N, N] how far frame pixels [N, N, 2] are from a face, in crop widths."""
    at = places @ crop[:, :2].T.astype(np.float32) + crop[:, 2].astype(np.float32)
    across, along = np.moveaxis(at / np.float32(CROP) - np.float32(0.5), 2, 0)
    return np.asarray(np.hypot(across, np.where(along > 0, _DOWN * along, along)), np.float32)
