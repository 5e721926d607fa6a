"""What `relume bench` found, as a table and as JSON."""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..evaluate import Machine
    from ..pipeline.bench import Latency, Measured

__all__ = ["BenchRun", "print_run"]

_BUSY = 0.3  # load a core from which figures say more about what else is running


@dataclass
class BenchRun:
    """Every round of every model.

    Attributes:
        source, light, yaw_degrees, seconds: what was done.
        load: processes that wanted a core in the minute before, on average; None if unknown.
        machine: where.
        rounds: by model, in the order of the command.
        cold_starts: seconds, by model and round; None where the command failed.
    """

    source: str
    light: str
    yaw_degrees: float
    seconds: float | None
    load: float | None
    machine: Machine
    rounds: dict[str, list[Measured]]
    cold_starts: dict[str, list[float | None]]

    @classmethod
    def start(
        cls, source: str, light: str, yaw: float, seconds: float | None, models: list[str]
    ) -> BenchRun:
        """An empty run; warns where the machine is busy already."""
        from ..evaluate.machine import this_machine

        machine = this_machine()
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        if load is not None and load > _BUSY * machine.cores:
            print(
                f"relume: warning: the machine is busy (load {load:.1f}): times will be too long",
                file=sys.stderr,
            )
        none: dict[str, list[Measured]] = {model: [] for model in models}
        return cls(source, light, yaw, seconds, load, machine, none, {m: [] for m in models})

    def add(self, model: str, measured: Measured, cold_start: float | None) -> None:
        """One more round of a model."""
        self.rounds[model].append(measured)
        self.cold_starts[model].append(cold_start)

    def to_json(self) -> str:
        """All of it; names of fields as in the dataclasses."""
        return json.dumps(asdict(self), indent=2) + "\n"


def print_run(run: BenchRun) -> None:
    """Medians over the rounds; beside the first model the others, and their ratios to it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    first, *others = run.rounds
    one = run.rounds[first][0]
    # A file or pipe has no width to keep to.
    console = Console(width=None if sys.stdout.isatty() else 200)
    turn = f", camera turned {run.yaw_degrees:g} degrees" if run.yaw_degrees else ""
    count = len(run.rounds[first])
    plays = f" (played over and over, {one.plays} times)" if one.plays > 1 else ""
    about = (
        f"{run.source}: {one.frames} frames of {one.width}x{one.height}{plays}, {run.light}{turn};"
        f" {run.machine.cores} core{'s' * (run.machine.cores != 1)} of {run.machine.cpu};"
        f" {f'medians of {count} rounds' if count > 1 else '1 round'}"
    )
    console.print(about, highlight=False, markup=False, soft_wrap=True)
    table = Table("", *run.rounds, *(f"{model} / {first}" for model in others), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for title, form, values in _rows(run):
        cells = [_cell(form, values[model]) for model in run.rounds]
        ratios = [_cell("{:.2f}", _ratios(values[model], values[first])) for model in others]
        table.add_row(Text(title), *cells, *ratios)
    console.print(table)


Values = dict[str, list[float | None]]


def _rows(run: BenchRun) -> list[tuple[str, str, Values]]:
    """Title, format, and by model the figure of every round."""

    def of(value: Callable[[Measured], float | None]) -> Values:
        return {model: [value(r) for r in rounds] for model, rounds in run.rounds.items()}

    def cost(name: str, attribute: str) -> Values:
        return of(lambda r: getattr(r.stages[name], attribute) if name in r.stages else None)

    names = dict.fromkeys(n for rounds in run.rounds.values() for r in rounds for n in r.stages)
    rows = [("fps, decoded to written", "{:.1f}", of(lambda r: r.fps))]
    for name in names:
        rows.append((f"{name}, ms a frame", "{:.1f}", cost(name, "ms")))
        rows.append(("  of it computing, core-ms", "{:.1f}", cost(name, "core_ms")))
    return [
        *rows,
        ("other threads, core-ms a frame", "{:.1f}", of(lambda r: r.others_core_ms)),
        ("all threads, core-ms a frame", "{:.1f}", of(lambda r: r.core_ms)),
        (
            "latency at full speed, median ms",
            "{:.0f}",
            of(lambda r: _median(r.latency)),
        ),
        ("  95% below, ms", "{:.0f}", of(lambda r: _p95(r.latency))),
        ("latency live, median ms", "{:.0f}", of(lambda r: _median(_live(r)))),
        ("  95% below, ms", "{:.0f}", of(lambda r: _p95(_live(r)))),
        ("  frames dropped, %", "{:.0f}", of(_dropped)),
        ("still under a moving light, fps", "{:.1f}", of(lambda r: r.still_fps)),
        ("peak memory, MB", "{:.0f}", of(lambda r: r.peak_mb)),
        ("cold start to one picture, s", "{:.2f}", run.cold_starts),
    ]


def _live(measured: Measured) -> Latency | None:
    return None if measured.live is None else measured.live.latency


def _median(latency: Latency | None) -> float | None:
    return None if latency is None else latency.median


def _p95(latency: Latency | None) -> float | None:
    return None if latency is None else latency.p95


def _dropped(measured: Measured) -> float | None:
    live = measured.live
    return None if live is None else 100.0 * (1.0 - live.taken / live.shown)


def _ratios(mine: list[float | None], firsts: list[float | None]) -> list[float | None]:
    """Round by round, since rounds are neighbours in time and share what disturbed them."""
    pairs = zip(mine, firsts, strict=True)
    return [a / b if a is not None and b else None for a, b in pairs]


def _cell(form: str, values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return form.format(statistics.median(known)) if known else "-"
