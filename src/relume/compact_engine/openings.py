"""Where eyes and mouth are open: lids and lips move faster than planes are made anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP, TrackedFace
from ..runtime import RAYS

__all__ = ["openings", "skin_surely"]

_RINGS = (
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95),
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
"""MediaPipe's landmarks around the inner lips and either eye."""

_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""MediaPipe's landmarks around a face, from the middle of the brow's top on."""

_BROWS = (105, 334)  # the tops of the eyebrows

_WIDER = np.float32(1.2)
"""Of the outline, within which there is skin: temples and jaws reach that far."""

_FOREHEAD = (0.1, 0.5)
"""Of the way from the eyebrows to the oval's top, where hats may begin."""

_CORNERS = np.array([corner for ring in _RINGS for corner in ring])
_ENDS = np.cumsum([len(ring) for ring in _RINGS])[:-1]

_SHIFT = 4  # binary places of a corner's place among the cells
_EDGE = 0.8  # cells over which the border goes from inside to outside


def skin_surely(face: TrackedFace) -> NDArray[np.float32]:
    """[N, N, 1] 0..1 of the face's crop: 1 where there is a face and no hat, beard or not."""
    oval, brow = _placed(face, _OVAL), _placed(face, _BROWS).mean(0)
    middle, up = oval.mean(0), oval[0] - brow
    drawn = np.zeros((RAYS, RAYS), np.float32)
    fixed = np.rint(((oval - middle) * _WIDER + middle) * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(drawn, [fixed], 1.0, shift=_SHIFT)
    y, x = np.indices((RAYS, RAYS), np.float32)
    high = ((x - brow[0]) * up[0] + (y - brow[1]) * up[1]) / max(float(up @ up), 1e-6)
    drawn *= 1 - smoothstep(np.asarray(high, np.float32), *_FOREHEAD)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 2 * _EDGE), np.float32)[..., None]


def _placed(face: TrackedFace, corners: Sequence[int] | NDArray[np.intp]) -> NDArray[np.float64]:
    """[K, 2] landmarks' places among the cells of the crop."""
    crop, at = face.crop, face.landmarks[np.asarray(corners), :2]
    places = (at @ crop[:, :2].T + crop[:, 2] + 0.5) * (RAYS / CROP) - 0.5
    return np.asarray(places, np.float64)


def openings(face: TrackedFace) -> NDArray[np.float32]:
    """[N, N, 1] 0..1 of the face's crop: 1 inside the lips and between the lids."""
    fixed = np.rint(_placed(face, _CORNERS) * (1 << _SHIFT)).astype(np.int32)
    drawn = np.zeros((RAYS, RAYS), np.float32)
    for ring in np.split(fixed, _ENDS):
        cv2.fillPoly(drawn, [ring], 1.0, shift=_SHIFT)
    soft: Any = cv2.GaussianBlur(drawn, (0, 0), _EDGE)
    return np.asarray(soft, np.float32)[..., None]
