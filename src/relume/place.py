"""Where an output goes: checked beforehand, written aside, moved into place when whole."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from .errors import OutputError, UsageError

__all__ = ["OutputPlace", "check_name", "exists_already", "file_for", "named"]


def named(path: object, what: str, example: str) -> Path:
    """What a caller named by a text or path; UsageError where it is neither, or can be no name."""
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(
            f"{what} is named by a text or path, not {type(path).__name__}{file_for(path)}"
        )
    check_name(path, what, example)
    return Path(path)


def check_name(path: str | os.PathLike[str], what: str, example: str) -> None:
    """Raise UsageError of a name that no file can have."""
    name = os.fspath(path)
    if not name:
        raise UsageError(f"{what}'s name is empty; give a file, such as {example}")
    if "\0" in name:
        raise UsageError(f"{what}'s name has a zero byte, {name!r}, which no file's has")


def file_for(content: object) -> str:
    """What to do with a file's content in the place of its name."""
    if isinstance(content, (bytes, bytearray, memoryview)) or hasattr(content, "read"):
        return "; write what it holds to a file first (tempfile.NamedTemporaryFile)"
    return ""


def exists_already(path: Path) -> OutputError:
    """What to raise about an output that may not be replaced."""
    return OutputError(
        f"{path}: exists already; choose another name, or add --overwrite (in Python"
        " overwrite=True)"
    )


class OutputPlace:
    """A file (or folder of files) that appears whole or not at all.

    Write to `partial` under `guard`, then `commit`. It lies in the same folder, which is made if
    need be, and taken away with it. An existing output is replaced only then, so writing over the
    input is safe.

    Raises:
        OutputError: the folder can't be written to, or the output exists already.
    """

    def __init__(self, path: Path, *, overwrite: bool = False, folder: bool = False) -> None:
        self.path = path
        try:
            self._find_partial(overwrite, folder)
        except OSError as error:  # a name that is too long, a folder that may not be entered
            raise OutputError(self._explain(error, "")) from error
        if folder:
            with self.guard():
                self.partial.mkdir()

    def _find_partial(self, overwrite: bool, folder: bool) -> None:
        path = self.path
        # An existing folder may be the root of its own disk, so work inside it.
        parent = path if folder and path.is_dir() else path.parent
        way = (parent, *parent.parents)
        self._missing = list(itertools.takewhile(lambda above: not above.exists(), way))
        nearest = way[len(self._missing)]
        home = path if folder and path.is_file() else nearest
        if not home.is_dir():
            raise OutputError(f"{path}: {home} is a file, not a folder; choose another folder")
        if path.is_dir() and not folder:
            raise OutputError(f"{path}: is a folder; name a file in it")
        if path.exists() and not overwrite and not (folder and _is_empty(path)):
            raise exists_already(path)
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise OutputError(f"{path}: not allowed to write in {nearest}; choose another folder")
        # The ending stays last, because encoders choose by it. A name may be as long as it can.
        name = f".{path.stem[:40]}.{secrets.token_hex(4)}.partial{path.suffix}"
        self.partial = parent / name

    def check(self) -> None:
        """Raise OutputError where `commit` would find a folder in a file's place."""
        if self.partial.is_dir() and self.path.is_dir():
            for item in self.partial.iterdir():
                if (self.path / item.name).is_dir():
                    raise OutputError(
                        f"{self.path / item.name}: is a folder, where a picture goes; move it away"
                    )

    def commit(self) -> None:
        """Move the finished work into place; pictures all or none, so that Ctrl-C is told after."""
        if self.partial.is_dir() and self.path.is_dir():
            stop: KeyboardInterrupt | None = None
            for item in sorted(self.partial.iterdir()):
                while item.exists():
                    try:
                        os.replace(item, self.path / item.name)
                    except KeyboardInterrupt as pressed:
                        stop = pressed
            self.partial.rmdir()
            if stop is not None:
                raise stop
        else:
            os.replace(self.partial, self.path)

    def discard(self) -> None:
        """Remove what was written so far, and the folders made for it."""
        if self.partial.is_dir():
            shutil.rmtree(self.partial, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                self.partial.unlink(missing_ok=True)
        # Of several outputs in one new folder, the last to go takes it away.
        for folder in self._missing:
            with contextlib.suppress(OSError):
                folder.rmdir()

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Turn the system's and the encoder's errors into OutputError; discard on any error."""
        try:
            if self._missing:
                self.partial.parent.mkdir(parents=True, exist_ok=True)
            yield
        except BaseException as error:
            free = self._free()
            self.discard()
            if _of_the_system(error):
                raise OutputError(self._explain(error, free)) from error
            raise

    def _explain(self, error: OSError, free: str) -> str:
        if error.errno == errno.ENOSPC:
            return (
                f"{self.path}: the disk is full ({free} free); free some space or write elsewhere"
            )
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return f"{self.path}: not allowed to write there; choose another folder"
        return f"{self.path}: writing failed ({error.strerror or error})"

    def _free(self) -> str:
        try:
            return f"{shutil.disk_usage(self.partial.parent).free / 1e6:.1f} MB"
        except OSError:
            return "unknown space"


def _of_the_system(error: BaseException) -> TypeGuard[OSError]:
    """Whether it is the system's, or one of PyAV's, which say the same, where that is in use."""
    av = sys.modules.get("av")
    return isinstance(error, OSError) or (av is not None and isinstance(error, av.FFmpegError))


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
