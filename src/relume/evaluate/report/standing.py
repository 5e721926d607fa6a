"""What a table may say of its values: which is known how well, and which one is best."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..results import Metric, Row

__all__ = ["REFERENCES", "best_of", "has_interval", "wish"]

REFERENCES = ("untouched", "oracle", "frozen", "blurred")
"""Methods that are no rivals: they show what a metric gives to doing nothing, to the truth, to a
picture that never moves and to lost detail."""


def has_interval(row: Row) -> bool:
    """Whether the row's bounds tell its uncertainty; one item alone has none."""
    if not all(map(math.isfinite, (row.mean, row.low, row.high))):
        return False
    return row.n >= 2 and (row.low < row.high or len(row.per_item) >= 2)


def best_of(metric: Metric, rows: Sequence[Row]) -> Row | None:
    """The best row, if its interval is clear of every other's and all are over as many items;
    references don't count.

    Args:
        metric: says which way is better.
        rows: the methods' values of that metric.

    Returns:
        None if there are fewer than two rivals, an interval is unknown, somebody lacks items, or
        the best overlaps another.
    """
    rows = [row for row in rows if row.method not in REFERENCES]
    if len(rows) < 2 or not all(map(has_interval, rows)) or len({row.n for row in rows}) > 1:
        return None
    best = min(rows, key=lambda row: metric.loss(row.mean))
    worst_of_best = max(metric.loss(best.low), metric.loss(best.high))
    others = (row for row in rows if row is not best)
    if all(_least_loss(metric, row) > worst_of_best for row in others):
        return best
    return None


def _least_loss(metric: Metric, row: Row) -> float:
    if metric.better == "one" and row.low <= 1.0 <= row.high:
        return 0.0
    return min(metric.loss(row.low), metric.loss(row.high))


def wish(metric: Metric) -> str:
    """Which way is better, in words."""
    return {"lower": "lower", "higher": "higher", "one": "nearer 1"}[metric.better] + " is better"
