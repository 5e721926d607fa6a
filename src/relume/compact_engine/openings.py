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

_FINE = 4  # pixels that a cell is drawn in
_EDGE = 0.7  # cells over which the border goes from inside to outside


def openings(face: TrackedFace) -> NDArray[np.float32]:
    """[N, N, 1] 0..1 of the face's crop: 1 inside the lips and between the lids."""
    crop, side = face.crop, RAYS * _FINE
    points = face.landmarks[:, :2] @ crop[:, :2].T + crop[:, 2]
    places = np.rint((points + 0.5) * (side / CROP) - 0.5).astype(np.int32)
    drawn = np.zeros((side, side), np.uint8)
    for ring in _RINGS:
        cv2.fillPoly(drawn, [places[list(ring)]], 255)
    cells: Any = cv2.resize(drawn, (RAYS, RAYS), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(cells.astype(np.float32) / np.float32(255), (0, 0), _EDGE)
    return np.asarray(np.minimum(soft * np.float32(1.5), 1), np.float32)[..., None]
