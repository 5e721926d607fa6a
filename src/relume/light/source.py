"""`LightSource`: a light over time. Constant lights too, so that the pipeline treats all alike."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from math import radians
from typing import Protocol, runtime_checkable

import numpy as np

from ..errors import LightError
from ..geometry import MOST_TURN
from ..number import as_floats
from .light import Light, check_light

__all__ = ["ConstantLight", "LightSource", "check_view", "light_at", "view_at"]

_MOST_TURN = radians(MOST_TURN) + 1e-9  # what rounding adds between two keyframes


@runtime_checkable
class LightSource(Protocol):
    """A light, and a turn of the camera, for every time of a video.

    Any class that has these three is one.
    """

    @property
    def constant(self) -> bool:
        """Whether neither light nor view ever changes, so that both may be asked for once."""
        ...

    def at(self, time: float) -> Light:
        """The light at `time` seconds; one frame of reference throughout."""
        ...

    def view(self, time: float) -> tuple[float, float, float]:
        """Yaw, pitch and roll in radians, 30 degrees (0.52) each at most, that the camera is turned
        by; zeros: left alone."""
        ...


@dataclass(frozen=True)
class ConstantLight:
    """The same light at all times, the camera left alone.

    Attributes:
        light: what `at` returns.
        constant: always true.

    Raises:
        LightError: it is no Light.
    """

    light: Light
    constant: bool = True

    def __post_init__(self) -> None:
        check_light(self.light)

    def at(self, time: float) -> Light:
        """`light`, whatever the time."""
        return self.light

    def view(self, time: float) -> tuple[float, float, float]:
        """No turn."""
        return 0.0, 0.0, 0.0


def light_at(source: LightSource, time: float) -> Light:
    """What a source of anybody's own making says, once it is a light.

    Raises:
        LightError: it is none.
    """
    light = source.at(time)
    if not isinstance(light, Light):
        raise LightError(
            f"{type(source).__name__}.at(time) gives a relume.Light, not {type(light).__name__};"
            " relume.Light(coefficients) makes one of numbers"
        )
    return light


def view_at(source: LightSource, time: float) -> tuple[float, float, float]:
    """Likewise the turn of the camera.

    Raises:
        LightError: it makes no sense.
    """
    view = source.view(time)
    check_view(view, f"{type(source).__name__}.view(time)")
    return view


def check_view(view: object, what: str) -> None:
    """Raise LightError unless a camera may be turned by it.

    Args:
        view: yaw, pitch and roll in radians.
        what: what it is called.
    """
    angles = as_floats(view) if isinstance(view, Sized) else np.asarray(np.nan)
    if angles.shape != (3,) or not (np.abs(angles) <= _MOST_TURN).all():
        raise LightError(
            f"{what} is yaw, pitch and roll in finite radians, {radians(MOST_TURN):.2f}"
            f" ({MOST_TURN:.0f} degrees) each at most, got {view!r}; (0.0, 0.0, 0.0) leaves the"
            " camera alone"
        )
