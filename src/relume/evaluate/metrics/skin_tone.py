"""How light skin is in a picture: the individual typology angle.

    ITA = atan2(L* - 50, b*) in degrees

of the median CIELAB colour of the skin (Chardon, Cretois and Hourseau, 1991; classes after Del
Bino and Bernerd, 2013). Range -90 (dark) to 90 (light). It was made for skin under a colorimeter's
own light; of a photograph it also tells exposure and shade, so it sorts pictures, not people.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["ITA_CLASSES", "ita_class", "typology_angle"]

ITA_CLASSES = ((55.0, "very light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"))
"""Least angle in degrees of each class; below the last are brown (down to -30) and dark."""

# Of the 468 landmarks: each eye with its brow, and the mouth, which aren't skin.
_NOT_SKIN = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 70, 63, 105, 66, 107),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 300, 293, 334, 296, 336),
    (61, 91, 84, 17, 314, 321, 291, 270, 267, 0, 37, 40),
)
_EDGE = 0.08  # of the distance between the eyes' outer corners, left out along every edge


def typology_angle(rgb8: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> float | None:
    """The angle in degrees of a face's skin: all of the landmarks' hull but eyes, brows and mouth.

    Args:
        rgb8: uint8 [H, W, 3] the picture, sRGB-coded.
        landmarks: [468, 2 or 3] in pixels.

    Returns:
        None where the picture shows no skin: of a face that has all but left it.
    """
    points = np.asarray(landmarks[:, :2], np.float64)
    reach = max(1, round(_EDGE * float(np.hypot(*(points[263] - points[33])))))
    edge = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    skin = np.asarray(cv2.erode(_hull(points, rgb8.shape), edge)) > 0
    for part in _NOT_SKIN:
        skin &= np.asarray(cv2.dilate(_hull(points[list(part)], rgb8.shape), edge)) == 0
    if not skin.any():
        return None
    pixels = rgb8[skin][None].astype(np.float32) / np.float32(255)
    lightness, _, yellow = np.median(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[0], axis=0)
    return math.degrees(math.atan2(float(lightness) - 50.0, float(yellow)))


def _hull(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """[H, W] 1 within the convex hull of points [N, 2]."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(points).astype(np.int32)), 1)
    return mask


def ita_class(angle: float) -> str:
    """The class of an angle in degrees."""
    for least, name in ITA_CLASSES:
        if angle > least:
            return name
    return "brown" if angle > -30.0 else "dark"
