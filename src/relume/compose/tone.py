"""Multiplying a picture by a shading ratio without burning its highlights."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["GAMMA", "lifted", "relit"]

Array = NDArray[np.float32]

GAMMA = 2.4
"""Exponent of sRGB's curve above its straight toe."""

_OFFSET = 0.055  # sRGB: coded = 1.055 linear^(1 / 2.4) - 0.055


def relit(srgb: Array, coded_ratio: Array) -> Array:
    """A picture under a new light: multiplied in linear light, with a shoulder for highlights.

    Above sRGB's toe, `coded + 0.055` is a pure power of linear light, so multiplying linear light
    by r is multiplying that by q = r^(1/2.4), and no decoding is needed. In the toe (below 0.04)
    the result is within 0.01 of the exact one for r from 0.02 to 4. Where q is above 1 the
    product U q, with U from 0 to 1, is rolled off to U q / (1 + (q^4 - 1) U^4)^(1/4), which
    leaves dark tones alone, keeps the order of tones, maps white to white and is the identity
    at q = 1.

    Args:
        srgb: [H, W, 3] sRGB-coded, in [0, 1].
        coded_ratio: [H, W, 3] q, the shading ratio to the power of 1 / `GAMMA`; 0 or more.

    Returns:
        [H, W, 3] sRGB-coded, in [0, 1].
    """
    # A dozen passes over memory that stays in the cache: call with a few dozen rows at a time.
    u = np.empty(srgb.shape, np.float32)
    t = np.empty(srgb.shape, np.float32)
    np.add(srgb, np.float32(_OFFSET), out=u)
    u *= np.float32(1.0 / (1.0 + _OFFSET))
    lit: Any = cv2.multiply(u, coded_ratio)
    np.multiply(lit, lit, out=t)
    np.multiply(t, t, out=t)  # (U q)^4
    np.multiply(u, u, out=u)
    np.multiply(u, u, out=u)  # U^4
    t -= u
    np.maximum(t, np.float32(0.0), out=t)  # no shoulder where the ratio darkens
    t += np.float32(1.0)
    cv2.sqrt(t, dst=t)
    cv2.sqrt(t, dst=t)
    np.divide(lit, t, out=t)
    t *= np.float32(1.0 + _OFFSET)
    t -= np.float32(_OFFSET)
    # In the toe, coded values are linear light: s r, with r = q^2.4 taken as q^2.5. Both formulas
    # lie on the same side of s, and the right one is the one that changes it less.
    cv2.sqrt(coded_ratio, dst=u)
    u *= coded_ratio
    u *= coded_ratio
    u *= srgb
    np.maximum(t, u, out=lit)
    np.minimum(t, u, out=t)
    np.minimum(lit, srgb, out=lit)
    np.maximum(t, lit, out=t)
    return np.asarray(t)


def lifted(srgb: Array, level: Array) -> Array:
    """A picture whose darkest tones are lifted smoothly to a level, brighter ones hardly touched.

    With U the coded value plus 0.055, as in `relit`, U becomes the root of U^2 + (1.055 level)^2.

    Args:
        srgb: [H, W, 3] sRGB-coded, in [0, 1].
        level: [H, W] linear level to the power of 1 / `GAMMA`; 0 leaves the picture as it is.

    Returns:
        [H, W, 3] sRGB-coded.
    """
    u: Any = np.add(srgb, np.float32(_OFFSET))
    cv2.multiply(u, u, dst=u)
    raised = level * np.float32(1.0 + _OFFSET)
    raised *= raised
    u += raised[..., None]
    cv2.sqrt(u, dst=u)
    u -= np.float32(_OFFSET)
    return np.asarray(u)
