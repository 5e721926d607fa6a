"""The colour that bright skin lost in the camera, for where the new light is darker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..light import LUMINANCE
from .reading import mean_of, pixels, planes

__all__ = ["SKIN", "Bleached", "paled"]

Floats = NDArray[np.float32]

SKIN = np.array((1.0, 0.45, 0.33), np.float32)
"""Hardly any skin in linear light, over its red, is warmer in white light."""

_FROM = np.float32(0.4)
_RISE = np.float32(0.65)

_TELLING = ((0.05, 0.15), (0.4, 0.6))
"""Red between which skin begins to tell its own colour, and between which it ceases to."""

_PRIOR = np.float32(60)
"""Cells of usual skin that are added to those."""

_WARMEST = (np.float32(0.9), np.float32(0.8))
"""Colour, over the face's own and over the warmest usual skin's, that nothing is made warmer than:
vivid pictures keep their colour in the light, and cheeks would turn orange."""

_END = np.float32(0.92)
"""The same of what a gain leaves, over the face's own in the new light."""

_BURNT = (0.8, 0.98)
"""Red between which a place's own colour can't be told: that of the skin elsewhere stands in."""

_LITTLE = np.float32(1e-3)

_LUMINANCE = np.asarray(LUMINANCE, np.float32)


@dataclass(frozen=True, eq=False)
class Bleached:
    """A frame's bright skin, and what colour it would have in less light.

    Attributes:
        red: [N, N] the frame's, linear.
        share: [N, N] see `paled`.
        lost: [3, N, N] the skin's own colour over the frame's, less 1; channels apart, for NumPy
            crawls over so short an axis.
        luminance: [3, N, N] shares of the frame's channels in it.
        colour: [3, N, N] the frame's, over its red.
        own: [3, 1, 1] the warmest that a gain may leave it.
        telling: [N, N] shares of the cells that tell; their sum is less than 1 where few do.
        where: [N, N] 0..1 where skin is.
    """

    red: Floats
    share: Floats
    lost: Floats
    luminance: Floats
    colour: Floats
    own: Floats
    telling: Floats
    where: Floats

    @classmethod
    def of(cls, frame: Floats, where: Floats, white: Floats) -> Bleached:
        """See the attributes.

        Args:
            frame: [N, N, 3] linear.
            where: [N, N, 1] 0..1 where skin is.
            white: [3] the frame's white, at any level.
        """
        parts, where = np.maximum(planes(frame), _LITTLE), where[..., 0]
        red, white = parts[0], (white / white[0])[:, None, None]
        colour, share = parts / red, paled(red)
        own = (colour - share * white) / (1 - share)
        (begins, ceases), usual = _TELLING, SKIN[:, None, None] * white
        telling = where * smoothstep(red, *begins) * (1 - smoothstep(red, *ceases))
        known = telling.sum()
        telling += _LITTLE * where
        mean = (own * telling).sum((1, 2), keepdims=True) / max(float(telling.sum()), 1e-3)
        # A red lamp on the other cheek is no skin's colour.
        least = _WARMEST[1] * usual
        warmest = np.maximum((mean * known + usual * _PRIOR) / (known + _PRIOR), least)
        own = np.maximum(own, np.minimum(colour, _WARMEST[0] * warmest))
        own += (np.minimum(own, np.maximum(mean, least)) - own) * smoothstep(red, *_BURNT)
        luminance = colour * _LUMINANCE[:, None, None]
        luminance /= luminance.sum(0)
        lost, share = own / colour - 1, np.maximum(share, np.float32(1e-6))
        telling /= known + _PRIOR
        return cls(red, share, lost, luminance, colour, _END * warmest, telling, where)

    def regained(self, logarithm: Floats) -> Floats:
        """[N, N, 3] what is to be added to a gain for the colour; luminance stays, in white light.

        Args:
            logarithm: [N, N, 3] natural logarithm of the gain. Where it brightens, nothing is
                added: the frame's own colour is what it has.
        """
        dark = np.exp(np.minimum(mean_of(logarithm)[..., 0], 0))
        ratio = 1 + self.lost * (1 - paled(self.red * dark) / self.share)
        # The delighting network may have warmed a glint already.
        tint = planes(logarithm)
        tint -= tint[0].copy()
        own = self.own * np.exp((tint * self.telling).sum((1, 2), keepdims=True))
        ratio = np.maximum(ratio, np.minimum(own / (self.colour * np.exp(tint)), 1))
        ratio /= (self.luminance * ratio).sum(0)
        return pixels(np.log(ratio) * self.where)


def paled(red: Floats) -> Floats:
    """The share of white in skin's colour at a level of its red in linear light, of any shape.

    Cameras' tone curves take the colour out of what is bright, and skin's gloss does. In 413
    portraits, the cells of each face beside those of the same face at 0.2 to 0.4, the share was
    0.07 at 0.55, 0.15 at 0.75, 0.20 at 0.87 and 0.31 at 0.98, green and blue agreeing within 0.02.
    """
    over = np.clip(red - _FROM, 0, 1 - _FROM)
    return np.asarray(_RISE * over * np.sqrt(over), np.float32)
