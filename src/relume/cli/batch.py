"""Several sources of `relume relight`, one after another with one engine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import MediaError, NoFaceError, RelumeError, UsageError
from ..pipeline import VideoReport
from .count import counted
from .jobs import Job
from .told import note_of, tell

__all__ = ["run_all"]


def run_all(
    jobs: list[Job],
    relight: Callable[[Job, str], VideoReport],
    max_faces: int,
    *,
    quiet: bool = False,
) -> int:
    """Do all; what can't be read, is too short or shows no face is told, and the others are done.

    Args:
        jobs: two or more.
        relight: does one; it gets the name to show for it.
        max_faces: as `relight` has it.
        quiet: print errors alone.

    Returns:
        The exit code: the first failure's, 0 without one.

    Raises:
        RelumeError: what would meet every other source, too: the output can't be written.
    """
    code = done = 0
    begun = time.perf_counter()
    where = os.path.dirname(jobs[0].written[0])
    for number, job in enumerate(jobs, 1):
        try:
            report = relight(job, f"{Path(job.source).name} ({number} of {len(jobs)})")
        except (MediaError, NoFaceError, UsageError) as error:  # a part that isn't there
            print(f"relume: {error}", file=sys.stderr)
            code = code or error.exit_code
            continue
        except (KeyboardInterrupt, RelumeError) as stop:
            first = (str(stop),) if isinstance(stop, RelumeError) else ()
            stop.args = ("; ".join((*first, f"{done} of {len(jobs)} are done, in {where}")),)
            raise
        done += 1
        line, notable = note_of(job, report, max_faces)
        if notable and not quiet:
            tell(line)
    if not quiet:
        seconds = time.perf_counter() - begun
        tell(f"{where}: {done} of {counted(len(jobs), 'source')} done in {seconds:.1f} s")
    return code
