"""Compiled networks kept in the user's cache folder: loading them takes a fifth of the time."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["Cache", "cache_folder"]

_DIGEST = 32  # bytes of the SHA-256 that a file begins with
_KEPT = 4  # files of one name: several machines or installations may share a home


def cache_folder() -> Path:
    """Where the system wants a program's caches, for relume."""
    given, usual = {
        "win32": ("LOCALAPPDATA", "AppData/Local"),
        "darwin": ("", "Library/Caches"),
    }.get(sys.platform, ("XDG_CACHE_HOME", ".cache"))
    try:
        return Path(os.environ.get(given) or Path.home() / usual) / "relume"
    except RuntimeError:  # a user without a home
        return Path(os.devnull)


class Cache:
    """Contents by name and key. A place that can't be read or written is an empty cache.

    A file carries its own checksum, so that a damaged or cut-off one counts as missing.

    Args:
        folder: made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str, key: str) -> bytes | None:
        """What was kept under that name and key; None for nothing."""
        try:
            content = self._file(name, key).read_bytes()
        except OSError:
            return None
        digest, blob = content[:_DIGEST], content[_DIGEST:]
        return blob if hashlib.sha256(blob).digest() == digest else None

    def keep(self, name: str, key: str, blob: bytes) -> None:
        """Keep it, and of what the name had before only the newest; the file appears whole."""
        target = self._file(name, key)
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=self._folder, suffix=".partial")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(blob).digest() + blob)
                os.replace(partial, target)
            except BaseException:
                os.unlink(partial)
                raise
            files = sorted(self._folder.glob(f"{name}-*.blob"), key=lambda f: f.stat().st_mtime_ns)
            for outdated in files[:-_KEPT]:
                outdated.unlink(missing_ok=True)

    def _file(self, name: str, key: str) -> Path:
        short = hashlib.sha256(key.encode()).hexdigest()[:24]
        return self._folder / f"{name}-{short}.blob"
