"""Progress on a terminal; elsewhere silence, or of training a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from ..pipeline import StageTimes

__all__ = ["progress_bar", "stage_table", "training_progress"]


class _Speed(ProgressColumn):
    """How many a second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} {self._unit}" if task.speed else f"- {self._unit}")


_EVERY = 60.0
"""Seconds between lines where there is no terminal."""

_MEMORY = 0.95
"""Of the loss that is shown: single steps' losses jump."""


@contextmanager
def training_progress(label: str, steps: int) -> Iterator[Callable[[int, int, float], None]]:
    """Steps, steps a second, loss and time left, on standard error: a bar on a terminal, elsewhere
    a line a minute.

    Args:
        label: what is being done.
        steps: how many steps there are to be.

    Yields:
        A function to call with the steps done, the steps in all and the last one's loss.
    """
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed("steps/s"),
        TextColumn("loss {task.fields[loss]}", markup=False),
        TimeRemainingColumn(),
    )
    mean, first, begun = 0.0, 0, time.monotonic()
    told = begun
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=steps, loss="-")

        def advance(done: int, total: int, loss: float) -> None:
            nonlocal mean, first, begun, told
            now = time.monotonic()
            if not first:
                mean, first, begun = loss, done, now
            mean = _MEMORY * mean + (1 - _MEMORY) * loss
            bar.update(task, completed=done, total=total, loss=f"{mean:.3f}")
            if not console.is_terminal and now - told >= _EVERY:
                told = now
                speed = (done - first) / max(now - begun, 1e-9)
                line = f"{label}: step {done:,} of {total:,}, {speed:.2f} steps/s, loss {mean:.3f}"
                print(line, file=sys.stderr, flush=True)

        yield advance


@contextmanager
def progress_bar(label: str, unit: str = "fps") -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error, with speed and time left; nothing if not a terminal.

    Args:
        label: what is being done.
        unit: of the speed.

    Yields:
        A function to call with the number done and the number expected, if known.
    """
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def stage_table(times: StageTimes) -> Table:
    """Milliseconds a frame of each stage."""
    table = Table("stage", "ms a frame", "of it computing", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, (wall, cpu) in times.milliseconds().items():
        table.add_row(name, f"{wall:.1f}", f"{cpu:.1f}")
    return table
