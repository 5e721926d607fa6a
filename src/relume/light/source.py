"""`LightSource`: a light over time. Constant lights too, so that the pipeline treats all alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .light import Light, check_light

__all__ = ["ConstantLight", "LightSource"]


@runtime_checkable
class LightSource(Protocol):
    """A light, and a turn of the camera, for every time of a video."""

    @property
    def constant(self) -> bool:
        """Whether neither light nor view ever changes, so that both may be asked for once."""
        ...

    def at(self, time: float) -> Light:
        """The light at `time` seconds; one frame of reference throughout."""
        ...

    def view(self, time: float) -> tuple[float, float, float]:
        """Yaw, pitch and roll in radians that the camera is turned by; zeros: left alone."""
        ...


@dataclass(frozen=True)
class ConstantLight:
    """The same light at all times, the camera left alone."""

    light: Light
    """What `at` returns."""
    constant: bool = True
    """Always true."""

    def __post_init__(self) -> None:
        check_light(self.light)

    def at(self, time: float) -> Light:
        """`light`, whatever the time."""
        return self.light

    def view(self, time: float) -> tuple[float, float, float]:
        """No turn."""
        return 0.0, 0.0, 0.0
