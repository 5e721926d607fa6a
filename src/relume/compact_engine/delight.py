"""What the delighting network is shown of a frame, and what it makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compose import to_linear
from ..runtime import RAYS
from .reading import Reading, mean_of

__all__ = ["FINE", "Delit", "delight_features", "delit_of", "explained_by"]

Floats = NDArray[np.float32]

FINE = 2 * RAYS
"""Side of the crop that the network sees, in pixels."""

_FLOOR = 0.05
"""Level, as a share of the face's own, that is added before logarithms are taken."""

_FURTHEST = 0.4
"""Canonical units before and behind the middle of the person that depth is shown for."""


@dataclass(frozen=True, eq=False)
class Delit:
    """What takes a frame from the ratio of shadings to hard light taken off.

    Attributes:
        logarithm: [N, N, 3] natural logarithm of a factor, mean 0 over the face in each channel, on
            top of new over source shading.
        hardness: mean over the face of its absolute value, smoothed: how much there is that nine
            coefficients of the source light can't say.
        noise: level that is added to the frame before the factor.
    """

    logarithm: Floats
    hardness: float
    noise: np.float32


def delight_features(reading: Reading, fine: NDArray[np.uint8], bounce: float) -> Floats:
    """[33, N, N] what the network is shown.

    Args:
        reading: the frame's face.
        fine: uint8 [2 N, 2 N, 3] the crop.
        bounce: see `GainConfig`.
    """
    mean, noise = np.float32(reading.mean), _noise(reading)
    coded = np.asarray(fine, np.float32) / np.float32(255)
    light = np.log((to_linear(coded) + noise) / mean)
    picture = np.concatenate([light, coded * 2 - 1], 2)  # 2 N, 2 N, 6
    # As torch's pixel_unshuffle has them: by channel, row, column.
    cells = picture.reshape(RAYS, 2, RAYS, 2, 6).transpose(4, 1, 3, 0, 2).reshape(-1, RAYS, RAYS)
    views = reading.views
    maps = [
        np.log((reading.albedo + noise) / mean),
        explained_by(reading, bounce),
        views.alpha[..., None],
        4 * np.clip(views.depth - reading.middle, -_FURTHEST, _FURTHEST)[..., None],
        views.transfer[..., :1],
    ]
    return np.asarray(np.concatenate([cells, *(m.transpose(2, 0, 1) for m in maps)]), np.float32)


def explained_by(reading: Reading, bounce: float) -> Floats:
    """[N, N, 3] natural logarithm of shading under the source light over that under even light."""
    under = np.float32(bounce)
    return np.asarray(np.log((reading.source + under) / (reading.even + under)), np.float32)


def delit_of(answer: Floats, reading: Reading) -> Delit:
    """The network's answer [N, N, 3] as a gain takes it."""
    weight = reading.weight
    off = (weight.ravel() @ answer.reshape(-1, 3)) / np.float32(reading.total)
    logarithm = answer - off
    broad = reading.smooth(np.abs(mean_of(np.asarray(logarithm, np.float32))))
    hardness = float((broad * weight).sum()) / reading.total
    return Delit(np.asarray(logarithm, np.float32), hardness, _noise(reading))


def _noise(reading: Reading) -> np.float32:
    return np.float32(_FLOOR * reading.mean)
