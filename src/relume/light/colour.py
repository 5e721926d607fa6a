"""Colour of light: kelvin and a colour picker's #ff5000 to linear RGB, and luminance."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError
from ..number import as_floats, check_number
from ..srgb import linear_of

__all__ = [
    "BRIGHTEST",
    "LUMINANCE",
    "WHITE_BALANCE",
    "check_colour",
    "hex_to_rgb",
    "kelvin_to_rgb",
]

LUMINANCE: NDArray[np.float64] = np.array([0.2126, 0.7152, 0.0722])
"""[3] Rec. 709 luminance of linear red, green and blue."""

WHITE_BALANCE = 5600.0
"""The colour temperature that looks white: the camera is set to daylight, as in a studio."""

BRIGHTEST = 16.0
"""Largest linear red, green or blue of a lamp: pure blue of luminance 1 has 13.9. Beyond are
8-bit values; how strong a lamp is, its intensity says."""

_HEX = re.compile("#[0-9a-fA-F]{6}")

_XYZ_TO_RGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)


def check_colour(rgb: ArrayLike, what: str) -> None:
    """Raise LightError, which tells what to write, of an `rgb` beyond `BRIGHTEST`.

    Args:
        rgb: [3] or one number.
        what: what it is called.
    """
    given = np.atleast_1d(as_floats(rgb))
    if not given.max() > BRIGHTEST:
        return
    remedy = "intensity makes it stronger"
    if given.shape == (3,) and given.max() <= 255:
        linear = ", ".join(f"{value:.3g}" for value in linear_of(given / 255))
        remedy = f"of a colour in 8 bits, write [{linear}]; {remedy}"
    got = "[" + ", ".join(f"{value:g}" for value in given) + "]"
    raise LightError(f"{what} is linear light of {BRIGHTEST:g} at most, got {got}: {remedy}")


def hex_to_rgb(text: str) -> NDArray[np.float64]:
    """Linear RGB [3], 0..1, of a colour as pickers and web pages write it: `#ff5000`, sRGB.

    Raises:
        LightError: it is none.
    """
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise LightError(f"a colour in hex is # and six digits, such as '#ff5000', got {text!r}")
    return linear_of(np.frombuffer(bytes.fromhex(text[1:]), np.uint8) / 255.0)


def _planck(kelvin: float) -> NDArray[np.float64]:
    """Linear RGB [3] of the Planckian locus at Y = 1 (Kim et al. 2002, cubic fits)."""
    t = 1e3 / kelvin
    if kelvin <= 4000.0:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin <= 2222.0:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin <= 4000.0:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return np.asarray(_XYZ_TO_RGB @ np.array([x / y, 1.0, (1.0 - x - y) / y]))


def kelvin_to_rgb(kelvin: float) -> NDArray[np.float64]:
    """Linear RGB [3] of luminance 1 of a lamp of this colour temperature.

    Seen by a camera balanced to `WHITE_BALANCE`: 5600 K is white, 3200 K orange, 9000 K blue.

    Raises:
        UsageError: it is no number.
        LightError: outside 1667 to 25000 K, where the fit of the Planckian locus ends.
    """
    check_number("a colour temperature", kelvin)
    if not 1667.0 <= kelvin <= 25000.0:
        raise LightError(f"a colour temperature must lie between 1667 and 25000 K, got {kelvin:g}")
    rgb = np.maximum(_planck(kelvin) / _planck(WHITE_BALANCE), 0.0)
    return np.asarray(rgb / (rgb @ LUMINANCE))
