"""JSON-lines files that a run adds to, and that survive its being killed."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from ..errors import OutputError

__all__ = ["add_line", "lines_of"]


def add_line(path: Path, values: dict[str, Any]) -> None:
    """Add a line; one that a kill left half written stays apart from it.

    Raises:
        OutputError: there is no room, or it isn't allowed.
    """
    try:
        with path.open("a+b") as file:
            size = file.seek(0, os.SEEK_END)
            if size and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n":
                file.write(b"\n")
            file.write(json.dumps(values).encode() + b"\n")
    except OSError as error:
        raise OutputError(
            f"{path}: nothing can be added to it ({error.strerror}); make room, or choose another"
            " folder, and start again: what is done is kept"
        ) from error


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The lines of a file, if there is one, without those that a kill left half written."""
    found = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found
