"""A metric's means and intervals, drawn one method a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..results import Metric, Row
from .html import Markup, tag
from .methods import shortened
from .numbers import column_format, extent, figure, ticks
from .standing import REFERENCES, has_interval, wish

__all__ = ["interval_plot"]

_Scale = Callable[[float], float]

_WIDTH, _NAMES, _VALUES, _LINE = 400.0, 132.0, 64.0, 24.0
_TOP, _BOTTOM = 6.0, 24.0


def interval_plot(metric: Metric, rows: Sequence[Row], best: Row | None) -> Markup:
    """One metric as dots (means), bars (95% intervals) and faint ticks (items).

    Args:
        metric: what is drawn.
        rows: the methods that have it, in order; at least one.
        best: the row to set in bold, if any.
    """
    low, high = extent(
        v for row in rows for v in (row.mean, row.low, row.high, *row.per_item.values())
    )
    left, right = _NAMES + 14, _WIDTH - _VALUES - 14
    height = _TOP + _LINE * len(rows) + _BOTTOM
    decimals = column_format((r.mean for r in rows), ((r.high - r.low) / 2 for r in rows))

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    base = height - _BOTTOM
    parts = []
    for value, text in ticks(low, high, most=4, room=32):
        parts.append(tag("line", x1=x(value), x2=x(value), y1=_TOP, y2=base, class_="grid"))
        parts.append(
            tag("text", text, x=x(value), y=base + 16, text_anchor="middle", class_="axis")
        )
    for index, row in enumerate(rows):
        parts.append(_method(row, _TOP + _LINE * (index + 0.5), x, decimals, row is best))
    about = ", ".join(f"{row.method} {figure(row.mean, decimals)}" for row in rows)
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH:g} {height:g}",
        role="img",
        aria_label=f"{metric.title}, {wish(metric)}: {about}",
        class_="intervals",
    )


def _method(row: Row, y: float, x: _Scale, decimals: int, best: bool) -> Markup:
    name = tag("title", row.method), shortened(row.method, 17)
    weight = "best" if best else None
    kind = "reference" if row.method in REFERENCES else None
    parts = [tag("text", *name, x=_NAMES, y=y + 4, text_anchor="end", class_=weight)]
    parts += [
        tag("line", x1=x(item), x2=x(item), y1=y - 5, y2=y + 5, class_="item")
        for item in row.per_item.values()
        if math.isfinite(item)
    ]
    if has_interval(row):
        parts.append(tag("line", x1=x(row.low), x2=x(row.high), y1=y, y2=y, class_="bar"))
    if math.isfinite(row.mean):
        parts.append(tag("circle", cx=x(row.mean), cy=y, r=4.5, class_="dot"))
    mean = figure(row.mean, decimals)
    parts.append(tag("text", mean, x=_WIDTH - _VALUES, y=y + 4, class_=weight))
    return tag("g", *parts, class_=kind)
