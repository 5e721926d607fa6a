"""`relume eval`: measure relume and its rivals, and compare two runs."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Union

import tyro

from .count import counted
from .maybe import optional
from .measure import DATA, NO_DATA, Measure, MeasureAll, MeasureData, MeasureQuick

if TYPE_CHECKING:
    from rich.table import Table

    from ..evaluate import Results
    from ..evaluate.report import Change, Comparison

__all__ = ["EvalCommand"]

WORSE = 9
"""Exit code of `eval compare --fail-on-worse` when something got worse."""


@dataclass
class CompareRuns:
    """Tell which figures of two runs differ by more than chance.

    Items that both runs measured are compared pair by pair (95%, the number of figures allowed
    for). Times are left out.

    Example: relume eval compare before after --fail-on-worse
    """

    before: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="BEFORE")]
    """The earlier run's results.json, or its folder."""
    after: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="AFTER")]
    """The later run's."""
    fail_on_worse: bool = False
    """Exit with 9 if a figure is significantly worse, or something fails that didn't before."""
    tolerance: Annotated[float | None, optional(metavar="PERCENT")] = None
    """Where there are too few items to tell a change from chance, count one of more than so many
    percent as better or worse all the same. For guarding short runs that repeat exactly."""
    all: bool = False
    """List every figure, not only those that changed significantly."""

    def run(self) -> int:
        """Do it."""
        from rich.console import Console

        from ..errors import UsageError
        from ..evaluate.report import compare

        if self.tolerance is not None and not self.tolerance >= 0:
            raise UsageError("--tolerance is a percentage, 0 or more")
        share = None if self.tolerance is None else self.tolerance / 100
        found = compare(_read(self.before), _read(self.after), tolerance=share)
        for warning in found.warnings:
            print(f"relume: warning: {warning}", file=sys.stderr)
        shown = [c for c in found.changes if self.all or c.verdict in ("better", "worse")]
        if shown:
            # A file or pipe has no width to keep to.
            Console(width=None if sys.stdout.isatty() else 200).print(_table(shown))
        for protocol, failure in found.failures:
            what = " of ".join(filter(None, (failure.item, failure.method))) or "everything"
            print(f"newly failing: {protocol}: {what}: {failure.reason}")
        print(_summary(found))
        return WORSE if self.fail_on_worse and found.worse else 0


@dataclass
class DrawReport:
    """Draw a run's HTML page again, from its figures and pictures.

    Example: relume eval report eval-quick
    """

    folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FOLDER")]
    """What `relume eval` wrote; the page in it is replaced."""

    def run(self) -> None:
        """Do it."""
        from ..evaluate.report import REPORT_NAME, write_page

        page = self.folder / REPORT_NAME
        write_page(_read(self.folder), page, overwrite=True)
        print(page)


def _protocol(name: str) -> object:
    """The subcommand that runs a protocol."""
    if name in DATA:
        kind, about = MeasureData(protocol=name), DATA[name]
        return Annotated[MeasureData, tyro.conf.subcommand(name, default=kind, description=about)]
    alone = Measure(protocol=name)
    about = NO_DATA[name]
    return Annotated[Measure, tyro.conf.subcommand(name, default=alone, description=about)]


if TYPE_CHECKING:
    _Commands = MeasureQuick | MeasureAll | MeasureData | Measure | CompareRuns | DrawReport
else:
    _Commands = Union[
        Annotated[MeasureQuick, tyro.conf.subcommand("quick")],
        *map(_protocol, (*DATA, *NO_DATA)),
        Annotated[MeasureAll, tyro.conf.subcommand("all")],
        Annotated[CompareRuns, tyro.conf.subcommand("compare")],
        Annotated[DrawReport, tyro.conf.subcommand("report")],
    ]


@dataclass
class EvalCommand:
    """Measure relume beside its rivals, and compare two runs."""

    command: _Commands

    def run(self) -> int | None:
        """Do it."""
        return self.command.run()


def _read(path: Path) -> Results:
    from ..evaluate import Results
    from ..evaluate.report import RESULTS_NAME

    return Results.read(path / RESULTS_NAME if os.path.isdir(path) else path)


def _table(changes: list[Change]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from ..evaluate.report.numbers import column_format, figure

    table = Table("protocol", "method", "metric", box=None, pad_edge=False)
    for title in ("before", "after", "change", "95% interval", "items"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("")
    colours = {"better": "green", "worse": "bold red"}
    for change in changes:
        paired = change.paired
        digits = column_format([paired.before, paired.after], [(paired.high - paired.low) / 2])
        interval = f"{figure(paired.low, digits)} to {figure(paired.high, digits)}"
        table.add_row(
            Text(change.protocol),
            Text(change.method),
            Text(change.metric.title),
            figure(paired.before, digits),
            figure(paired.after, digits),
            f"{'+' if paired.change > 0 else ''}{figure(paired.change, digits)}",
            interval,
            str(paired.items or "-"),
            Text(change.verdict, style=colours.get(change.verdict, "")),
        )
    return table


def _summary(found: Comparison) -> str:
    tally = {
        "worse": "worse",
        "better": "better",
        "unclear": "changed, not clearly",
        "same": "unchanged",
        "too few items": "changed over too few items to tell",
    }
    verdicts = [change.verdict for change in found.changes]
    parts = [f"{verdicts.count(v)} {text}" for v, text in tally.items() if v in verdicts]
    return f"{counted(len(verdicts), 'figure')} compared: {', '.join(parts)}"
