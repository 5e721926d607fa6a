"""The one-euro filter: steady when still, quick when moving."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["OneEuro"]

Floats = NDArray[np.float64]


_SPEED = 2.0  # Hz, cutoff of the average that the speed is taken through


class OneEuro:
    """One-euro filter on an array of values (Casiez, Roussel & Vogel, CHI 2012).

    An exponential average whose cutoff frequency grows with the speed of the value:
    f = min_cutoff + beta |speed|. Time steps may differ.

    Args:
        min_cutoff: Hz at rest; lower is steadier.
        beta: Hz per unit of speed; higher lags less. Broadcast against the values.
        group: average the speed over this axis' norm, so that the values of one point move
            together; none by default.
    """

    def __init__(
        self,
        min_cutoff: ArrayLike,
        beta: ArrayLike,
        group: int | None = None,
    ) -> None:
        self._min_cutoff = np.asarray(min_cutoff, np.float64)
        self._beta = np.asarray(beta, np.float64)
        self._group = group
        self._value: Floats | None = None
        self._speed: Floats | None = None
        self._time = 0.0

    def __call__(self, value: ArrayLike, time: float) -> Floats:
        """The filtered value at `time` in seconds; a time that doesn't move on changes nothing."""
        new = np.asarray(value, np.float64)
        if self._value is None or self._speed is None:
            self._value, self._speed, self._time = new.copy(), np.zeros_like(new), time
            return self._value.copy()
        step = time - self._time
        if step <= 0.0:
            return self._value.copy()
        self._time = time
        speed = (new - self._value) / step
        self._speed = self._speed + _share(_SPEED, step) * (speed - self._speed)
        size = np.abs(self._speed)
        if self._group is not None:
            size = np.linalg.norm(self._speed, axis=self._group, keepdims=True)
        share = _share(self._min_cutoff + self._beta * size, step)
        self._value = self._value + share * (new - self._value)
        return self._value.copy()

    def reset(self) -> None:
        """Forget the past; the next value comes out as it goes in."""
        self._value = self._speed = None


def _share(cutoff: ArrayLike, step: float) -> Floats:
    """How much of a new value an average with this cutoff (Hz) takes in after `step` seconds."""
    turn = 2.0 * np.pi * np.asarray(cutoff, np.float64) * step
    return np.asarray(turn / (turn + 1.0))
