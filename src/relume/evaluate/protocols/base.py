"""What a protocol is given, and the table it fills."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...media import write_image
from ..estimators import Estimators
from ..methods import Absent, Method
from ..results import Curve, Failure, Group, Metric, Protocol, Row, Strip

__all__ = ["Context", "Limits", "Spec", "Table", "interval", "wanted"]

DRAWS = 2000
"""Bootstrap samples of an interval."""


@dataclass(frozen=True)
class Limits:
    """How much of the data is used; 0 is all of it."""

    frames: int = 60
    """Frames of each video, from its start. The paper: 500."""
    items: int = 0
    """Videos, pictures or people."""
    lights: int = 0
    """Lights of those that the protocol names."""
    views: int = 0
    """Views of those that the protocol names."""
    strips: int = 4
    """Items that are shown as pictures."""


@dataclass(frozen=True)
class Context:
    """What a protocol is given.

    Attributes:
        data: the folder (or file) it runs over; None for protocols that make their own.
        methods: in the order to show.
        estimators: what measures.
        limits: how much of the data is used.
        seed: of all randomness.
        folder: where strips go, as `strips/*.png`; None for none.
        say: told what is going on, a line each.
    """

    data: Path | None
    methods: Sequence[Method]
    estimators: Estimators
    limits: Limits
    seed: int = 0
    folder: Path | None = None
    say: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Spec:
    """A protocol as it is asked for.

    Attributes:
        name: on the command line.
        title: for readers.
        about: what is done, in a sentence or two.
        needs: the kind of data that must be named; None for none.
        methods: those that are run unless others are named.
        run: does it.
    """

    name: str
    title: str
    about: str
    needs: Literal["videos", "pictures", "yale-b"] | None
    methods: tuple[str, ...]
    run: Callable[[Spec, Context], Protocol]


@dataclass
class Table:
    """Collects values, and makes rows with intervals of them.

    Attributes:
        spec: the protocol.
        context: what it was given.
        metrics: columns.
        settings: what shaped the run, for the result file.
        order: rows, where they aren't the context's methods.
        grouped: metrics that are told group by group.
        curves, strips: what is drawn beside the rows.
    """

    spec: Spec
    context: Context
    metrics: list[Metric]
    settings: dict[str, Any]
    order: list[str] | None = None
    grouped: tuple[str, ...] = ()
    curves: list[Curve] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    _values: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)
    _conditions: dict[str, dict[str, dict[str, set[str]]]] = field(default_factory=dict)
    _failed: dict[str, set[str]] = field(default_factory=dict)
    _whole: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    _failures: dict[Failure, None] = field(default_factory=dict)
    _less: list[str] = field(default_factory=list)
    _groups: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for method in self.context.methods:
            if isinstance(method, Absent):
                self.fail("", method.name, method.reason)

    @property
    def methods(self) -> list[Method]:
        """Those that can run at all."""
        return [m for m in self.context.methods if not isinstance(m, Absent)]

    def add(
        self, method: str, metric: str, item: str, value: float | None, *conditions: str
    ) -> None:
        """One value, measured under these conditions; those of one item are averaged.

        None is passed over. An item of which a method lacks conditions that other methods have is
        left out of its figures, since its mean would be over the easier part.
        """
        if value is not None:
            self._values.setdefault((method, metric), {}).setdefault(item, []).append(value)
            items = self._conditions.setdefault(metric, {}).setdefault(method, {})
            items.setdefault(item, set()).update(conditions)

    def whole(self, method: str, metric: str, value: float, count: int) -> None:
        """A value that exists over all `count` items together only."""
        self._whole[method, metric] = (value, count)

    def fail(self, item: str, method: str, reason: object, condition: str = "") -> None:
        """Something that couldn't be measured, under one condition or at all."""
        self._failures[Failure(item, method, str(reason))] = None
        if condition:
            self._failed.setdefault(item, set()).add(condition)

    def missing(self) -> None:
        """Tell which estimators there are none of."""
        for role, reason in self.context.estimators.missing.items():
            self.fail("", "", f"{role}: {reason}")

    def used(self, what: str, count: int, whole: int) -> None:
        """How much of what the protocol's own words speak of this run used."""
        if count < whole:
            self._less.append(f"{count} of {whole} {what}")

    def group(self, kind: str, name: str, item: str, order: Sequence[str] = ()) -> None:
        """An item belongs to a group; groups are told in `order`, others after it as they come."""
        groups = self._groups.setdefault(kind, {known: [] for known in order})
        groups.setdefault(name, []).append(item)

    def show(self, title: str, columns: Sequence[str], picture: NDArray[np.uint8]) -> None:
        """Keep a strip, uint8 [H, W, 3] of equally wide columns, if strips are wanted."""
        folder, shown = self.context.folder, len(self.strips)
        if folder is None or shown >= self.context.limits.strips:
            return
        name = f"strips/{self.spec.name}-{shown + 1}.png"
        (folder / "strips").mkdir(parents=True, exist_ok=True)
        write_image(folder / name, picture, overwrite=True)
        self.strips.append(Strip(title, list(columns), name))

    def finish(self) -> Protocol:
        """The outcome."""
        self._leave_out_incomplete()
        rows = []
        order = self.order or [m.name for m in self.context.methods]
        for method in order:
            for metric in self.metrics:
                key = (method, metric.name)
                if key in self._values:
                    items = {i: float(np.mean(v)) for i, v in sorted(self._values[key].items())}
                    rows.append(self._row(key, items, self.spec.name))
                elif key in self._whole:
                    value, count = self._whole[key]
                    rows.append(Row(*key, value, value, value, count, {}))
        return Protocol(
            name=self.spec.name,
            title=self.spec.title,
            method_order=order,
            metrics=self.metrics,
            rows=rows,
            curves=self.curves,
            strips=self.strips,
            failures=list(self._failures),
            about=self._about(),
            settings=self.settings,
            groups=[
                self._group(kind, name, sorted(items), rows)
                for kind, groups in self._groups.items()
                for name, items in groups.items()
                if items
            ],
        )

    def _leave_out_incomplete(self) -> None:
        told: dict[tuple[str, str, str], list[str]] = {}
        for metric, methods in self._conditions.items():
            asked = wanted(methods, self._failed)
            for method, items in methods.items():
                for item, had in items.items():
                    if lacking := asked[item] - had:
                        del self._values[method, metric][item]
                        counts = f"{len(had)} of {len(asked[item])} conditions"
                        reason = f"measured under {counts}, not {', '.join(sorted(lacking))}"
                        told.setdefault((item, method, reason), []).append(metric)
        self._values = {key: items for key, items in self._values.items() if items}
        for (item, method, reason), names in told.items():
            self.fail(item, method, f"{reason}; so left out of {', '.join(names)}")

    def _about(self) -> str:
        if not self._less:
            return self.spec.about
        return f"{self.spec.about} This run took less: {', '.join(self._less)}."

    def _group(self, kind: str, name: str, items: list[str], rows: list[Row]) -> Group:
        found = []
        for row in rows:
            part = {i: row.per_item[i] for i in items if i in row.per_item}
            if part and row.metric in self.grouped:
                made = self._row((row.method, row.metric), part, self.spec.name, kind, name)
                found.append(replace(made, per_item={}))
        return Group(kind, name, items, found)

    def _row(self, key: tuple[str, str], items: dict[str, float], *names: str) -> Row:
        values = np.array(list(items.values()))
        low, high = interval(values, self.context.seed, *names, *key)
        return Row(*key, float(values.mean()), low, high, len(items), items)


def wanted(
    found: Mapping[str, Mapping[str, Collection[str]]],
    failed: Mapping[str, Collection[str]] | None = None,
) -> dict[str, set[str]]:
    """The conditions that an item must have to be set beside the same item of other methods.

    Args:
        found: method to item to the conditions that it has.
        failed: item to conditions that some method failed under; they count where they are found
            for any item at all.
    """
    known = {c for items in found.values() for names in items.values() for c in names}
    out = {item: known & set(names) for item, names in (failed or {}).items()}
    for items in found.values():
        for item, names in items.items():
            out.setdefault(item, set()).update(names)
    return out


def interval(values: NDArray[np.float64], seed: int, *names: str) -> tuple[float, float]:
    """95% bootstrap interval of the mean (percentiles; Efron, 1979); with one value, that value.

    Args:
        values: [N] one for each item.
        seed: of the run.
        names: what the values are; each figure draws samples of its own.
    """
    rng = np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])
    drawn = values[rng.integers(len(values), size=(DRAWS, len(values)))].mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    mean = float(values.mean())
    return min(float(low), mean), max(float(high), mean)
