"""How strongly the effect shows: a fade in time that follows confidence."""

from __future__ import annotations

from .ramp import ramp

__all__ = ["Fade"]

_LOW, _HIGH = 0.3, 0.6  # confidence at which the effect is gone, and whole


class Fade:
    """Strength 0..1 that moves towards what the confidence allows, never in a jump.

    Args:
        attack: seconds from 0 to 1.
        release: seconds from 1 to 0.
    """

    def __init__(self, attack: float, release: float) -> None:
        self._attack = attack
        self._release = release
        self.value = 0.0

    def __call__(self, confidence: float, step: float) -> float:
        """Strength after `step` seconds at this confidence."""
        target = self.target(confidence)
        if target > self.value:
            self.value = min(target, self.value + step / self._attack)
        else:
            self.value = max(target, self.value - step / self._release)
        return self.value

    @staticmethod
    def target(confidence: float) -> float:
        """Strength that a confidence allows in the long run: a smooth step."""
        t = ramp(confidence, _LOW, _HIGH)
        return t * t * (3.0 - 2.0 * t)
