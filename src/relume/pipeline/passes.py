"""Passes as files: a video, picture or sequence for each, beside the relit one or alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError, UsageError
from ..media import MediaInfo, VideoFrame, VideoWriter
from ..media.sequence import find_pictures, is_numbered, is_one_of, pattern_of, same_file
from ..media.virtual import is_virtual
from ..place import check_name, file_for

__all__ = ["NO_PASSES", "PASSES", "PassWriters", "Sheet", "check_names", "check_pass"]

Sheet = NDArray[Any]
"""uint8 or uint16 [H, W, 3]."""

PASSES = ("albedo", "shading", "normals", "depth", "alpha")
"""What can be written; `relume.compact_engine.passes` says how each is coded."""

NO_PASSES = (
    "this model knows no albedo, shading, normals, depth or alpha: leave the passes out, or use the"
    " compact model (--model compact; in Python its engine is build_engine('compact'))"
)

_DEEP = (".png", ".tif", ".tiff")


def check_pass(name: str) -> None:
    """Raise UsageError unless there is such a pass."""
    if name not in PASSES:
        raise UsageError(f"no pass is called {name!r}: choose from {', '.join(PASSES)}")


def check_names(
    source: str | Path, output: str | Path | None, passes: Mapping[str, str | Path]
) -> None:
    """Every file its own name, every pass one that there is, and something to be written.

    Raises:
        UsageError: there is no such pass, nothing is to be written, or what should be a file's name
            isn't one.
        OutputError: a file stands for two things, or a pass is no file.
    """
    if not isinstance(passes, Mapping):
        raise UsageError(f"passes are files by name, {{'albedo': 'albedo.mp4'}}, not {passes!r}")
    for name in passes:
        check_pass(name)
    if output is None and not passes:
        raise UsageError("nothing would be written: give an output, or a pass")
    outputs = [*([] if output is None else [("output", output)]), *passes.items()]
    for what, path in (("source", source), *outputs):
        if not isinstance(path, (str, os.PathLike)):
            raise UsageError(
                f"the {what} is the name of a file, not {type(path).__name__}"
                + (file_for(path) or "; frames that are arrays are relit by relume.Relighter")
            )
        check_name(path, f"the {what}", "talk.mp4")
    taken: dict[str, str] = {}
    for what, path in outputs:
        if what in passes and is_virtual(path):
            raise OutputError(f"{path} shows the output alone; give a file for {what}")
        if _is_input(source, path):
            raise OutputError(f"{path} is the input itself; choose another name")
        place = os.path.realpath(pattern_of(path) or path)
        for other, owner in taken.items():
            if _meet(place, other) or _meet(other, place):
                raise OutputError(f"{path} is given for {owner} and for {what}; use two names")
        taken[place] = what


def _meet(place: str, other: str) -> bool:
    """Whether two outputs, or one of a pattern's pictures and another, are one file."""
    a, b = Path(place), Path(other)
    if a == b:
        return True
    return a.parent == b.parent and pattern_of(a) is not None and is_one_of(a.name, b.name)


def _is_input(source: str | Path, output: str | Path) -> bool:
    """Whether writing an output would replace (a picture of) the source."""
    if same_file(Path(source), Path(output)):
        return True
    pattern = pattern_of(output)
    pictures = find_pictures(os.fspath(source)) or []
    if pattern is not None:
        return any(is_numbered(pattern, picture) for picture in pictures)
    return any(same_file(picture, Path(output)) for picture in pictures)


class PassWriters:
    """Writers of some passes: a context manager, as `VideoWriter` is, without sound.

    PNG and TIFF pictures get 16 bits a sample, everything else 8.

    Args:
        paths: files by the passes' names.
        like: the source.
        quality, overwrite, threads: see `VideoWriter`.
    """

    def __init__(
        self,
        paths: Mapping[str, str | Path],
        like: MediaInfo,
        quality: float,
        overwrite: bool,
        threads: int,
    ) -> None:
        silent = replace(like, path=None)
        self._kinds: dict[str, type[np.uint8] | type[np.uint16]] = {}
        self._writers: dict[str, VideoWriter] = {}
        with ExitStack() as undo:
            for name, path in paths.items():
                writer = VideoWriter(
                    path, like=silent, quality=quality, overwrite=overwrite, threads=threads
                )
                undo.push(writer)
                self._writers[name] = writer
                deep = Path(path).suffix.lower() in _DEEP or os.fspath(path).endswith(("/", os.sep))
                self._kinds[name] = np.uint16 if deep else np.uint8
            self._stack = undo.pop_all()

    def sheets(self, frame: VideoFrame) -> dict[str, Sheet]:
        """A black picture of the frame's size for every pass."""
        shape = (frame.height, frame.width, 3)
        return {name: np.zeros(shape, kind) for name, kind in self._kinds.items()}

    def write(self, sheets: Mapping[str, Sheet], frame: VideoFrame) -> None:
        """Append pictures, shown as long as `frame`."""
        for name, sheet in sheets.items():
            picture = VideoFrame.from_rgb(sheet, frame.pts, frame.time_base)
            picture.duration, picture.number = frame.duration, frame.number
            self._writers[name].write(picture)

    def finish(self) -> None:
        """See `VideoWriter.finish`."""
        for writer in self._writers.values():
            writer.finish()

    def __enter__(self) -> PassWriters:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)
