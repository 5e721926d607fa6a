"""Numbers that a caller gives."""

from __future__ import annotations

from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError

__all__ = ["as_floats", "as_number", "check_number"]


def check_number(name: str, value: object) -> None:
    """Raise UsageError unless it is one number of any kind."""
    if isinstance(value, (float, int)):  # asked many times a frame; protocols take long
        return
    if not isinstance(value, SupportsFloat) or np.ndim(value) != 0:  # type: ignore[arg-type]
        raise UsageError(f"{name} is a number, not {value!r}")


def as_number(name: str, value: object) -> float:
    """One number of any kind (a Fraction, as PyAV's times are, a Decimal) as a float.

    Raises:
        UsageError: it is none, or too large for a float.
    """
    check_number(name, value)
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        raise UsageError(f"{name} is a finite number, got {str(value)[:20]}") from None


def as_floats(value: object) -> NDArray[np.float64]:
    """An array of any shape; one NaN where it isn't made of numbers, which no check lets pass."""
    try:
        given = np.asarray(value)
        if given.dtype.kind in "biufO":
            return np.asarray(given, np.float64)
    except (TypeError, ValueError, OverflowError):  # lists of several lengths among them
        pass
    return np.asarray(np.nan)
