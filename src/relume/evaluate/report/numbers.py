"""Numbers for readers: as many digits as their uncertainty supports, and round axis marks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

__all__ = ["column_format", "extent", "figure", "ticks"]

_MINUS = "\u2212"


def figure(value: float, decimals: int) -> str:
    """A number with that many decimals and a true minus sign; exponents where it needs many.

    Args:
        value: any number; not-a-number and infinities are told in words.
        decimals: places after the point; a negative count asks for an exponent with that many
            digits after its point.
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    text = f"{value:.{-decimals}e}" if decimals < 0 else f"{value:,.{decimals}f}"
    if not any(c in "123456789" for c in text.split("e")[0]):
        text = text.lstrip("-")  # no minus zero
    return text.replace(",", "\u2009").replace("-", _MINUS)


def column_format(means: Iterable[float], half_widths: Iterable[float]) -> int:
    """Decimals that suit a column: two digits of the typical uncertainty, or three of the value.

    Args:
        means: the column's values.
        half_widths: of their intervals; zeros tell nothing.

    Returns:
        What `figure` takes.
    """
    sizes = sorted(abs(m) for m in means if m and math.isfinite(m))
    if not sizes:
        return 0
    middle = sizes[len(sizes) // 2]
    widths = sorted(w for w in half_widths if w > 0 and math.isfinite(w))
    digits = 2 - math.floor(math.log10(middle))
    if widths:
        typical = widths[len(widths) // 2]
        digits = min(max(1 - math.floor(math.log10(typical)), digits - 1), digits + 2)
    return -2 if digits > 7 else max(0, digits)


def extent(values: Iterable[float]) -> tuple[float, float]:
    """Least and greatest of the finite values, never equal; (0, 1) if there are none."""
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        pad = 0.1 * abs(low) or 0.5
        return low - pad, high + pad
    return low, high


def ticks(low: float, high: float, most: int = 5, room: int = 50) -> Sequence[tuple[float, str]]:
    """Round values within [low, high] and how to write them.

    Args:
        low, high: ends of the axis, low < high.
        most: steps at most, each of 1, 2, 2.5 or 5 times 10^k.
        room: characters that fit beside each other; there are fewer marks where they wouldn't.
    """
    for steps in range(most, 0, -1):
        marks = _ticks(low, high, steps)
        if sum(len(text) + 2 for _, text in marks) <= room:
            break
    return marks


def _ticks(low: float, high: float, most: int) -> Sequence[tuple[float, str]]:
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
    finest = step / 5 if round(step / power, 1) == 2.5 else step  # 0.25 has a digit more than 0.2
    decimals = max(0, -math.floor(math.log10(finest) + 1e-9))
    small = decimals > 6
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, figure(k * step, -1 if small else decimals)) for k in range(first, last + 1)]
