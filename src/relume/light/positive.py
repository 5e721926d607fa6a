"""Least squares for light that is nowhere negative."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .sh import lattice, sh_basis

__all__ = ["PositiveLight", "positive_light"]

Array = NDArray[np.float64]

_DIRECTIONS = 48
"""Directions that light may come from, spread evenly; even light from everywhere beside them."""

_RIDGE = 1e-4
"""Weight of the pull of each direction towards darkness, so that the answer is one alone."""


@dataclass(frozen=True, eq=False)
class PositiveLight:
    """A sum of lamps.

    Attributes:
        coefficients: [9] of radiance; 0 where nothing positive fits.
        strength: [K] of each lamp, 0 or more.
    """

    coefficients: Array
    strength: Array


def positive_light(
    normal: ArrayLike, right: ArrayLike, like: PositiveLight | None = None
) -> PositiveLight:
    """The light c that minimises c.N.c - 2 c.b among sums of lamps, none of them negative.

    Nine coefficients fitted freely to a face say of light from behind it whatever suits the front:
    radiance below zero, even on average. Non-negative least squares after Lawson and Hanson,
    "Solving Least Squares Problems" (1974), chapter 23, from the normal equations (Bro and De
    Jong, "A fast non-negativity-constrained least squares algorithm", 1997).

    Args:
        normal: [9, 9] N, symmetric, of equations of unit weight.
        right: [9] b.
        like: the answer to equations much like these, which is where to start from; the answer
            depends on it by no more than rounding.
    """
    lamps = _lamps()
    gram = lamps.T @ np.asarray(normal, np.float64) @ lamps
    gram[np.diag_indices_from(gram)] += _RIDGE
    wanted = lamps.T @ np.asarray(right, np.float64)
    strength = np.zeros(len(wanted)) if like is None else like.strength.copy()
    used = strength > 0.0
    tolerance = 1e-9 * max(float(np.abs(wanted).max()), 1e-30)
    for number in range(3 * len(wanted)):  # ends long before
        if number or not used.any():
            slope = np.where(used, -np.inf, wanted - gram @ strength)
            best = int(np.argmax(slope))
            if slope[best] <= tolerance:
                break
            used[best] = True
        while True:
            at = np.flatnonzero(used)
            free = np.linalg.solve(gram[np.ix_(at, at)], wanted[at])
            if free.min() > 0.0:
                break
            # As far towards the free answer as nothing becomes negative; what got to 0 is left out.
            now = strength[at]
            way = np.full(len(at), np.inf)
            low = free <= 0.0
            way[low] = now[low] / np.maximum(now[low] - free[low], 1e-30)
            share = float(way.min())
            strength[at] = np.maximum(now + share * (free - now), 0.0)
            used[at[way <= share]] = False  # one at least, so that this ends
            strength[~used] = 0.0
            if not used.any():
                break
        strength[:] = 0.0
        if used.any():
            strength[at] = free
    return PositiveLight(np.asarray(lamps @ strength), strength)


@lru_cache(maxsize=1)
def _lamps() -> Array:
    """[9, 1 + K] coefficients of even light of radiance 1, and of lamps (a Fibonacci lattice) that
    give a facing surface 1."""
    even = np.zeros((9, 1))
    even[0] = np.sqrt(4.0 * np.pi)
    return np.concatenate([even, np.pi * sh_basis(lattice(_DIRECTIONS)).T], 1)
