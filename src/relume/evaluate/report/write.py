"""What a run leaves: figures, page and pictures in one folder."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from ...errors import OutputError
from ...place import OutputPlace
from ..results import Results
from .page import render_report

__all__ = ["REPORT_NAME", "RESULTS_NAME", "report_folder", "write_page", "write_report"]

RESULTS_NAME = "results.json"
REPORT_NAME = "report.html"
STRIPS_NAME = "strips"


@contextlib.contextmanager
def report_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A folder for a run, which appears when the block ends well and not at all otherwise.

    Args:
        path: of the folder; folders above it are made.
        overwrite: replace an earlier run that is there. Anything else there is never replaced.

    Yields:
        The folder to write into.

    Raises:
        OutputError: the place can't be written, or something is there already.
    """
    earlier = path.is_dir() and any(path.iterdir())
    if earlier and overwrite and not (path / RESULTS_NAME).is_file():
        raise OutputError(f"{path}: holds no earlier run, so it is not replaced; choose another")
    place = OutputPlace(path, overwrite=overwrite, folder=True)
    with place.guard():
        yield place.partial
        if earlier:
            shutil.rmtree(path / STRIPS_NAME, ignore_errors=True)
        place.commit()


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
