"""Where eyes and mouth are open: lids and lips move faster than planes are made anew."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import CROP, TrackedFace
from ..runtime import RAYS

__all__ = ["openings"]

_RINGS = (
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95),
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
"""MediaPipe's landmarks around the inner lips and either eye."""

_CORNERS = np.array([corner for ring in _RINGS for corner in ring])
_ENDS = np.cumsum([len(ring) for ring in _RINGS])[:-1]

_SHIFT = 4  # binary places of a corner's place among the cells
_EDGE = 0.8  # cells over which the border goes from inside to outside


def openings(face: TrackedFace) -> NDArray[np.float32]:
    """[N, N, 1] 0..1 of the face's crop: 1 inside the lips and between the lids."""
    crop, corners = face.crop, face.landmarks[_CORNERS, :2]
    places = (corners @ crop[:, :2].T + crop[:, 2] + 0.5) * (RAYS / CROP) - 0.5
    fixed = np.rint(places * (1 << _SHIFT)).astype(np.int32)
    drawn = np.zeros((RAYS, RAYS), np.float32)
    for ring in np.split(fixed, _ENDS):
        cv2.fillPoly(drawn, [ring], 1.0, shift=_SHIFT)
    soft: Any = cv2.GaussianBlur(drawn, (0, 0), _EDGE)
    return np.asarray(soft, np.float32)[..., None]
