"""Edges of cast shadows and highlights, taken off where the frame itself has them.

What the delighting network takes off is told cell by cell, and a shadow's edge runs through cells:
a bright and a dark line along it would stay. Where the answer follows the frame's own light and
dark, it goes on following them between the cells (the guided filter of He, Sun & Tang, ECCV 2010,
as in joint upsampling).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import codes_to_linear, smoothstep
from .reading import Reading, mean_of

__all__ = ["sharpened"]

Floats = NDArray[np.float32]

_WINDOW = (3, 3)
"""Cells over which the answer is compared with the frame. Over five by five, more of a face's own
features went with the shadow: likeness to the photo in clean light was lower by 0.02."""

_NEAR = np.ones((3, 3), np.uint8)

_BORDER = 4.0
"""Cells from the crop's border over which edges come in."""

_NOISE = np.float32(0.02)
"""Variance of the frame's logarithm that tells nothing."""

_FLOOR = 0.03
"""Level, as a share of the face's own, that is added before logarithms are taken."""

_EDGE = (0.08, 0.2)
"""Standard deviation of the answer over the window between which there comes to be an edge."""


def sharpened(taken: Floats, reading: Reading, fine: NDArray[np.uint8]) -> Floats:
    """[M, M] what is to be added to the answer between its cells, to all channels.

    Args:
        taken: [N, N, 3] natural logarithm of the factor that takes the light off.
        reading: the frame's face.
        fine: uint8 [M, M, 3] the crop.
    """
    grey, floor = mean_of(taken)[..., 0], np.float32(_FLOOR * reading.mean)
    # A brow is as dark as a shadow: what the model knows of albedo isn't light.
    known = np.log(mean_of(reading.albedo)[..., 0] + floor)
    guide = np.log(mean_of(reading.frame)[..., 0] + floor) - known
    level, answer = _mean(guide), _mean(grey)
    shared = _mean(grey * guide) - answer * level
    spread = _mean(guide * guide) - level * level
    varies = np.maximum(_mean(grey * grey) - answer * answer, 0)
    edge = smoothstep(np.sqrt(varies), *_EDGE)
    # Light that is taken off is the frame's own: the darker, the brighter the factor.
    slope = np.asarray(np.clip(shared / (spread + _NOISE), -1, 0) * edge, np.float32)
    slope, base, edge = _mean(slope), _mean(answer - slope * level), _mean(edge)

    def grown(cells: Any) -> Any:
        return cv2.resize(cells, fine.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    light = mean_of(codes_to_linear(fine))[..., 0]
    found = grown(slope) * (np.log(light + floor) - grown(known)) + grown(base)
    # A lash across the edge is darker than any shadow, and no shadow.
    low, high = grown(cv2.erode(grey, _NEAR)), grown(cv2.dilate(grey, _NEAR))
    found = np.clip(found, low, high) - grown(grey)
    return np.asarray(found * grown(edge * _within(len(grey))), np.float32)


@cache
def _within(side: int) -> Floats:
    """[N, N] 1 over the crop, falling to 0 at its border: beyond, nothing is added."""
    at = np.minimum(np.arange(side), np.arange(side)[::-1])
    edge = smoothstep(at, 0, _BORDER)
    return edge[:, None] * edge[None, :]


def _mean(cells: Floats) -> Floats:
    return np.asarray(cv2.blur(cells, _WINDOW), np.float32)
