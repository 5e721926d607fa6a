"""A light's overall colour, as far as skin can't have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..light import LUMINANCE

__all__ = ["cast_of"]

Floats = NDArray[np.float64]

_SKIN = np.array((-0.67, -0.97))
_SPREAD = np.array(((0.041, 0.052), (0.052, 0.094)))
"""Mean and covariance of the natural logarithms of skin's green and blue over its red, linear
albedo: of 162 people of all tones, as the teacher found it in photographs of their own lights."""

_KNOWN = 3.0
"""Standard deviations from the mean within which any colour is taken for skin's own."""

_COLOURLESS = 0.02
"""Natural logarithm that a picture's colours stay below if it has none."""


def cast_of(colours: NDArray[np.floating]) -> Floats:
    """The colour of the light on a face: white, unless no skin looks so in white light.

    Light and skin multiply, so that within what skin can be nothing is told: a guess would make
    pale and dark people's light colder and warmer than it is.

    Args:
        colours: [N, 3] of places on the face, linear light.

    Returns:
        [3] of luminance 1.
    """
    few = 1e-4
    logs = np.log(np.maximum(np.asarray(colours, np.float64), few))
    ratios = logs[:, 1:] - logs[:, :1]
    if not len(ratios) or np.quantile(np.abs(ratios), 0.95) < _COLOURLESS:
        return np.ones(3)
    away = np.median(ratios, axis=0) - _SKIN
    far = float(np.sqrt(away @ np.linalg.solve(_SPREAD, away)))
    beyond = away * max(1.0 - _KNOWN / max(far, few), 0.0)
    cast = np.exp(np.array([0.0, *beyond]))
    return np.asarray(cast / (cast @ LUMINANCE))
