"""How light skin is in a picture: the individual typology angle.

    ITA = atan2(L* - 50, b*) in degrees

of the median CIELAB colour of the skin (Chardon, Cretois and Hourseau, 1991; classes after Del
Bino and Bernerd, 2013). Range -90 (dark) to 90 (light). It was made for skin under a colorimeter's
own light; of a photograph it also tells the exposure, so it sorts pictures, not people.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["ITA_CLASSES", "ita_class", "typology_angle"]

ITA_CLASSES = ((55.0, "very light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"))
"""Least angle in degrees of each class; below the last are brown (down to -30) and dark."""

_PLACES = (50, 280, 151)  # of the 468 landmarks: both cheeks and the forehead
_REACH = 0.15  # of the distance between the eyes' outer corners


def typology_angle(rgb8: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> float:
    """The angle in degrees of a face's cheeks and forehead.

    Args:
        rgb8: uint8 [H, W, 3] the picture, sRGB-coded.
        landmarks: [468, 2 or 3] in pixels.
    """
    points = np.asarray(landmarks[:, :2], np.float64)
    radius = _REACH * float(np.hypot(*(points[263] - points[33])))
    y, x = np.mgrid[: rgb8.shape[0], : rgb8.shape[1]]
    skin = np.zeros(rgb8.shape[:2], bool)
    for place in _PLACES:
        skin |= (x - points[place, 0]) ** 2 + (y - points[place, 1]) ** 2 <= radius**2
    pixels = rgb8[skin][None].astype(np.float32) / np.float32(255)
    lightness, _, yellow = np.median(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[0], axis=0)
    return math.degrees(math.atan2(float(lightness) - 50.0, float(yellow)))


def ita_class(angle: float) -> str:
    """The class of an angle in degrees."""
    for least, name in ITA_CLASSES:
        if angle > least:
            return name
    return "brown" if angle > -30.0 else "dark"
