"""The result file: what a run of the evaluation leaves behind, as JSON.

Reports and comparisons are made from this file alone. Numbers are finite everywhere: what could
not be measured is missing and stands among the failures instead.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from ..errors import InputError
from ..place import OutputPlace

__all__ = [
    "SCHEMA",
    "Curve",
    "EstimatorRecord",
    "Failure",
    "Group",
    "Machine",
    "Metric",
    "Protocol",
    "Results",
    "Row",
    "Strip",
]

SCHEMA = 1
"""Version of the file's layout; readers refuse others."""


@dataclass(frozen=True)
class Machine:
    """Where a run was made.

    Attributes:
        cpu: the processor's name.
        cores: logical cores that the run was allowed to use.
        os: system and release.
        python: Python's version.
        versions: name to version of the packages that the figures depend on.
    """

    cpu: str
    cores: int
    os: str
    python: str
    versions: dict[str, str]


@dataclass(frozen=True)
class EstimatorRecord:
    """A network or algorithm that measured.

    Attributes:
        role: what it measures: light, identity, flow, features, pose, ...
        name: its own name, never that of what it stands in for.
        version: its version, or that of the package it comes from.
        sha256: of its weights; empty where it has none.
    """

    role: str
    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Metric:
    """A column of a protocol's table.

    Attributes:
        name: as `Row.metric` says it.
        title: for readers.
        better: which way is better; "one": nearer to 1.
        unit: e.g. "ms"; empty for pure numbers.
        note: formula, estimator and what the figure runs over, in a line.
        repeats: whether a second run gives the same number; False for wall-clock times.
    """

    name: str
    title: str
    better: Literal["lower", "higher", "one"]
    unit: str = ""
    note: str = ""
    repeats: bool = True

    def loss(self, value: float) -> float:
        """How bad a value is: lower is better, whatever the metric."""
        return {"lower": value, "higher": -value, "one": abs(value - 1.0)}[self.better]


@dataclass(frozen=True)
class Row:
    """One method's value of one metric.

    Attributes:
        method: as in `Protocol.method_order`.
        metric: as in `Protocol.metrics`.
        mean: over items.
        low, high: bounds of the 95% bootstrap interval over items; equal to `mean` where there
            is one item.
        n: number of items.
        per_item: each item's value, by the item's name; empty where the metric exists over all
            items together only (e.g. FID).
    """

    method: str
    metric: str
    mean: float
    low: float
    high: float
    n: int
    per_item: dict[str, float]


@dataclass(frozen=True)
class Curve:
    """Values over time for one item.

    Attributes:
        title: what is plotted.
        item: the item's name.
        x: shared abscissa.
        series: method to values, as long as `x`.
        x_title: name and unit of the abscissa.
        y_title: name and unit of the values.
    """

    title: str
    item: str
    x: list[float]
    series: dict[str, list[float]]
    x_title: str = "seconds"
    y_title: str = ""


@dataclass(frozen=True)
class Strip:
    """A picture of columns side by side.

    Attributes:
        title: what it shows.
        columns: one title a column, from the left; columns are equally wide.
        png: path relative to the folder of the result file.
    """

    title: str
    columns: list[str]
    png: str


@dataclass(frozen=True)
class Group:
    """Items that have something in common, and the figures over them alone.

    Attributes:
        kind: what they were sorted by, e.g. "skin as photographed".
        name: what these have in common.
        items: their names.
        rows: as `Protocol.rows`, without the single items' values.
    """

    kind: str
    name: str
    items: list[str]
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """Something that was to be measured and wasn't.

    Attributes:
        item: the item's name; empty where it concerns all items.
        method: the method; empty where it concerns all methods.
        reason: why, in a sentence.
    """

    item: str
    method: str
    reason: str


@dataclass(frozen=True)
class Protocol:
    """One protocol's outcome.

    Attributes:
        name: as the command line takes it.
        title: for readers.
        method_order: all methods asked for, in the order to show them, also those that failed.
        metrics: columns in the order to show them.
        rows: at most one for each method and metric.
        curves: plots over time.
        strips: pictures.
        failures: whatever was left out, and why.
        about: what was done, in a sentence or two.
        settings: options that shaped it (frames, items, views, lights), as plain values.
        groups: the same figures over parts of the items.
    """

    name: str
    title: str
    method_order: list[str]
    metrics: list[Metric]
    rows: list[Row] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    about: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def row(self, method: str, metric: str) -> Row | None:
        """The cell of a method and a metric, or None where it wasn't measured."""
        found = (r for r in self.rows if (r.method, r.metric) == (method, metric))
        return next(found, None)

    def metric(self, name: str) -> Metric:
        """The column of that name.

        Raises:
            KeyError: there is none.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)


@dataclass(frozen=True)
class Results:
    """One run.

    Attributes:
        relume: relume's version.
        machine: where it ran.
        seed: of all randomness.
        estimators: what measured.
        protocols: the outcomes.
        command: what to type to repeat the run; empty where it wasn't run from a command line.
    """

    relume: str
    machine: Machine
    seed: int
    estimators: list[EstimatorRecord]
    protocols: list[Protocol]
    command: str = ""

    def to_json(self) -> str:
        """The file's text.

        Raises:
            ValueError: a number is infinite or not a number.
        """
        whole = {"schema": SCHEMA, **dataclasses.asdict(self)}
        return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "the results") -> Self:
        """Results from a file's text.

        Args:
            text: what `to_json` gave.
            source: what error messages call it.

        Raises:
            InputError: it is no result file, is damaged, or is of another schema.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise InputError(f"{source}: not a JSON file ({error}); run `relume eval`") from None
        if not isinstance(data, dict) or "schema" not in data:
            raise InputError(f"{source}: not a result of `relume eval`")
        if data["schema"] != SCHEMA:
            raise InputError(
                f"{source}: of schema {data['schema']!r}, this version reads {SCHEMA};"
                " run `relume eval` again, or use the version of relume that wrote it"
            )
        try:
            return cls(
                relume=str(data["relume"]),
                machine=Machine(**data["machine"]),
                seed=int(data["seed"]),
                estimators=[EstimatorRecord(**e) for e in data["estimators"]],
                protocols=[_protocol(p) for p in data["protocols"]],
                command=str(data.get("command", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(
                f"{source}: a damaged result file ({type(error).__name__}: {error});"
                " run `relume eval` again"
            ) from None

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: the place can't be written, or the file exists already.
        """
        place = OutputPlace(path, overwrite=overwrite)
        with place.guard():
            place.partial.write_text(self.to_json(), encoding="utf-8")
            place.commit()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Results from a file.

        Raises:
            InputError: it is missing, unreadable, or as in `from_json`.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise InputError(
                f"{path}: can't be read: no such run; give the folder that `relume eval` wrote"
            ) from None
        except OSError as error:
            raise InputError(f"{path}: can't be read ({error.strerror})") from None
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not a JSON file ({error}); run `relume eval`") from None
        return cls.from_json(text, str(path))

    def repeatable(self) -> Results:
        """The part that a second run with the same seed repeats to the last digit, wherever it
        runs at the same versions: no machine, no command with its folders, and no metric that is
        a wall-clock time."""
        protocols = []
        for p in self.protocols:
            kept = {m.name for m in p.metrics if m.repeats}
            rows = [r for r in p.rows if r.metric in kept]
            groups = [
                dataclasses.replace(g, rows=[r for r in g.rows if r.metric in kept])
                for g in p.groups
            ]
            protocols.append(dataclasses.replace(p, rows=rows, groups=groups))
        nowhere = Machine("", 0, "", "", {})
        return dataclasses.replace(self, machine=nowhere, protocols=protocols, command="")


def _protocol(data: Mapping[str, Any]) -> Protocol:
    parts = {k: [kind(**x) for x in data[k]] for k, kind in _PARTS.items()}
    groups = [Group(**{**g, "rows": [Row(**r) for r in g["rows"]]}) for g in data.get("groups", ())]
    protocol = Protocol(**{**data, **parts, "groups": groups})
    for row in (*protocol.rows, *(r for g in groups for r in g.rows)):
        if not all(map(math.isfinite, (row.mean, row.low, row.high, *row.per_item.values()))):
            raise ValueError(f"{row.method}, {row.metric}: a number is not finite")
    return protocol


_PARTS: dict[str, Any] = {
    "metrics": Metric,
    "rows": Row,
    "curves": Curve,
    "strips": Strip,
    "failures": Failure,
}
