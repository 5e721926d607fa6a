"""A light's file that is read again when it changes: how light is changed while a camera runs."""

from __future__ import annotations

import logging
import os
import time as clock
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import RelumeError
from ..light import Light, LightSource
from .relighter import LightLike, resolve_light

__all__ = ["WatchedLight", "watched_light"]

log = logging.getLogger(__name__)

_EVERY = 0.25
"""Seconds between two looks at the file; it is read once two looks found it alike, and so done."""


class WatchedLight:
    """A `LightSource` that is what its file says now.

    A file that can't be read, or makes no sense, is told as a warning, and the light stays.

    Args:
        path: the file.
        read: gives its light.

    Raises:
        RelumeError: whatever `read` raises at first.
    """

    constant = False

    def __init__(self, path: Path, read: Callable[[], LightSource]) -> None:
        self._path, self._read = path, read
        self._stamp = self._seen = _stamp(path)
        self._looked = clock.monotonic()
        self._source = read()

    def at(self, time: float) -> Light:
        """See `LightSource`."""
        self._look()
        return self._source.at(time)

    def view(self, time: float) -> tuple[float, float, float]:
        """See `LightSource`."""
        return self._source.view(time)

    def _look(self) -> None:
        if clock.monotonic() - self._looked < _EVERY:
            return
        self._looked = clock.monotonic()
        before, self._seen = self._seen, _stamp(self._path)
        if self._seen in (None, self._stamp) or self._seen != before:
            return
        self._stamp = self._seen
        try:
            self._source = self._read()
        except RelumeError as error:
            log.warning("%s; the light stays as it was", error)


def watched_light(
    light: LightLike | None, *, rotation: float = 0.0, exposure: float = 0.0
) -> LightSource | None:
    """`resolve_light`, which tells what the arguments mean; a file's light follows the file."""

    def read() -> LightSource:
        found = resolve_light(light, rotation=rotation, exposure=exposure)
        assert found is not None
        return found

    if light is None:
        return None
    if isinstance(light, (str, Path)) and Path(light).suffix and os.path.isfile(light):
        return WatchedLight(Path(light), read)
    return read()


def _stamp(path: Path) -> Any:
    """What changes with a file; None while there is none, as when an editor replaces it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
