"""Values over time, one line a method."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..results import Curve
from .html import Markup, tag
from .methods import line_class
from .numbers import extent, ticks

__all__ = ["curve_plot"]

_WIDTH, _HEIGHT = 440.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 10.0, 24.0, 40.0


def curve_plot(curve: Curve, methods: list[str]) -> Markup:
    """A line plot; gaps stay where a value is not a number.

    Args:
        curve: the values.
        methods: those of `curve.series` among them, in the order that fixes each one's line.
    """
    x_low, x_high = extent(curve.x)
    y_low, y_high = extent(v for values in curve.series.values() for v in values)

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - x_low) / (x_high - x_low)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - y_low) / (y_high - y_low)

    base, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value, text in ticks(y_low, y_high, most=5):
        parts.append(tag("line", x1=_LEFT, x2=right, y1=y(value), y2=y(value), class_="grid"))
        parts.append(
            tag("text", text, x=_LEFT - 6, y=y(value) + 4, text_anchor="end", class_="axis")
        )
    for value, text in ticks(x_low, x_high, most=5):
        parts.append(tag("line", x1=x(value), x2=x(value), y1=base, y2=base + 4, class_="grid"))
        parts.append(
            tag("text", text, x=x(value), y=base + 17, text_anchor="middle", class_="axis")
        )
    parts.append(tag("text", curve.y_title, x=0, y=12, class_="axis"))
    parts.append(
        tag("text", curve.x_title, x=right, y=_HEIGHT - 4, text_anchor="end", class_="axis")
    )
    order = {name: index for index, name in enumerate(methods)}
    for name in sorted(curve.series, key=lambda name: -order[name]):  # the first on top
        for run in _runs(curve.x, curve.series[name]):
            classes = f"line {line_class(order[name])}"
            title = tag("title", name)
            if len(run) == 1:
                (a, b), *_ = run
                parts.append(tag("circle", title, cx=x(a), cy=y(b), r=2.5, class_=classes))
                continue
            points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in run)
            parts.append(tag("polyline", title, points=points, class_=classes))
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        role="img",
        aria_label=f"{curve.title}, {curve.item}: one line each for {', '.join(curve.series)}",
        class_="curve",
    )


def _runs(x: Sequence[float], y: Sequence[float]) -> list[list[tuple[float, float]]]:
    """Stretches of finite points."""
    runs: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(x, y, strict=False):
        if math.isfinite(a) and math.isfinite(b):
            runs[-1].append((a, b))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
