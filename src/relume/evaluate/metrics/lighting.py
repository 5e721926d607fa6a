"""How far a picture's light is from the light that was asked for, and how much it wavers.

After NeRFFaceLighting (Jiang et al., ACM TOG 2023): a weighted distance of spherical-harmonic
coefficients, the root taken over the coefficients, the mean over colour channels::

    error       = mean_c sqrt( sum_k w_k (a_kc - b_kc)^2 )
    instability = mean_c sqrt( sum_k w_k var_i(a_kc,i) )

Weights here are the squared Lambert factors (1, 4/9, 1/16 by band), so the error is the
root of the integral, over all normals, of the squared difference of the two shadings. Lights are
divided by their own first coefficient beforehand: an estimator can't tell a bright light from a
bright skin.

Range: 0 (equal) upwards; even light against a distant lamp gives 1.28, two opposite lamps 2.31.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...light import LAMBERT

__all__ = ["lighting_error", "lighting_instability", "over_ambient"]

_WEIGHTS = LAMBERT**2


def over_ambient(coefficients: ArrayLike) -> NDArray[np.float64]:
    """Coefficients [..., 9, C] over the first of each channel.

    Raises:
        ValueError: a first coefficient isn't positive.
    """
    c = np.asarray(coefficients, np.float64)
    first = c[..., :1, :]
    if not (first > 0.0).all():
        raise ValueError("a light's first coefficient must be positive")
    return np.asarray(c / first)


def lighting_error(said: ArrayLike, wanted: ArrayLike) -> float:
    """Distance of two lights.

    Args:
        said: [9, C] coefficients that an estimator reads off a picture, C = 1 (grey) or 3.
        wanted: [9, C] those that were asked for, in the same frame of reference.
    """
    difference = over_ambient(said) - over_ambient(wanted)
    return float(np.sqrt(_WEIGHTS @ difference**2).mean())


def lighting_instability(said: ArrayLike) -> float:
    """Spread of what should be one light.

    Args:
        said: [N, 9, C] coefficients read off N frames of a video, or off N people, under one
            light; which of the two must be said beside the figure.
    """
    variance = over_ambient(said).var(axis=0)
    return float(np.sqrt(_WEIGHTS @ variance).mean())
