"""A protocol's figures as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..results import Metric, Protocol, Row
from .html import Child, Markup, join, tag
from .methods import capital
from .numbers import column_format, figure
from .standing import REFERENCES, best_of, has_interval, wish

__all__ = ["group_tables", "item_tables", "metric_tables", "plain_table", "scrolled"]

_MOST_COLUMNS = 8  # of metrics beside each other; as many fit a sheet of paper
_ARROW = {"lower": "↓", "higher": "↑", "one": "→"}


def metric_tables(protocol: Protocol) -> list[Markup]:
    """Methods down, metrics across: mean, interval, number of items where it isn't the usual.

    Methods without figures have an empty line; metrics without figures have no column.
    """
    counts = [row.n for row in protocol.rows]
    usual = max(counts, key=counts.count)
    unless = " unless noted" if len(set(counts)) > 1 else ""
    caption = f"Mean and 95% interval over {_items(usual)}{unless}"
    if not any(map(has_interval, protocol.rows)):
        caption = f"Over {_items(usual)}{unless}, so without intervals"
    measured = {row.metric for row in protocol.rows}
    metrics = [metric for metric in protocol.metrics if metric.name in measured]
    pieces = math.ceil(len(metrics) / _MOST_COLUMNS)
    return [
        _metric_table(
            protocol,
            metrics[k * len(metrics) // pieces : (k + 1) * len(metrics) // pieces],
            usual,
            caption if k == 0 else f"{caption}, continued",
        )
        for k in range(pieces)
    ]


def _metric_table(
    protocol: Protocol, metrics: Sequence[Metric], usual: int, caption: str
) -> Markup:
    columns = [_Column(protocol, metric) for metric in metrics]
    head = [tag("th", "Method", scope="col")]
    head += [tag("th", *_head(c.metric), scope="col", class_="number") for c in columns]
    body = []
    for method in protocol.method_order:
        kind = "reference" if method in REFERENCES else None
        cells = [tag("th", tag("bdi", method), scope="row")]
        if any(row.method == method for row in protocol.rows):
            cells += [column.cell(method, usual) for column in columns]
        else:
            cells.append(tag("td", "not measured", colspan=len(columns), class_="missing"))
        body.append(tag("tr", *cells, class_=kind))
    return scrolled(caption, tag("tr", *head), body)


def item_tables(protocol: Protocol) -> list[Markup]:
    """One table a metric: items down, methods across."""
    tables = []
    for metric in protocol.metrics:
        rows = [r for m in protocol.method_order if (r := protocol.row(m, metric.name))]
        rows = [row for row in rows if row.per_item]
        if not rows:
            continue
        items = dict.fromkeys(item for row in rows for item in row.per_item)
        decimals = column_format((v for row in rows for v in row.per_item.values()), ())
        heads = ["Item", *(tag("bdi", row.method) for row in rows)]
        body = [
            [tag("bdi", item), *(_value(row.per_item, item, decimals) for row in rows)]
            for item in items
        ]
        tables.append(
            plain_table(f"{capital(metric.title)}, item by item", heads, body, numbers=True)
        )
    return tables


def group_tables(protocol: Protocol) -> list[Markup]:
    """One table a kind of groups: groups and methods down, metrics across."""
    tables = []
    for kind in dict.fromkeys(group.kind for group in protocol.groups):
        groups = [group for group in protocol.groups if group.kind == kind]
        told: dict[str, list[Row]] = {}
        for row in (row for group in groups for row in group.rows):
            told.setdefault(row.metric, []).append(row)
        metrics = [metric for metric in protocol.metrics if metric.name in told]
        decimals = {
            name: column_format(
                (r.mean for r in rows), ((r.high - r.low) / 2 for r in rows if r.low < r.high)
            )
            for name, rows in told.items()
        }
        if not metrics:
            continue
        heads: list[Child] = [capital(kind), "Method", *(capital(m.title) for m in metrics)]
        body: list[list[Child]] = []
        for group in groups:
            label = f"{group.name} ({_items(len(group.items))})"
            for method in protocol.method_order:
                rows = {r.metric: r for r in group.rows if r.method == method}
                if rows:
                    cells = [_ranged(rows.get(m.name), decimals[m.name]) for m in metrics]
                    body.append([tag("bdi", label), tag("bdi", method), *cells])
        tables.append(plain_table(f"By {kind}", heads, body))
    return tables


def _ranged(row: Row | None, decimals: int) -> Child:
    if row is None:
        return "-"
    mean = tag("span", figure(row.mean, decimals), class_="mean")
    if not row.low < row.high:
        return mean
    span = f"{figure(row.low, decimals)} to {figure(row.high, decimals)}"
    return join(mean, tag("span", span, class_="interval"))


def plain_table(
    caption: str,
    heads: Sequence[Child],
    rows: Sequence[Sequence[Child]],
    *,
    numbers: bool = False,
) -> Markup:
    """A table whose first column names the rows.

    Args:
        caption: what it shows.
        heads: of the columns.
        rows: cells, as many as `heads` each.
        numbers: set every column but the first as numbers.
    """
    kind = "number" if numbers else None
    first, *rest = heads
    head = [tag("th", first, scope="col"), *(tag("th", h, scope="col", class_=kind) for h in rest)]
    body = [
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", c, class_=kind) for c in row[1:]))
        for row in rows
    ]
    return scrolled(caption, tag("tr", *head), body)


def scrolled(caption: str, head: Markup, body: Sequence[Markup]) -> Markup:
    """A table that scrolls within the page where it is wider, by keyboard too."""
    table = tag(
        "table", tag("caption", tag("span", caption)), tag("thead", head), tag("tbody", *body)
    )
    return tag("div", table, class_="table", role="region", aria_label=caption, tabindex=0)


class _Column:
    """One metric's cells, written alike."""

    def __init__(self, protocol: Protocol, metric: Metric) -> None:
        self.metric = metric
        self._rows = {row.method: row for row in protocol.rows if row.metric == metric.name}
        rows = list(self._rows.values())
        self._best = best_of(metric, rows)
        self._decimals = column_format(
            (r.mean for r in rows), ((r.high - r.low) / 2 for r in rows if has_interval(r))
        )

    def cell(self, method: str, usual: int) -> Markup:
        row = self._rows.get(method)
        if row is None:
            return tag("td", "not measured", class_="number missing")
        parts: list[Child] = [_mean(self._text(row.mean), best=row is self._best)]
        if has_interval(row):
            span = f"{self._text(row.low)} to {self._text(row.high)}"
            parts.append(tag("span", span, class_="interval"))
        if row.n != usual:
            parts.append(tag("span", _items(row.n), class_="interval"))
        return tag("td", *parts, class_="number")

    def _text(self, value: float) -> str:
        return figure(value, self._decimals)


def _mean(text: str, *, best: bool) -> Markup:
    if not best:
        return tag("span", text, class_="mean")
    return tag("span", tag("span", "best", class_="tag"), tag("strong", text), class_="mean")


def _head(metric: Metric) -> list[Child]:
    title = join(capital(metric.title), f", {metric.unit}" if metric.unit else None)
    return [title, tag("span", f"{_ARROW[metric.better]} {wish(metric)}", class_="better")]


def _items(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"


def _value(values: Mapping[str, float], item: str, decimals: int) -> str:
    return figure(values[item], decimals) if item in values else "-"
