"""How methods and metrics are named and drawn, the same everywhere in a report."""

from __future__ import annotations

from collections.abc import Container, Sequence

from .html import Markup, tag

__all__ = ["capital", "legend", "line_class", "shortened"]

_COLOURS = 8  # as many as style.css has
_DASHES = 4  # lines differ without colour too


def line_class(index: int) -> str:
    """CSS classes of the method that stands at that place in its protocol."""
    return f"c{index % _COLOURS} d{(index + index // _COLOURS) % _DASHES}"


def legend(methods: Sequence[str], drawn: Container[str]) -> Markup:
    """A list of the methods with their lines.

    Args:
        methods: all, in the order that fixes their lines.
        drawn: those to list.
    """
    entries = []
    for index, name in enumerate(methods):
        if name not in drawn:
            continue
        line = tag("line", x1=0, y1=6, x2=28, y2=6, class_=f"line {line_class(index)}")
        swatch = tag("svg", line, viewBox="0 0 28 12", width=28, height=12, aria_hidden="true")
        entries.append(tag("li", swatch, tag("bdi", name)))
    return tag("ul", *entries, class_="legend")


def capital(title: str) -> str:
    """A title with a capital at its start."""
    return title[:1].upper() + title[1:]


def shortened(name: str, most: int) -> str:
    """A name that fits a plot; its middle goes, as the ends tell names apart."""
    if len(name) <= most:
        return name
    return f"{name[: (most - 1) // 2]}…{name[len(name) - most // 2 :]}"
