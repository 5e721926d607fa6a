"""How much brighter each part of a frame becomes: from the model's maps and two lights."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import GAMMA, smoothstep
from ..runtime import RAYS
from .delight import Delit
from .gloss import Gloss, GlossConfig
from .lamps import Lit
from .reading import Reading, as_roots, mean_of

__all__ = ["Gain", "GainConfig", "gain_of", "how_hard"]

Floats = NDArray[np.float32]

_LEAST = np.float32(1e-4)

_DEEP = (0.5, 1.5)
"""Natural logarithm of the brightening between which a shadow is too deep to hold detail."""


_SKIN = np.array((1.0, 0.45, 0.33), np.float32)
"""Hardly any skin in linear light, over its red, is warmer in white light."""


@dataclass(frozen=True)
class GainConfig:
    """How far frame and model are each believed.

    Chosen on half of the people of Yale B and of the portraits that training keeps out, and looked
    at on the other half (docs/evaluation.md): error against photographs and against the light that
    was asked for, as long as a face embedding still knows the person.
    """

    bounce: float = 0.06
    """Shading that light reflected by the skin and room around adds everywhere, old and new."""
    most: float = 8.0
    """Largest factor by which a pixel is brightened."""
    floor: float = 0.1
    """Level, as a share of the face's own, below which the frame holds more noise than detail."""
    doubt: tuple[float, float] = (0.5, 1.0)
    """Natural logarithm of the frame over the model's picture of it, between which the difference
    goes from detail of the person to light that nine coefficients can't say: cast shadows,
    highlights."""
    dark: tuple[float, float] = (0.3, 0.9)
    """Source shading, mean 1, between which the frame goes from too dark to tell the albedo to
    well lit."""
    bleached: tuple[float, float] = (0.3, 0.7)
    """Brightest channel of the frame, linear, between which a camera's tone curve takes the colour
    out of skin: the model's stands in, or cheeks that get darker would turn grey."""
    soften: float = 3.3
    """Cells over which the shading that the frame is read by is smoothed: finer relief is the
    template's more than this person's."""
    relief: float = 3.9
    """The same for the square roots of new shading and old, of which the ratio is: a bright edge
    leaks less into the shadow beside it so, and as much likeness costs less light."""
    bare: float = 2.4
    """The same under bare lamps (see `bareness`), whose light is as hard in photographs; a face
    embedding takes part of that for the person."""
    cast: float = 0.75
    """0..1 how much of a small lamp's light its shadow takes away: skin lets some through."""
    height: float = 1.5
    """Factor of noses and brows for the shadows that they throw: they are lower in the model's
    depth, as in heads fitted to landmarks, than in photographs."""
    crisp: float = 0.6
    """0..1 how far small lamps' own cosine takes the place of the one that harmonics blur."""
    edge: float = 3.0
    """Cells over which the edges of cast shadows are smoothed."""
    spread: float = 1.4
    """Cells over which the model's answer is smoothed: light it takes off is broad, and a lash or a
    brow that it has a little aside must not show twice."""
    moved: tuple[float, float] = (0.02, 0.15)
    """Mean change of shading between which the new light goes from the frame's own, which leaves
    the frame as it is, to another one."""
    hard: tuple[float, float] = (0.16, 0.28)
    """Mean over the face of the natural logarithm by which the delighting network changes it,
    between which the input goes from soft light, which nine coefficients say well enough, to hard
    light that the network takes off."""
    spots: tuple[float, float] = (0.2, 0.42)
    """The same of single places: where a shadow is cast or a highlight lies, however soft the light
    is on the whole."""
    broad: float = 10.0
    """Cells from which on the source light is believed rather than the delighting network: broad
    light is what nine coefficients say well, and what few portraits teach least."""
    gloss: GlossConfig = field(default_factory=GlossConfig)
    """How skin shines."""

    def relief_under(self, bare: float) -> float:
        """`relief` under light of which bare lamps give a share."""
        return round(self.relief + (self.bare - self.relief) * bare, 2)


@dataclass(frozen=True, eq=False)
class Gain:
    """What a frame's pixels are to become, N x N cells.

    Attributes:
        logarithm: [N, N, 3] natural logarithm of the factor in linear light.
        lift: [N, N] level, to the power of 1 / `GAMMA`, that pixels are first lifted to: where the
            frame is too dark to hold detail, the factor finds something to multiply.
        taken: [N, N, 3] what takes hard light off, as it went into `logarithm` before gloss and
            bounds; None for none.
    """

    logarithm: Floats
    lift: Floats
    taken: Floats | None = None

    @classmethod
    def nothing(cls) -> Gain:
        """The frame stays as it is."""
        return cls(np.zeros((RAYS, RAYS, 3), np.float32), np.zeros((RAYS, RAYS), np.float32))


def gain_of(
    reading: Reading,
    lit: Lit,
    config: GainConfig,
    gloss: Gloss | None = None,
    delit: Delit | None = None,
) -> Gain:
    """Mix three answers to what the new light makes of the frame.

    The ratio of new over old shading keeps all that the frame shows, also shadows that the fitted
    source light doesn't explain. Where the input's light is soft, the rendered albedo under the
    new shading over the frame, both smoothed, keeps of the frame only what is finer than a cell; it
    is taken where the frame is dark under the source light or differs from what the model makes of
    it, and its colour alone where the frame is bleached. Where the input's light is hard, what the
    delighting network takes off at the frame's own edges stands in for that.

    Args:
        reading: what the model reads in the frame.
        lit: by the new light.
        config: see `GainConfig`.
        gloss: what skin reflects; None for none.
        delit: what the delighting network says; None without it.
    """
    bounce, smooth, weight = np.float32(config.bounce), reading.smooth, reading.weight
    relieved = partial(smooth, sigma=config.relief_under(lit.bare))
    new, old = (as_roots(shading, bounce, relieved) for shading in (lit.shading, reading.shading))
    change = float((np.abs(new - old) * weight).sum()) / reading.total / 3
    depth, middle = reading.views.depth, reading.middle
    if lit.lamps is not None:
        # Farther back, where hair and shoulders end is too coarse for an edge.
        near = reading.solid * (1 - smoothstep(depth, middle + 0.06, middle + 0.16))
        shadow = lit.taken(relieved, bounce) * near[..., None]
        new *= 1 - np.float32(config.cast) * smooth(shadow, config.edge)
    ratio = np.log(new / old)
    moved = smoothstep(change, *config.moved)
    hard = np.float32(0) if delit is None else how_hard(delit, config)
    if not np.any(hard > 0):
        delit = None  # it takes nothing off

    dark = 1 - smoothstep(mean_of(reading.source), *config.dark)
    share = np.maximum(smoothstep(reading.doubt, *config.doubt), dark) * moved
    # Of open eyes, mouths and hair the frame knows more, however dark they are; but hair in hard
    # shadow holds nothing to multiply.
    skin = _skin(reading, config.gloss)
    shut = 1 - reading.open
    share = smooth(share) * skin * shut
    lift = np.float32(reading.noise ** (1 / GAMMA)) * share
    if delit is not None:
        deep = smooth(smoothstep(delit.brightened, *_DEEP)) * weight * shut * moved
        lift += (np.float32(delit.floor ** (1 / GAMMA)) * deep - lift) * hard
    lifted = _lifted(reading.seen, lift)
    rendered = np.log((reading.coarse * new + _LEAST) / (lifted + _LEAST))
    most = np.float32(np.log(config.most))
    red, green, blue = cv2.split(reading.frame)
    highest = np.asarray(cv2.max(cv2.max(red, green), blue))[..., None]
    pale = smoothstep(highest, *config.bleached) * moved * weight
    gap = rendered - ratio
    grey = mean_of(gap)
    believed = share * grey + np.maximum(share, pale) * (gap - grey)
    correction = smooth(np.asarray(believed, np.float32), config.spread)
    taken = None
    if delit is not None:
        anew = np.log(new / (reading.even + bounce))
        evened = np.log((delit.even + _LEAST) / (_lifted(reading.frame, lift) + _LEAST))
        taken = (anew + evened - ratio) * moved * weight * hard
        correction += taken - correction * hard
    logarithm = np.clip(ratio + correction, -2 * most, most)
    if gloss is not None:
        level = _white(reading, config.gloss) * moved
        top = np.float32(config.gloss.most)

        def rolled(light: Floats) -> Floats:
            return smooth(light * (top / (top + light)), config.gloss.smooth) * level

        shine, old = rolled(gloss.new) * skin, rolled(gloss.old) * skin
        dim = np.float32(0.2) * reading.noise
        # The frame's own gloss goes before the factor, the new light's comes after it. Of hard
        # light the network has taken it off already.
        kept = np.maximum(1 - old * (1 - hard) / (lifted + dim), np.float32(0.75))
        logarithm += np.log(kept + shine / (lifted * np.exp(logarithm) + dim))
        logarithm = np.minimum(logarithm, most)
    return Gain(np.asarray(logarithm, np.float32), np.asarray(lift[..., 0], np.float32), taken)


def how_hard(delit: Delit, config: GainConfig) -> Floats:
    """[N, N, 1] 0..1 how far the delighting network is believed."""
    whole = np.float32(smoothstep(delit.hardness, *config.hard))
    return np.asarray(np.maximum(smoothstep(delit.spots, *config.spots), whole), np.float32)


def _lifted(frame: Floats, lift: Floats) -> Floats:
    """[N, N, 3] the frame with `Gain.lift` [N, N, 1] in it."""
    coded = np.maximum(frame, 0) ** np.float32(2 / GAMMA)
    return np.asarray(np.sqrt(coded + lift**2) ** np.float32(GAMMA), np.float32)


def _white(reading: Reading, config: GlossConfig) -> Floats:
    """[3] the frame's white.

    In a frame that candles or a sunset colour, white is as warm: as far as skin is redder in it
    than most skin. (Not colder, or the gloss of a black-and-white picture would be blue.)
    """
    colour = reading.weight.ravel() @ reading.frame.reshape(-1, 3)
    warm = np.minimum(colour / max(float(colour[0]), 1e-6) / _SKIN, 1)
    return np.asarray(warm * np.sqrt(reading.mean / config.white), np.float32)


def _skin(reading: Reading, config: GlossConfig) -> Floats:
    """[N, N, 1] where there is skin."""
    low, high = (share * reading.typical for share in config.skin)
    skin = smoothstep(mean_of(reading.views.albedo), low, high)
    return np.asarray(skin * reading.weight, np.float32)
