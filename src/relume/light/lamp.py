"""`Lamp`: one small source of a light, kept beside its harmonics so that it can cast shadows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError
from ..number import as_floats
from .sh import BANDS, DERINGING, LAMBERT, sh_basis

__all__ = ["LARGEST", "Lamp", "check_softness", "disc_lobe", "joined"]

Array = NDArray[np.float64]

LARGEST = 0.35
"""Softness up to which a source counts as a lamp; nine harmonics say all about larger ones."""


@dataclass(frozen=True, eq=False)
class Lamp:
    """An even disc on the sky.

    Attributes:
        direction: [3] unit vector towards its middle, in the frame of the light it is part of.
        rgb: [3] shading of a surface facing it, if the lamp is small; linear light, 0 or more.
        softness: half angle as a share of a right angle, 0..1.

    Raises:
        LightError: a value out of its range.
    """

    direction: Array
    rgb: Array
    softness: float = 0.0

    def __post_init__(self) -> None:
        direction, rgb = (np.array(as_floats(x)) for x in (self.direction, self.rgb))
        length = float(np.linalg.norm(direction)) if direction.shape == (3,) else np.nan
        if not np.isfinite(length) or length == 0.0:
            raise LightError(
                "a lamp's direction must be three finite numbers, not all zero, got"
                f" {self.direction!r}"
            )
        if rgb.shape != (3,) or not np.isfinite(rgb).all() or rgb.min() < 0.0:
            raise LightError(
                f"a lamp's rgb must be three finite numbers of 0 or more, got {self.rgb!r}"
            )
        check_softness(self.softness)
        if abs(length - 1.0) > 1e-12:  # so that what is saved is read back to the last digit
            direction /= length
        for name, value in (("direction", direction), ("rgb", rgb)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def sine(self) -> float:
        """Of the half angle that its disc takes up."""
        return math.sin(self.softness * math.pi / 2.0)

    @property
    def coefficients(self) -> Array:
        """[9, 3] what the lamp adds to a light's coefficients."""
        return disc_lobe(self.direction, self.softness)[:, None] * self.rgb

    def scaled(self, factor: ArrayLike) -> Lamp:
        """Brighter or tinted by one number or [3]."""
        return Lamp(self.direction, self.rgb * as_floats(factor), self.softness)

    def moved(self, matrix: ArrayLike) -> Lamp:
        """Turned by an orthonormal [3, 3]."""
        return Lamp(np.asarray(matrix, np.float64) @ self.direction, self.rgb, self.softness)


def check_softness(softness: float) -> None:
    """Raise LightError unless it is one from 0 to 1."""
    value = as_floats(softness)
    if value.shape != () or not 0.0 <= value <= 1.0:
        raise LightError(f"softness must lie between 0 and 1, got {softness!r}")


def disc_lobe(direction: ArrayLike, softness: float) -> Array:
    """[9] coefficients of an even disc whose small likes give a facing surface shading 1.

    Deringed as `Light.deringed` does it: no shading is negative.

    Args:
        direction: [3] unit.
        softness: half angle as a share of a right angle.
    """
    return np.asarray(np.pi * _zonal(softness)[BANDS] * sh_basis(direction))


@lru_cache(maxsize=256)
def _zonal(softness: float) -> Array:
    """[3] a disc's bands over those of a point, drawn towards the window as far as needed."""
    c = np.cos(softness * np.pi / 2.0)
    disc = np.array([1.0, 0.5 * (1.0 + c), 0.5 * c * (1.0 + c)])
    window = disc * DERINGING[[0, 1, 4]]
    x = np.linspace(-1.0, 1.0, 50_001)  # near enough for 1e-9 of the peak
    shading = np.stack([np.ones_like(x), 3.0 * x, 7.5 * x * x - 2.5], -1) * LAMBERT[[0, 1, 4]]
    a, b = shading @ disc, shading @ window
    below = (a < 0.0) & (b > a)
    share = min(float(np.max(a[below] / (a[below] - b[below]), initial=0.0)), 1.0)
    return np.asarray(disc + share * (window - disc))


def joined(lamps: Iterable[Lamp]) -> tuple[Lamp, ...]:
    """Those that stand in one place made one, dark ones left out."""
    out: list[Lamp] = []
    for lamp in lamps:
        if not lamp.rgb.any():
            continue
        for k, other in enumerate(out):
            if lamp.softness == other.softness and np.array_equal(lamp.direction, other.direction):
                out[k] = Lamp(lamp.direction, lamp.rgb + other.rgb, lamp.softness)
                break
        else:
            out.append(lamp)
    return tuple(out)
