"""What the delighting network is shown of a frame, and what it makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compose import to_linear
from ..runtime import RAYS
from .reading import Reading, mean_of

__all__ = [
    "ALBEDO", "FINE", "PIXELS", "Delit", "delight_features", "delit_of", "explained_by", "floor_of",
]  # fmt: skip

Floats = NDArray[np.float32]

FINE = 2 * RAYS
"""Side of the crop that the network sees, in pixels."""

PIXELS, ALBEDO = slice(0, 24), slice(24, 27)
"""Channels of `delight_features` that show the crop's pixels and the rendered albedo."""

_FLOOR = 0.05
"""Level, as a share of the face's own, that is added before logarithms are taken."""

_KEPT = np.float32(0.25)
"""Of a dark cell under its factor, whatever the floor takes off."""

_SPOT = 1.5
"""Cells over which it is told where shadows and highlights lie."""

_FURTHEST = 0.4
"""Canonical units before and behind the middle of the person that depth is shown for."""


@dataclass(frozen=True, eq=False)
class Delit:
    """A frame's face with hard light taken off.

    Attributes:
        even: [N, N, 3] its cells under even light, linear. With them the face is as bright on the
            whole (the mean of roots), channel by channel, as the ratio of shadings leaves it.
        brightened: [N, N, 1] natural logarithm by which the frame is brightened for that: how deep
            the shadows are that are taken off.
        hardness: mean over the face of what is changed beyond the ratio of shadings, as a natural
            logarithm, smoothed: how much there is that nine coefficients of light can't say.
        spots: [N, N, 1] the same cell by cell, of what is fine: where a cast shadow or a highlight
            lies, however soft the light is elsewhere.
        floor: level beside which the frame's darkest cells tell nothing.
    """

    even: Floats
    brightened: Floats
    hardness: float
    spots: Floats
    floor: np.float32


def delight_features(reading: Reading, fine: NDArray[np.uint8], bounce: float) -> Floats:
    """[33, N, N] what the network is shown.

    Args:
        reading: the frame's face.
        fine: uint8 [2 N, 2 N, 3] the crop.
        bounce: see `GainConfig`.
    """
    mean, floor = np.float32(reading.mean), floor_of(reading)
    coded = np.asarray(fine, np.float32) / np.float32(255)
    light = np.log((to_linear(coded) + floor) / mean)
    picture = np.concatenate([light, coded * 2 - 1], 2)  # 2 N, 2 N, 6
    # As torch's pixel_unshuffle has them: by channel, row, column.
    cells = picture.reshape(RAYS, 2, RAYS, 2, 6).transpose(4, 1, 3, 0, 2).reshape(-1, RAYS, RAYS)
    views = reading.views
    maps = [
        np.log((reading.albedo + floor) / mean),
        explained_by(reading, bounce),
        views.alpha[..., None],
        4 * np.clip(views.depth - reading.middle, -_FURTHEST, _FURTHEST)[..., None],
        views.transfer[..., :1],
    ]
    return np.asarray(np.concatenate([cells, *(m.transpose(2, 0, 1) for m in maps)]), np.float32)


def explained_by(reading: Reading, bounce: float) -> Floats:
    """[N, N, 3] natural logarithm of shading under the source light over that under even light."""
    return _explained(reading.source, reading, bounce)


def _explained(source: Floats, reading: Reading, bounce: float) -> Floats:
    under = np.float32(bounce)
    return np.asarray(np.log((source + under) / (reading.even + under)), np.float32)


def delit_of(
    to_even: Floats, reading: Reading, bounce: float, soften: float, broad: float
) -> Delit:
    """What the network said, as a gain takes it.

    Args:
        to_even: [N, N, 3] natural logarithm of the factor that brings the frame under even light;
            its scale doesn't matter.
        reading: the frame's face.
        bounce, soften: see `GainConfig`.
        broad: cells over which what it says beyond the ratio of shadings is smoothed and left out.
    """
    plain = reading.smooth(reading.plain, soften)
    explained, weight = _explained(plain, reading, bounce), reading.weight.ravel()

    def bright(logarithm: Floats) -> Floats:
        # Of roots, or the white of glints that are taken off would turn dark skin ashen.
        roots = weight @ np.sqrt(np.maximum(reading.frame, 0) * np.exp(logarithm)).reshape(-1, 3)
        return np.asarray(np.square(np.maximum(roots / reading.total, 1e-3)), np.float32)

    to_even = to_even + np.log(bright(-explained) / bright(to_even))
    beyond = np.asarray(to_even + explained, np.float32)
    hardness = float(weight @ reading.smooth(np.abs(mean_of(beyond))).ravel()) / reading.total
    wide = reading.smooth(beyond, broad)
    spots = reading.smooth(np.abs(mean_of(beyond - wide)), _SPOT)
    to_even = to_even - wide
    to_even += np.log(bright(-explained) / bright(to_even))
    floor, factor = floor_of(reading), np.exp(to_even)
    even = np.maximum((reading.frame + floor) * factor - floor, _KEPT * reading.frame * factor)
    return Delit(np.asarray(even, np.float32), mean_of(to_even), hardness, spots, floor)


def floor_of(reading: Reading) -> np.float32:
    """See `Delit.floor`."""
    return np.float32(_FLOOR * reading.mean)
