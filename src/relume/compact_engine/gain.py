"""How much brighter each part of a frame becomes: from the model's maps and two lights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import GAMMA, smoothstep
from ..runtime import Views
from .gloss import Gloss, GlossConfig

__all__ = ["Gain", "GainConfig", "gain_of", "presence"]

Floats = NDArray[np.float32]


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
    doubt: tuple[float, float] = (0.3, 0.7)
    """Natural logarithm of the frame over the model's picture of it, between which the difference
    goes from detail of the person to light that nine coefficients can't say: cast shadows,
    highlights."""
    dark: tuple[float, float] = (0.3, 0.9)
    """Source shading, mean 1, between which the frame goes from too dark to tell the albedo to
    well lit."""
    bleached: tuple[float, float] = (0.3, 0.7)
    """Brightest channel of the frame, linear, between which a camera's tone curve takes the colour
    out of skin: the model's stands in, or cheeks that get darker would turn grey."""
    soften: float = 3.2
    """Cells over which shading is smoothed: finer relief is the template's more than this
    person's, and costs likeness."""
    cast: float = 1.0
    """0..1 how much of a small lamp's light its shadow takes away."""
    crisp: float = 0.6
    """0..1 how far small lamps' own cosine takes the place of the one that harmonics blur."""
    edge: float = 1.25
    """Cells over which the edges of cast shadows are smoothed."""
    spread: float = 1.4
    """Cells over which the model's answer is smoothed: light it takes off is broad, and a lash or a
    brow that it has a little aside must not show twice."""
    moved: tuple[float, float] = (0.02, 0.15)
    """Mean change of shading between which the new light goes from the frame's own, which leaves
    the frame as it is, to another one."""
    gloss: GlossConfig = field(default_factory=GlossConfig)
    """How skin shines."""


@dataclass(frozen=True, eq=False)
class Gain:
    """What a frame's pixels are to become, N x N cells.

    Attributes:
        logarithm: [N, N, 3] natural logarithm of the factor in linear light.
        lift: [N, N] level, to the power of 1 / `GAMMA`, that pixels are first lifted to: where the
            frame is too dark to hold detail, the factor finds something to multiply.
    """

    logarithm: Floats
    lift: Floats


def gain_of(
    views: Views,
    frame: Floats,
    source: Floats,
    target: Floats,
    config: GainConfig,
    shadowed: Floats | None = None,
    gloss: Gloss | None = None,
) -> Gain:
    """Mix two answers to what the new light makes of the frame.

    The ratio of new over old shading keeps all that the frame shows, also shadows that the fitted
    source light doesn't explain. The rendered albedo under the new shading over the frame, both
    smoothed, keeps of the frame only what is finer than a cell; it is taken where the frame is
    dark under the source light or differs from what the model makes of it, and its colour alone
    where the frame is bleached.

    Args:
        views: the model's maps of the frame's own view, N x N cells.
        frame: [N, N, 3] the frame in linear light, averaged into cells.
        source: [N, N, 3] shading under the source light, mean near 1 over the face, 0 or more.
        target: [N, N, 3] shading under the new light.
        config: see `GainConfig`.
        shadowed: `target` with the shadows that lamps cast; None for none.
        gloss: what skin reflects; None for none.
    """
    bounce = np.float32(config.bounce)
    solid = presence(views)
    smooth = _Smoother(solid)
    source, soft = (smooth(x, config.soften) for x in (source, target))
    new = soft + bounce
    middle = float((views.depth * solid).sum() / max(float(solid.sum()), 1.0))
    if shadowed is not None:
        # Farther back, where hair and shoulders end is too coarse for an edge.
        near = solid * (1 - smoothstep(views.depth, middle + 0.06, middle + 0.16))
        taken = (target - shadowed) / (target + bounce) * near[..., None]
        new *= 1 - smooth(taken, config.edge)
    ratio = np.log(new / (source + bounce))
    # Hair and shoulders behind the face stay as the frame has them.
    weight = (solid * (1 - smoothstep(views.depth, middle + 0.02, middle + 0.12)))[..., None]
    total = float(weight.sum())
    if total < 16:
        return Gain(np.zeros_like(ratio), np.zeros_like(solid))
    # What the model takes for white may differ from the frame's exposure and cast: level it.
    bright, lit = (weight.ravel() @ x.reshape(-1, 3) for x in (frame, views.albedo * source))
    level = bright / np.maximum(lit, 1e-4)
    noise = np.float32(config.floor * float(bright.sum()) / total / 3)
    seen = smooth(frame)
    base = smooth(views.albedo) * level.astype(np.float32)

    explained = np.log((seen + noise) / (base * source + noise))
    explained -= np.median(explained[weight[..., 0] > 0.5].T.copy(), axis=1)
    doubt = smooth(_mean(np.abs(explained)))
    dark = 1 - smoothstep(_mean(source), *config.dark)
    change = float((np.abs(soft - source) * weight).sum()) / total / 3
    moved = smoothstep(change, *config.moved)
    share = np.maximum(smoothstep(doubt, *config.doubt), dark) * moved
    share = smooth(share) * weight

    lift = np.float32(noise ** (1 / GAMMA)) * share
    lifted = np.sqrt(np.maximum(seen, 0) ** np.float32(2 / GAMMA) + lift**2) ** np.float32(GAMMA)
    rendered = np.log((base * new + np.float32(1e-4)) / (lifted + np.float32(1e-4)))
    most = np.float32(np.log(config.most))
    red, green, blue = cv2.split(frame)
    highest = np.asarray(cv2.max(cv2.max(red, green), blue))[..., None]
    pale = smoothstep(highest, *config.bleached) * moved * weight
    gap = rendered - ratio
    grey = _mean(gap)
    believed = share * grey + np.maximum(share, pale) * (gap - grey)
    correction = smooth(np.asarray(believed, np.float32), config.spread)
    logarithm = np.clip(ratio + correction, -2 * most, most)
    if gloss is not None:
        white = _white(float(bright.sum()) / total / 3, views.albedo, weight, config.gloss)
        white *= moved
        top = np.float32(config.gloss.most)
        new, old = (
            smooth(x * (top / (top + x)), config.gloss.smooth) * white
            for x in (gloss.new, gloss.old)
        )
        dim = np.float32(0.2) * noise
        # The frame's own gloss goes before the factor, the new light's comes after it.
        kept = np.maximum(1 - old / (lifted + dim), np.float32(0.75))
        logarithm += np.log(kept + new / (lifted * np.exp(logarithm) + dim))
        logarithm = np.minimum(logarithm, most)
    return Gain(np.asarray(logarithm, np.float32), np.asarray(lift[..., 0], np.float32))


def _white(level: float, albedo: Floats, weight: Floats, config: GlossConfig) -> Floats:
    """[N, N, 1] the frame's level of white, where there is skin.

    Args:
        level: the face's mean in the frame.
        albedo: [N, N, 3] rendered.
        weight: [N, N, 1] 0..1 where the face is.
        config: see `GlossConfig`.
    """
    grey = _mean(albedo)
    typical = max(float(np.median(grey[weight > 0.5])), 1e-3)
    skin = smoothstep(grey, config.skin[0] * typical, config.skin[1] * typical)
    return skin * weight * np.float32(np.sqrt(level / config.white))


def presence(views: Views) -> Floats:
    """[N, N] 0..1 how far the maps may be believed: 0 in the haze around the head."""
    return np.asarray(smoothstep(views.alpha, 0.5, 0.95), np.float32)


class _Smoother:
    """Blurs by so many cells, over the person alone."""

    def __init__(self, weight: Floats) -> None:
        self._weight = weight
        self._three = cv2.merge([weight, weight, weight])
        self._shares: dict[float, Any] = {}

    def __call__(self, image: Floats, sigma: float = 1.0) -> Floats:
        """[N, N, 1 or 3]."""
        if sigma not in self._shares:
            share = cv2.GaussianBlur(self._weight, (0, 0), sigma)
            self._shares[sigma] = 1 / np.maximum(share, np.float32(1e-3))[..., None]
        weight = self._three if image.shape[2] == 3 else self._weight[..., None]
        blurred = cv2.GaussianBlur(image * weight, (0, 0), sigma).reshape(image.shape)
        return np.asarray(blurred * self._shares[sigma], np.float32)


def _mean(image: Floats) -> Floats:
    """[N, N, 1] of the three channels; NumPy crawls over so short an axis."""
    third = np.full((1, 3), 1 / 3, np.float32)
    return np.asarray(cv2.transform(image, third), np.float32)[..., None]
