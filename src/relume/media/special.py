"""Names that stand for something other than a picture or video: pipes, devices, raw, lights."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from relume.errors import MediaError

__all__ = ["check_footage", "check_no_address", "check_no_device", "check_no_pipe"]

_RAW = (".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".raf", ".rw2", ".orf", ".pef")

_LIGHTS = (".yaml", ".yml")


def check_no_address(name: str) -> None:
    """Raise MediaError of what lies on the web."""
    if "://" in name and not os.path.exists(name):
        raise MediaError(
            f"{name}: relume reads files, not addresses; download it first and give the file's path"
        )


def check_no_pipe(path: Path) -> None:
    """Raise MediaError of a pipe or a socket."""
    mode = _mode(path)
    if str(path) == "-" or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        raise MediaError(
            f"{path}: pipes can't be read, because a video is opened more than once, for its sound"
            " too; write it to a file first"
        )


def check_no_device(path: Path) -> None:
    """Raise MediaError of a camera that is named as a file, or of another device."""
    # Also where none is plugged in: the name says what is meant.
    if str(path).startswith("/dev/video") or stat.S_ISCHR(_mode(path)):
        raise MediaError(f"{path}: is a device, not a file; a camera is named camera:{path}")


def check_footage(path: Path) -> None:
    """Raise MediaError of what is called other than footage: a sensor's own data, of which FFmpeg
    shows a thumbnail at best, and a light."""
    kind = path.suffix.lower()
    if kind in _RAW:
        raise MediaError(
            f"{path}: camera raw isn't read; develop it first, to TIFF or PNG of 16 bits or JPEG"
        )
    if kind in _LIGHTS:
        raise MediaError(
            f"{path}: not a video or picture; a light is given as --light, and `relume light show`"
            " draws it"
        )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
