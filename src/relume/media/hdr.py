"""HDR video (HLG, PQ) as the rest of the house wants it: sRGB-coded, and back again.

All else in relume sees display-referred values of 0 to 1 that are sRGB's code of linear light. An
HDR frame is shown so through a curve, channel by channel and in its own primaries; what relighting
brings goes back through the curve's inverse. Diffuse white (203 cd/m2, ITU-R BT.2408) is 1 in
linear light; up to `_KNEE` the curve is exact, so that skin is multiplied in true linear light, and
what is brighter, up to 1,000 cd/m2, shares the rest by its logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from relume.media.colour import Colour
from relume.media.picture import Floats
from relume.srgb import srgb_of

__all__ = ["HLG", "PQ", "Curve", "code_table", "curve_of", "hdr_name", "view_table"]

PQ, HLG = 16, 18  # H.273 transfer characteristics
_NAMES = {PQ: "PQ", HLG: "HLG"}

_WHITE = 203.0  # cd/m2
_BRIGHTEST = 1000.0
_KNEE = 0.8
_STEPS = 8192
# A share of the code itself keeps the curve from being flat where it is nearly black, or its
# inverse would be too steep for a table.
_EVEN = 0.01


@dataclass(frozen=True)
class Curve:
    """A rising function from 0..1 onto 0..1 and its inverse, as values at even steps."""

    view: Floats
    """[N] sRGB-coded values of codes (scaled to 0..1)."""
    code: Floats
    """[N] codes of sRGB-coded values."""

    def to_view(self, codes: Floats) -> Floats:
        """sRGB-coded values of codes, any shape, both 0..1."""
        return _looked_up(self.view, codes)

    def to_code(self, values: Floats) -> Floats:
        """The inverse of `to_view`."""
        return _looked_up(self.code, values)


def hdr_name(colour: Colour) -> str | None:
    """How HDR's transfer characteristics are called; None for all others."""
    return _NAMES.get(colour.transfer)


def curve_of(colour: Colour) -> Curve | None:
    """The curve of HDR's transfer characteristics; None for all others."""
    return _curve(colour.transfer) if colour.transfer in _NAMES else None


def view_table(colour: Colour) -> Floats | None:
    """`Curve.view`, for kernels; None where there is no curve."""
    curve = curve_of(colour)
    return None if curve is None else curve.view


def code_table(colour: Colour) -> Floats | None:
    """`Curve.code` likewise."""
    curve = curve_of(colour)
    return None if curve is None else curve.code


@cache
def _curve(transfer: int) -> Curve:
    codes = np.linspace(0.0, 1.0, _STEPS + 1)
    light = _light_of_hlg(codes) if transfer == HLG else _light_of_pq(codes)
    view = (1 - _EVEN) * srgb_of(_squeezed(light)) + _EVEN * codes
    return Curve(_kept(view), _kept(np.interp(codes, view, codes)))


def _light_of_hlg(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """Displayed light over diffuse white: BT.2100's inverse OETF and, channel by channel, its OOTF
    of a display of 1,000 cd/m2."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return np.asarray(_BRIGHTEST / _WHITE * scene**1.2)


def _light_of_pq(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """Displayed light over diffuse white: BT.2100's (SMPTE ST 2084's) EOTF."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = code ** (1 / m2)
    return np.asarray(10_000 / _WHITE * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))


def _squeezed(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light up to the brightest within 0..1; as it was up to the knee, and smooth there."""
    room = 1 - _KNEE
    brightest = (_BRIGHTEST / _WHITE - _KNEE) / room
    slope = 4.0
    for _ in range(50):  # at the knee the logarithm begins with slope 1
        slope = np.log1p(slope * brightest)
    above = np.clip((light - _KNEE) / room, 0, brightest)
    return np.asarray(np.minimum(light, _KNEE) + room * np.log1p(slope * above) / slope)


def _kept(table: NDArray[np.float64]) -> Floats:
    kept = table.astype(np.float32)
    kept.flags.writeable = False
    return kept


def _looked_up(table: Floats, values: Floats) -> Floats:
    at = np.clip(values, 0, 1) * np.float32(len(table) - 1)
    low = np.minimum(at.astype(np.int32), len(table) - 2)
    return np.asarray(table[low] + (at - low) * (table[low + 1] - table[low]), np.float32)
