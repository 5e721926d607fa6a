"""The two files that a run leaves."""

from __future__ import annotations

from pathlib import Path

from ...media.place import OutputPlace
from ..results import Results
from .page import render_report

__all__ = ["REPORT_NAME", "RESULTS_NAME", "write_report"]

RESULTS_NAME = "results.json"
REPORT_NAME = "report.html"


def write_report(
    results: Results, folder: Path, *, command: str = "", overwrite: bool = False
) -> Path:
    """Write `report.html` and `results.json` into a folder, each whole or not at all.

    Args:
        results: what a run found; its strips' pictures lie in `folder` already.
        folder: an existing folder.
        command: what to type to repeat the run.
        overwrite: replace earlier files.

    Returns:
        The report's path.

    Raises:
        OutputError: the folder can't be written, or a file exists already.
    """
    page = OutputPlace(folder / REPORT_NAME, overwrite=overwrite)
    with page.guard():
        page.partial.write_text(render_report(results, folder, command), encoding="utf-8")
        # The figures first: a report never stands beside another run's.
        results.write(folder / RESULTS_NAME, overwrite=overwrite)
        page.commit()
    return page.path
