"""Frames a second, as users give them, made exact."""

from __future__ import annotations

import math
from fractions import Fraction

from relume.errors import UsageError
from relume.number import check_number

__all__ = ["exact_rate"]

_FASTEST = 10_000
_FINEST = 100_000  # so that numerator and denominator have 32 bits, as FFmpeg's have


def exact_rate(rate: float | Fraction) -> Fraction:
    """A rate as a fraction of small numbers.

    Raises:
        UsageError: there is no such rate.
    """
    check_number("a rate", rate)
    if math.isfinite(rate) and rate <= _FASTEST:
        exact = Fraction(rate).limit_denominator(_FINEST)
        if exact > 0:
            return exact
    raise UsageError(f"a rate of {rate} frames a second makes no sense; give 25, or 30")
