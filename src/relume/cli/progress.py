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
    """Frames a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} fps" if task.speed else "- fps")


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error, with frames a second and time left; nothing if not a terminal.

    Args:
        label: what is being done.

    Yields:
        A function to call with the number of frames done and the number expected, if known.
    """
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(),
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
