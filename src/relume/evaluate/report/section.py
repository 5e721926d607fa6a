"""One protocol in the report."""

from __future__ import annotations

from pathlib import Path

from ..results import Curve, Protocol
from .curves import curve_plot
from .html import Child, Markup, tag
from .intervals import interval_plot
from .methods import capital, legend
from .pictures import strip_figure
from .standing import best_of, has_interval, wish
from .tables import group_tables, item_tables, metric_tables, plain_table

__all__ = ["protocol_section"]

_NAMED = 12  # items that failed for one reason
_SHORT = 240  # characters of settings that don't get in the way


def protocol_section(protocol: Protocol, folder: Path, anchor: str) -> Markup:
    """Everything that a protocol found, failures included.

    Args:
        protocol: what to show.
        folder: where its pictures are looked for.
        anchor: the section's id.
    """
    parts: list[Child] = [tag("h2", protocol.title)]
    if protocol.about:
        parts.append(tag("p", protocol.about, class_="lead"))
    if protocol.settings:
        parts.append(_settings(protocol))
    if protocol.rows:
        parts += metric_tables(protocol)
        parts += group_tables(protocol)
        parts += [_notes(protocol), _failures(protocol), _plots(protocol)]
    else:
        parts += [tag("p", "Nothing was measured."), _failures(protocol)]
    if protocol.strips:
        parts.append(tag("h3", "Side by side"))
        parts += [strip_figure(strip, folder) for strip in protocol.strips]
    if protocol.curves:
        drawn = {name for curve in protocol.curves for name in curve.series}
        order = list(dict.fromkeys([*protocol.method_order, *sorted(drawn)]))
        parts += [tag("h3", "Over time"), legend(order, drawn), *_curves(protocol.curves, order)]
    if tables := item_tables(protocol):
        parts.append(tag("details", tag("summary", "Every item's figures"), *tables))
    return tag("section", *parts, id=anchor)


def _notes(protocol: Protocol) -> Child:
    measured = {row.metric for row in protocol.rows}
    notes = []
    for metric in protocol.metrics:
        text = metric.note
        if metric.name not in measured:
            text = f"{text.rstrip('.')}. Not measured in this run.".lstrip(". ")
        if not metric.repeats:
            text = f"{text.rstrip('.')}. It differs from run to run.".lstrip(". ")
        if text:
            notes.append(tag("div", tag("dt", capital(metric.title)), tag("dd", capital(text))))
    if not notes:
        return None
    return tag("details", tag("summary", "What each figure is"), tag("dl", *notes))


def _plots(protocol: Protocol) -> Child:
    plots = []
    for metric in protocol.metrics:
        rows = [r for m in protocol.method_order if (r := protocol.row(m, metric.name))]
        if not any(map(has_interval, rows)):
            continue  # the table says it all
        unit = f", {metric.unit}" if metric.unit else ""
        caption = f"{capital(metric.title)}{unit} ({wish(metric)})"
        plot = interval_plot(metric, rows, best_of(metric, rows))
        plots.append(tag("figure", tag("figcaption", caption), plot))
    return tag("div", *plots, class_="plots") if plots else None


def _curves(curves: list[Curve], order: list[str]) -> list[Markup]:
    """Plots under the titles that they share; titles that stand once go to their plots."""
    groups: dict[str, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(curve.title, []).append(curve)
    if len(groups) == len(curves):
        plots = [
            tag("figure", tag("figcaption", f"{capital(c.title)}: ", tag("bdi", c.item)), plot)
            for c in curves
            if (plot := curve_plot(c, order))
        ]
        return [tag("div", *plots, class_="plots")]
    parts = []
    for title, group in groups.items():
        plots = [
            tag("figure", tag("figcaption", tag("bdi", curve.item)), curve_plot(curve, order))
            for curve in group
        ]
        parts += [tag("h4", capital(title)), tag("div", *plots, class_="plots")]
    return parts


def _failures(protocol: Protocol) -> Markup:
    if not protocol.failures:
        return tag("p", "No failure was recorded.", class_="quiet")
    # What failed for one reason stands in one line.
    alike: dict[tuple[str, str], list[str]] = {}
    for f in protocol.failures:
        reason = f.reason.removeprefix(f"{f.item}: ").replace(f.item, "…") if f.item else f.reason
        alike.setdefault((f.method, reason), []).append(f.item or "all items")
    rows: list[list[Child]] = [
        [tag("bdi", _listed(items)), tag("bdi", method or "all methods"), reason]
        for (method, reason), items in alike.items()
    ]
    table = plain_table("Left out, and why", ["Item", "Method", "Reason"], rows)
    return tag("div", table, class_="failures")


def _listed(items: list[str]) -> str:
    """Names; of very many the first, and how many more."""
    if len(items) <= _NAMED:
        return ", ".join(items)
    return f"{', '.join(items[:_NAMED])} and {len(items) - _NAMED} more (results.json has them)"


def _settings(protocol: Protocol) -> Markup:
    """What was run on; behind a line to open where it is long."""
    texts = {capital(name): _plain(value) for name, value in protocol.settings.items()}
    facts = [tag("div", tag("dt", name), tag("dd", text)) for name, text in texts.items()]
    listed = tag("dl", *facts, class_="settings")
    if sum(map(len, texts.values())) <= _SHORT:
        return listed
    return tag("details", tag("summary", "What this was run on"), listed)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
