"""Is a change between two runs more than chance? A paired bootstrap over their items.

Both runs measured the same items, so each item's difference is free of how hard the item is.
Items are drawn with replacement and the mean difference is studentised in every draw (the
symmetric bootstrap-t: Hall, "On symmetric bootstrap confidence intervals", JRSS B 50, 1988;
Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 12 and 16), which keeps its
promised error rate at the ten or so items that an evaluation has unless their differences are very
skewed; the plain percentile bootstrap does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["FEWEST_ITEMS", "PairedChange", "adjusted_for_number", "paired_bootstrap"]

FEWEST_ITEMS = 6
"""With fewer differences, none can be significant at 5% whatever their distribution: n signs that
agree by chance have probability 2^(1-n)."""

Floats = NDArray[np.float64]

_SAME = 1e-9  # relative; smaller differences are rounding
_BLOCK = 1 << 22  # drawn items held at once, to bound memory


@dataclass(frozen=True)
class PairedChange:
    """How the mean of a metric changed between two runs over the items that both measured."""

    items: int
    """Items that both runs measured."""
    before: float
    """Mean of the first run over those items; NaN if there are none."""
    after: float
    """Mean of the second."""
    low: float
    """Lower end of the 95% interval of the mean difference; -inf where too few items tell."""
    high: float
    """Upper end."""
    p: float
    """Probability of a difference as large by chance; 1 where nothing changed at all."""

    @property
    def change(self) -> float:
        """Mean difference, second run less first."""
        return self.after - self.before


def paired_bootstrap(
    before: ArrayLike, after: ArrayLike, *, seed: int = 0, draws: int = 10_000
) -> PairedChange:
    """Compare two runs item by item.

    Args:
        before: [N] the first run's values, finite.
        after: [N] the second run's values of the same items.
        seed: of the draws.
        draws: how many; the smallest p is 1 / (draws + 1).

    Returns:
        The change; with fewer than `FEWEST_ITEMS` that differ at all, no interval and p = 1.
    """
    first, second = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"expected two rows of equal length, got {first.shape}, {second.shape}")
    count = len(first)
    if count == 0:
        return PairedChange(0, math.nan, math.nan, -math.inf, math.inf, 1.0)
    difference = second - first
    scale = np.maximum(np.abs(first), np.abs(second))
    difference[np.abs(difference) <= _SAME * scale] = 0.0
    means = float(first.mean()), float(second.mean())
    if not difference.any():
        return PairedChange(count, *means, 0.0, 0.0, 1.0)
    if count < FEWEST_ITEMS:
        return PairedChange(count, *means, -math.inf, math.inf, 1.0)
    centre, error = float(difference.mean()), float(_standard_error(difference))
    if error <= _SAME * abs(centre):  # every item moved by the same amount
        return PairedChange(count, *means, centre, centre, 1 / (draws + 1))
    ratios = _studentised(difference, seed, draws)
    p = (1 + int((ratios >= abs(centre) / error).sum())) / (draws + 1)
    reach = float(np.sort(ratios)[min(draws - 1, math.ceil(0.95 * (draws + 1)) - 1)]) * error
    return PairedChange(count, *means, centre - reach, centre + reach, p)


def adjusted_for_number(p: ArrayLike) -> Floats:
    """Adjust p values for their number (Holm, Scandinavian Journal of Statistics 6, 1979).

    Calling changes real where the adjusted value is at most 0.05 errs in at most one of twenty
    comparisons as a whole, however many figures each has and however they hang together.

    Args:
        p: [N] p values.

    Returns:
        [N] adjusted values, in the same order.
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values)
    remaining = np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(np.minimum(values[order] * remaining, 1.0))
    return adjusted


def _studentised(difference: Floats, seed: int, draws: int) -> Floats:
    """[draws] distance of each draw's mean from the true one, in its own standard errors."""
    generator = np.random.default_rng(seed)
    count, centre = len(difference), difference.mean()
    parts = []
    for start in range(0, draws, step := max(1, _BLOCK // count)):
        size = min(step, draws - start)
        drawn = difference[generator.integers(0, count, (size, count))]
        error = _standard_error(drawn)
        off = np.abs(drawn.mean(1) - centre)
        with np.errstate(divide="ignore"):
            parts.append(np.where(off > 0, off / error, 0.0))
    return np.concatenate(parts)


def _standard_error(values: Floats) -> Floats:
    """Of the mean, over the last axis."""
    count = values.shape[-1]
    if count < 2:
        return np.zeros(values.shape[:-1])
    spread = values.std(-1, ddof=1) / math.sqrt(count)
    # A draw of one value over and over has none, but for rounding.
    error: Floats = np.where(np.ptp(values, axis=-1) > 0, spread, 0.0)
    return error
