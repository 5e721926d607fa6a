"""How much brighter each part of a frame becomes: from the model's maps and two lights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import GAMMA, smoothstep
from ..runtime import RAYS
from .bleached import SKIN, Bleached
from .delight import Delit
from .gloss import Gloss, GlossConfig
from .hue import beyond_skin, colour_apart, hue_kept
from .lamps import Lit
from .reading import Reading, as_roots, foremost, mean_of, over, pixels, planes

__all__ = ["Gain", "GainConfig", "Ground", "gain_of", "how_hard"]

Floats = NDArray[np.float32]

_LEAST = np.float32(1e-4)

_WHITE = (0.6, 0.72)
"""Blue over red of the model's albedo, smoothed, between which skin goes over to white hats, where
the landmarks don't say that there is a face: of five burnt faces nine cells in ten had less than
0.56, of two white hats half had more than 0.66."""

_BLUE = (1.0, 1.2)
"""The same of the frame, from which on it is something before a face, whatever they say."""

_HAT = 1.5
"""Cells over which it is smoothed for that."""

_DEEP = (0.5, 1.5)
"""Natural logarithm of the brightening between which a shadow is too deep to hold detail."""


_BLACK = (2.0, 5.0)
"""Levels of noise between which what is no skin, black hair most of all, is too dark for a factor:
it shows flare and the coding's toe, which would come out as grey."""

_OVER = 0.2
"""Natural logarithm that such becomes brighter by than the model has it under the new light."""


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
    behind: float = 6.0
    """The same on ears and hair behind the face, whose outlines the model has coarsely."""
    thin: float = 0.5
    """0..1 how much of a shadow falls on dark hair there, which lets light through."""
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


@dataclass(frozen=True, eq=False)
class _Lifted:
    """A frame where it is too dark to hold detail, brightened for a light that is `moved` another.

    Attributes:
        moved: 0..1.
        lift: [N, N, 1] see `Gain.lift`.
        seen: [N, N, 3] the frame, smoothed, with that in it.
        evened: [N, N, 3] natural logarithm of what the delighting network makes of the frame over
            it; None where it isn't believed.
    """

    moved: float
    lift: Floats
    seen: Floats
    evened: Floats | None


@dataclass(frozen=True, eq=False)
class _Under:
    """A frame's shading under its source light, smoothed as under a new light's `bare` lamps."""

    ground: Ground
    bare: float

    @cached_property
    def old(self) -> Floats:
        """[N, N, 3] see `as_roots`."""
        return self.ground.roots(self.ground.reading.shading, self.bare)

    @cached_property
    def unbelieved(self) -> Floats:
        """[N, N, 3] natural logarithm of that over the same in the colours that are believed."""
        return np.asarray(np.log(self.old / self._plain), np.float32)

    @cached_property
    def apart(self) -> Floats:
        """[3, N, N] see `colour_apart`."""
        reading = self.ground.reading
        return colour_apart(reading.seen, reading.coarse * self._plain, self.ground.only_skin)

    @cached_property
    def _plain(self) -> Floats:
        return self.ground.roots(self.ground.reading.plain, self.bare)


class Ground:
    """What a gain needs of a frame whatever the new light: of a still it is worked out once.

    Args:
        reading: what the model reads in the frame.
        config: see `GainConfig`.
        delit: what the delighting network says; None without it.
    """

    def __init__(self, reading: Reading, config: GainConfig, delit: Delit | None = None) -> None:
        self.reading, self.config, self.delit = reading, config, delit
        self._under: _Under | None = None
        self._last: _Lifted | None = None

    @cached_property
    def hard(self) -> Floats | None:
        """[N, N, 1] 0..1 how far the delighting network is believed; None where not at all."""
        hard = None if self.delit is None else how_hard(self.delit, self.config)
        return hard if hard is not None and np.any(hard > 0) else None

    @cached_property
    def near(self) -> Floats:
        """[N, N, 1] where the person is, and in front."""
        return (self.reading.solid * foremost(self.reading.views))[..., None]

    def cast(self, shadow: Floats) -> Floats:
        """Cast shadows [N, N, 3], smoothed; see `GainConfig.edge`."""
        smooth, config = self.reading.smooth, self.config
        near = smooth(over(shadow, self.near), config.edge)
        return near + smooth(over(shadow, self._behind), config.behind)

    @cached_property
    def _behind(self) -> Floats:
        """[N, N, 1] where the person is behind the face, and how far a shadow shows there."""
        thin = np.float32(self.config.thin)
        behind = self.reading.solid[..., None] - self.near
        return np.asarray(behind * (thin + (1 - thin) * self._bright), np.float32)

    @cached_property
    def skin(self) -> Floats:
        """[N, N, 1] where there is skin."""
        return np.asarray(self._bright * self.reading.weight, np.float32)

    @cached_property
    def _bright(self) -> Floats:
        """[N, N, 1] where the albedo may be skin's: hair's is darker, but for light hair."""
        low, high = (share * self.reading.typical for share in self.config.gloss.skin)
        return smoothstep(mean_of(self.reading.views.albedo), low, high)

    @cached_property
    def doubted(self) -> Floats:
        """[N, N, 1] where the model knows more than the frame. Of open eyes, mouths and hair the
        frame does, however dark they are."""
        reading = self.reading
        dark = 1 - smoothstep(mean_of(reading.source), *self.config.dark)
        share = np.maximum(smoothstep(reading.doubt, *self.config.doubt), dark)
        return np.asarray(reading.smooth(share) * self.skin * (1 - reading.open), np.float32)

    @cached_property
    def black(self) -> Floats:
        """[N, N, 1] what is no skin, and too dark for a factor; see `_BLACK`."""
        reading = self.reading
        dark = 1 - smoothstep(mean_of(reading.seen) / np.float32(reading.noise), *_BLACK)
        other = reading.solid[..., None] * (1 - self._bright) * (1 - reading.surely)
        return np.asarray(dark * other, np.float32)

    @cached_property
    def bleached(self) -> Bleached:
        """The frame's bright skin."""
        return Bleached.of(self.reading.frame, self.only_skin, self.white)

    @cached_property
    def only_skin(self) -> Floats:
        """[N, N, 1] where there is skin, without open eyes and mouths, and hats."""
        reading = self.reading
        hat = smoothstep(_coldness(reading.smooth(reading.views.albedo, _HAT)), *_WHITE)
        hat *= 1 - reading.surely * (1 - smoothstep(_coldness(reading.frame), *_BLUE))
        return np.asarray(self.skin * (1 - reading.open) * (1 - hat), np.float32)

    @cached_property
    def lift(self) -> Floats:
        """[N, N, 1] `Gain.lift` under another light. Hair in hard shadow holds nothing to
        multiply, either."""
        reading = self.reading
        lift = np.float32(reading.noise ** (1 / GAMMA)) * self.doubted
        if self.delit is not None and self.hard is not None:
            deep = reading.smooth(smoothstep(self.delit.brightened, *_DEEP)) * reading.weight
            level = np.float32(self.delit.floor ** (1 / GAMMA)) * deep * (1 - reading.open)
            lift += (level - lift) * self.hard
        return lift

    def lifted(self, moved: float) -> _Lifted:
        """The frame under a light that is so far another, 0..1; mostly 1, so the last is kept."""
        if self._last is None or self._last.moved != moved:
            lift, evened = self.lift * moved, None
            if self.delit is not None and self.hard is not None:
                frame = _with_lift(self.reading.frame, lift)
                evened = np.log((self.delit.even + _LEAST) / (frame + _LEAST))
            self._last = _Lifted(moved, lift, _with_lift(self.reading.seen, lift), evened)
        return self._last

    @cached_property
    def white(self) -> Floats:
        """[3] the frame's white.

        In a frame that candles or a sunset colour, white is as warm: as far as skin is redder in
        it than most skin. (Not colder, or the gloss of a black-and-white picture would be blue.)
        """
        reading = self.reading
        colour = reading.weight.ravel() @ reading.frame.reshape(-1, 3)
        warm = np.minimum(colour / max(float(colour[0]), 1e-6) / SKIN, 1)
        level = np.sqrt(reading.mean / self.config.gloss.white)
        return np.asarray(warm * level, np.float32)

    @cached_property
    def shine(self) -> Floats:
        """[N, N, 3] what skin shines with, in the frame's white."""
        return np.asarray(self.skin * self.white, np.float32)

    @cached_property
    def even(self) -> Floats:
        """[N, N, 3] shading under even light."""
        even = self.reading.even + np.float32(self.config.bounce)
        return np.asarray(cv2.merge([even, even, even]), np.float32)

    def relief(self, bare: float) -> Callable[[Floats], Floats]:
        """Smooths over `GainConfig.relief_under`."""
        return partial(self.reading.smooth, sigma=self.config.relief_under(bare))

    def under(self, bare: float) -> _Under:
        """The source light, for a new one of which bare lamps give a share; the last is kept."""
        if self._under is None or self._under.bare != bare:
            self._under = _Under(self, bare)
        return self._under

    def roots(self, shading: Floats, bare: float) -> Floats:
        """The same of any shading."""
        return as_roots(shading, np.float32(self.config.bounce), self.relief(bare))


def gain_of(ground: Ground, lit: Lit, gloss: Gloss | None = None) -> Gain:
    """Mix three answers to what the new light makes of the frame.

    The ratio of new over old shading keeps all that the frame shows, also shadows that the fitted
    source light doesn't explain. Where the input's light is soft, the rendered albedo under the
    new shading over the frame, both smoothed, keeps of the frame only what is finer than a cell; it
    is taken where the frame is dark under the source light or differs from what the model makes of
    it. Where the input's light is hard, what the delighting network takes off at the frame's own
    edges stands in for that. Bright skin that gets darker gets its colour back (`Bleached`).

    Args:
        ground: the frame.
        lit: by the new light.
        gloss: what skin reflects; None for none.
    """
    reading, config = ground.reading, ground.config
    bounce, smooth, weight = np.float32(config.bounce), reading.smooth, reading.weight
    new, under = ground.roots(lit.shading, lit.bare), ground.under(lit.bare)
    change = float(over(np.abs(new - under.old), weight).sum()) / reading.total / 3
    if lit.lamps is not None:
        shadow = lit.taken(ground.relief(lit.bare), bounce)
        new *= 1 - np.float32(config.cast) * ground.cast(shadow)
    moved = np.float32(smoothstep(change, *config.moved))
    ratio = np.log(new / under.old)
    if moved > 0:  # under its own light a frame stays as it is
        ratio += moved * under.unbelieved

    frame = ground.lifted(float(moved))
    lift, lifted = frame.lift, frame.seen
    rendered = np.log((reading.coarse * new + _LEAST) / (lifted + _LEAST))
    most = np.float32(np.log(config.most))
    gap = rendered - ratio
    correction = smooth(over(gap * moved, ground.doubted), config.spread)
    taken = None
    if frame.evened is not None and ground.hard is not None:
        anew = np.log(new / ground.even)
        taken = over((anew + frame.evened - ratio) * moved, weight * ground.hard)
        correction += taken - over(correction, ground.hard)
    logarithm = np.clip(ratio + correction, -2 * most, most)
    if moved > 0:
        told = logarithm + ground.bleached.regained(logarithm) * moved
        beyond = beyond_skin(under.apart, planes(told - ratio), ground.only_skin)
        logarithm += smooth(told - pixels(beyond * moved) - logarithm, config.spread)
    if gloss is not None:
        level, top = ground.shine * moved, np.float32(config.gloss.most)

        def rolled(light: Floats) -> Floats:
            return smooth(light * (top / (top + light)), config.gloss.smooth) * level

        shine, dull, dim = rolled(gloss.new), rolled(gloss.old), np.float32(0.2) * reading.noise
        # The frame's own gloss goes before the factor, the new light's comes after it. Of hard
        # light the network has taken it off already.
        dull = dull if ground.hard is None else over(dull, 1 - ground.hard)
        kept = np.maximum(1 - dull / (lifted + dim), np.float32(0.75))
        logarithm += np.log(kept + shine / (lifted * np.exp(logarithm) + dim))
        logarithm = np.minimum(logarithm, most)
    grey = mean_of(logarithm) - np.maximum(mean_of(rendered) + np.float32(_OVER), 0)
    logarithm -= smooth(np.maximum(grey, 0) * ground.black * moved, config.spread)
    logarithm += pixels(hue_kept(planes(lifted), planes(logarithm)))
    return Gain(np.asarray(logarithm, np.float32), np.asarray(lift[..., 0], np.float32), taken)


def how_hard(delit: Delit, config: GainConfig) -> Floats:
    """[N, N, 1] 0..1 how far the delighting network is believed."""
    whole = np.float32(smoothstep(delit.hardness, *config.hard))
    return np.asarray(np.maximum(smoothstep(delit.spots, *config.spots), whole), np.float32)


def _coldness(colour: Floats) -> Floats:
    """[N, N, 1] blue over red."""
    red, _, blue = cv2.split(colour)
    return np.asarray(blue / np.maximum(red, _LEAST), np.float32)[..., None]


def _with_lift(frame: Floats, lift: Floats) -> Floats:
    """[N, N, 3] the frame with `Gain.lift` [N, N, 1] in it."""
    coded = np.maximum(frame, 0) ** np.float32(2 / GAMMA)
    return np.asarray(np.sqrt(coded + lift**2) ** np.float32(GAMMA), np.float32)
