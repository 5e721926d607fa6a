"""What is made once and kept, for as long as the settings that it was made under."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..place import OutputPlace

__all__ = ["keep_for"]

_SETTINGS = "settings.json"


def keep_for(folder: Path, settings: dict[str, Any]) -> None:
    """Make a folder for what is kept, and take away files that were made under other settings.

    Args:
        folder: where they lie; one that doesn't say is taken to hold files of these settings.
        settings: JSON-able, those that the files depend on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told, text = folder / _SETTINGS, json.dumps(settings, indent=1)
    if told.is_file() and told.read_text() == text:
        return
    if told.is_file():
        for path in folder.iterdir():
            if path.is_file():
                path.unlink()
    place = OutputPlace(told, overwrite=True)
    with place.guard():
        place.partial.write_text(text)
        place.commit()
