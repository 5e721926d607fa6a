"""What changed between two runs, and what of it is more than chance."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...errors import InputError
from ..results import Failure, Metric, Protocol, Results, Row
from .paired import FEWEST_ITEMS, PairedChange, adjusted_for_number, paired_bootstrap

__all__ = ["Change", "Comparison", "compare"]

Verdict = Literal["better", "worse", "unclear", "same", "too few items"]


@dataclass(frozen=True)
class Change:
    """One method's change in one metric of one protocol."""

    protocol: str
    """The protocol's name."""
    method: str
    """The method."""
    metric: Metric
    """The metric."""
    paired: PairedChange
    """The change over the items common to both runs; over none where the metric has no values of
    single items, as FID."""
    p: float
    """`paired.p` adjusted for the number of changes looked at."""
    tolerance: float | None = None
    """Relative change above which too few items are judged all the same; None doesn't judge."""

    @property
    def verdict(self) -> Verdict:
        """What can be said at 5%; "unclear" is a change that may be chance or is tolerated."""
        if self.paired.low == self.paired.high == 0.0:
            return "same"
        if self.paired.items < FEWEST_ITEMS:
            if self.tolerance is None:
                return "too few items"
            if abs(self.paired.change) <= self.tolerance * abs(self.paired.before):
                return "unclear"
        elif self.p > 0.05:
            return "unclear"
        gain = self.metric.loss(self.paired.before) - self.metric.loss(self.paired.after)
        return "better" if gain > 0 else "worse"


@dataclass(frozen=True)
class Comparison:
    """Two runs set beside each other."""

    changes: list[Change]
    """Every metric and method that both runs have, in the first run's order."""
    failures: list[tuple[str, Failure]]
    """Protocol and failure: what the second run could not measure and the first didn't list."""
    warnings: list[str]
    """Why the comparison may mislead: other estimators, seeds, settings, things missing."""

    @property
    def worse(self) -> bool:
        """Whether anything is significantly worse, or fails that didn't."""
        return bool(self.failures) or any(c.verdict == "worse" for c in self.changes)


def compare(
    first: Results, second: Results, *, tolerance: float | None = None, seed: int = 0
) -> Comparison:
    """Compare two runs by a paired bootstrap over the items that both measured.

    Times are left out: they differ from run to run. The number of changes looked at is allowed for
    (`adjusted_for_number`), so of twenty comparisons of runs that differ by chance alone, one as a
    whole shows any change.

    Args:
        first: the run before, the baseline.
        second: the run after.
        tolerance: relative change (0.05: 5%) above which a figure over fewer than `FEWEST_ITEMS`
            items counts as better or worse, though nothing tells it from chance; None judges none.
        seed: of the bootstrap's draws.

    Raises:
        InputError: the runs have no protocol, method or metric in common.
    """
    pairs = _common(first, second)
    changes = [change for a, b in pairs for change in _changes(a, b, tolerance, seed)]
    if not changes:
        raise InputError(
            "the two runs have nothing in common to compare: no protocol, method and metric that"
            " both measured"
        )
    warnings = [*_warnings(first, second), *(w for a, b in pairs for w in _missing(a, b))]
    if tolerance is None and all(c.paired.items < FEWEST_ITEMS for c in changes):
        warnings.append(
            f"no metric has {FEWEST_ITEMS} items in common, so no change can be told from chance;"
            " measure more items, or give a tolerance"
        )
    failures = [(b.name, f) for a, b in pairs for f in b.failures if _is_new(f, a)]
    return Comparison(_adjusted(changes), failures, warnings)


def _common(first: Results, second: Results) -> list[tuple[Protocol, Protocol]]:
    others = {protocol.name: protocol for protocol in second.protocols}
    return [(p, others[p.name]) for p in first.protocols if p.name in others]


def _changes(
    first: Protocol, second: Protocol, tolerance: float | None, seed: int
) -> Iterable[Change]:
    others = {(row.method, row.metric): row for row in second.rows}
    metrics = {metric.name: metric for metric in first.metrics if metric.repeats}
    for row in first.rows:
        other = others.get((row.method, row.metric))
        if other is not None and row.metric in metrics:
            paired = _pair(row, other, seed)
            metric = metrics[row.metric]
            yield Change(first.name, row.method, metric, paired, paired.p, tolerance)


def _pair(first: Row, second: Row, seed: int) -> PairedChange:
    if not first.per_item or not second.per_item:
        reach = 0.0 if first.mean == second.mean else math.inf
        return PairedChange(0, first.mean, second.mean, -reach, reach, 1.0)
    items = [
        item
        for item, value in first.per_item.items()
        if math.isfinite(value) and math.isfinite(second.per_item.get(item, math.nan))
    ]
    before, after = ([row.per_item[item] for item in items] for row in (first, second))
    return paired_bootstrap(before, after, seed=seed)


def _adjusted(changes: list[Change]) -> list[Change]:
    """Allows for the number of changes that could have been called significant by chance."""
    family = [
        i for i, c in enumerate(changes) if c.paired.items >= FEWEST_ITEMS and c.verdict != "same"
    ]
    adjusted = dict(zip(family, adjusted_for_number([changes[i].p for i in family]), strict=True))
    return [dataclasses.replace(c, p=float(adjusted.get(i, c.p))) for i, c in enumerate(changes)]


def _is_new(failure: Failure, first: Protocol) -> bool:
    known = {(f.item, f.method) for f in first.failures}
    asked = failure.method in ("", *first.method_order)
    return asked and (failure.item, failure.method) not in known


def _warnings(first: Results, second: Results) -> Iterable[str]:
    if first.seed != second.seed:
        yield (
            f"the seeds differ ({first.seed} and {second.seed}): part of any change is chance, and"
            " made-up items of one name are not the same"
        )
    roles = dict.fromkeys(e.role for run in (first, second) for e in run.estimators)
    for role in roles:
        before, after = (_estimators(run, role) for run in (first, second))
        if before != after:
            yield (
                f"{role} was not measured by the same estimator (first {_named(before)}; second"
                f" {_named(after)}): figures that rest on it can't be compared"
            )
    ours, theirs = ([p.name for p in run.protocols] for run in (first, second))
    yield from _only("protocol", ours, theirs)


def _missing(first: Protocol, second: Protocol) -> Iterable[str]:
    for key in dict.fromkeys([*first.settings, *second.settings]):
        before, after = first.settings.get(key), second.settings.get(key)
        if before != after:
            yield f"{first.name}: the setting {key} differs ({before} and {after})"
    yield from _only(f"{first.name}: method", first.method_order, second.method_order)
    names = ([m.name for m in p.metrics] for p in (first, second))
    yield from _only(f"{first.name}: metric", *names)


def _only(kind: str, first: list[str], second: list[str]) -> Iterable[str]:
    for which, here, there in (("first", first, second), ("second", second, first)):
        if alone := [name for name in here if name not in there]:
            yield f"{kind} in the {which} run alone: {', '.join(alone)}"


def _estimators(run: Results, role: str) -> set[tuple[str, str, str]]:
    return {(e.name, e.version, e.sha256) for e in run.estimators if e.role == role}


def _named(estimators: set[tuple[str, str, str]]) -> str:
    return (
        " and ".join(
            f"{name} {version}{f' ({digest[:8]})' if digest else ''}"
            for name, version, digest in sorted(estimators)
        )
        or "nothing"
    )
