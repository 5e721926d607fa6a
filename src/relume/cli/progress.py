"""Progress on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
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

__all__ = ["progress_bar", "stage_table"]


class _Speed(ProgressColumn):
    """How many a second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} {self._unit}" if task.speed else f"- {self._unit}")


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
