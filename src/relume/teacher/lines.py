"""JSON-lines files that a run adds to, and that survive its being killed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

__all__ = ["add_line", "lines_of"]


def add_line(path: Path, values: dict[str, Any]) -> None:
    """Add a line."""
    with path.open("a") as file:
        file.write(json.dumps(values) + "\n")


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The lines of a file, if there is one, without those that a kill left half written."""
    found = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found
