"""The two files that a run leaves."""

from __future__ import annotations

from pathlib import Path

from ...media.place import OutputPlace
from ..results import Results
from .page import render_report

__all__ = ["REPORT_NAME", "RESULTS_NAME", "write_page", "write_report"]

RESULTS_NAME = "results.json"
REPORT_NAME = "report.html"


def write_report(results: Results, folder: Path, *, overwrite: bool = False) -> Path:
    """Write `results.json` and `report.html` into a folder, each whole or not at all.

    Args:
        results: what a run found; its strips' pictures lie in `folder` already.
        folder: an existing folder.
        overwrite: replace earlier files.

    Returns:
        The report's path.

    Raises:
        OutputError: the folder can't be written, or a file exists already.
    """
    page = OutputPlace(folder / REPORT_NAME, overwrite=overwrite)
    results.write(folder / RESULTS_NAME, overwrite=overwrite)
    write_page(results, page.path, overwrite=overwrite)
    return page.path


def write_page(results: Results, path: Path, *, overwrite: bool = False) -> None:
    """Write the HTML page alone, whole or not at all.

    Args:
        results: what a run found.
        path: of the page; the strips' pictures are looked for beside it.
        overwrite: replace an earlier page.

    Raises:
        OutputError: the place can't be written, or the page exists already.
    """
    place = OutputPlace(path, overwrite=overwrite)
    with place.guard():
        place.partial.write_text(render_report(results, path.parent), encoding="utf-8")
        place.commit()
