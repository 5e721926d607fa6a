"""Key lights of surroundings: the bright discs of a map that nine harmonics would blur too far.

A window behind the head leaves the face dark, but its harmonics don't: they ring, and give the
front a few per cent of what the window gives the back of the head. Where little else lights the
front, that is most of it. As lamps, which are never blurred alone, such keys light what faces them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colour import LUMINANCE
from .lamp import LARGEST, Lamp

__all__ = ["Key", "find_keys", "find_sun"]

Array = NDArray[np.float64]

_COUNT = 4
"""Most keys of a map; the largest come first."""

_SHARE = 0.08
"""Least share of all light that a key sends."""

_SOFTNESS = (0.08, 0.15, 0.25, LARGEST)
"""Sizes of discs that are tried."""

_SUN = 0.06
"""Radians around the brightest pixel that count as the sun, its glow included."""

_OUTSHINES = 0.25
"""Share of all light from which the brightest spot is a sun."""

_MARGIN = 0.05
"""Radians by which a disc may reach farther: half a part of the coarse map."""

_RING = 1.4
"""The ring around a disc, out to so many times its angle, tells what would be there without it."""


@dataclass(frozen=True, eq=False)
class Key:
    """One disc of a map that outshines what is around it."""

    lamp: Lamp
    directions: Array
    """[N, 3] unit vectors to the parts of the map that it was."""
    flux: Array
    """[N, 3] radiance times solid angle that was taken for the lamp from each."""

    @classmethod
    def of(cls, directions: Array, flux: Array, softness: float) -> Key:
        """The lamp that sends `flux` from `directions`."""
        middle = (flux @ LUMINANCE) @ directions
        return cls(Lamp(middle, flux.sum(0) / np.pi, softness), directions, flux)


def find_sun(pixels: NDArray[Any], directions: Array, solid: Array) -> Key | None:
    """The one small source that outshines all the rest, if there is one.

    Args:
        pixels: [H, W, 3] linear radiance.
        directions: [H, W, 3] of the pixels.
        solid: [H] solid angle of a pixel of each row.
    """
    height = pixels.shape[0]
    grey = np.maximum(np.asarray(pixels @ LUMINANCE.astype(np.float32)), 0.0)
    row, column = np.unravel_index(int(np.argmax(grey)), grey.shape)
    rows = slice(max(int(row) - height // 24, 0), int(row) + height // 24 + 1)
    towards = directions[rows]
    near = towards @ towards[int(row) - rows.start, column] > np.cos(_SUN)
    # What the sky around it would give there is no part of it.
    excess = np.maximum(pixels[rows] - np.median(pixels[rows][near], 0), 0.0)[near]
    flux = np.asarray(excess * np.broadcast_to(solid[rows, None], near.shape)[near][:, None])
    if not flux.sum(0) @ LUMINANCE > _OUTSHINES * float((grey.sum(1, dtype=np.float64)) @ solid):
        return None
    return Key.of(towards[near], flux, 0.01)


def find_keys(directions: Array, flux: Array, solid: Array) -> list[Key]:
    """The keys of a coarse map, greedily: each is taken off before the next is looked for.

    Args:
        directions: [M, 3] unit vectors to the parts of the map.
        flux: [M, 3] radiance times solid angle, linear.
        solid: [M] solid angles.
    """
    rest = flux.copy()
    whole = float((flux @ LUMINANCE).sum())
    keys: list[Key] = []
    cosines = directions @ directions.T
    discs = [(s, *_disc(cosines, solid, s)) for s in _SOFTNESS]
    while len(keys) < _COUNT and whole > 0.0:
        grey = rest @ LUMINANCE
        worth, found = 0.0, None
        for softness, inside, ring, size, around in discs:
            base = (ring @ grey) / np.maximum(around, 1e-9)
            # Without a ring (of parts as large as the disc) nothing can be told.
            excess = (inside @ grey - base * size) * (around > 0.0)
            # Of a disc as large as the source all is in and nothing else.
            k = int(np.argmax(excess))
            value = float(excess[k] / np.sqrt(size[k]))
            if excess[k] > _SHARE * whole and value > worth:
                worth, found = value, (softness, inside[k], ring[k])
        if found is None:
            break
        softness, disc, edge = found
        at = np.flatnonzero(disc)
        level = rest[at] / solid[at, None]
        base = rest[edge].sum(0) / solid[edge].sum()
        taken = np.maximum(level - base, 0.0) * solid[at, None]
        rest[at] -= taken
        keys.append(Key.of(directions[at], taken, softness))
    return keys


def _disc(cosines: Array, solid: Array, softness: float) -> tuple[Any, Any, Array, Array]:
    """Which parts lie within a disc around each, in the ring around it; solid angles of both."""
    angle = softness * np.pi / 2.0 + _MARGIN
    inside = cosines >= np.cos(angle)
    ring = (cosines > np.cos(_RING * angle)) & ~inside
    return inside, ring, inside @ solid, ring @ solid
