"""Frames a second, as users give them, made exact."""

from __future__ import annotations

import math
from fractions import Fraction

from relume.errors import UsageError
from relume.number import check_number

__all__ = ["exact_rate"]

_FASTEST = 10_000
_FINEST = 100_000  # so that numerator and denominator have 32 bits, as FFmpeg's have
_NTSC = [Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 120)]
_ROUNDED = 0.005  # by how much their usual names, such as 23.98, are off


def exact_rate(rate: float | Fraction) -> Fraction:
    """A rate as a fraction of small numbers; 23.976, 29.97 and 59.94 are short for NTSC's
    24000/1001, 30000/1001 and 60000/1001. A Fraction is exact as it is.

    Raises:
        UsageError: there is no such rate.
    """
    check_number("a rate", rate)
    if math.isfinite(rate) and rate <= _FASTEST:
        if not isinstance(rate, Fraction):
            rate = next((ntsc for ntsc in _NTSC if abs(float(rate) - ntsc) < _ROUNDED), rate)
        exact = Fraction(rate).limit_denominator(_FINEST)
        if exact > 0:
            return exact
    raise UsageError(f"a rate of {rate} frames a second makes no sense; give 25, or 30")
