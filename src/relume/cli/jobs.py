"""What `relume relight` is to do: one source, or several, each by itself under its own name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Job", "jobs_of"]


@dataclass(frozen=True)
class Job:
    """A source and what is written of it.

    Attributes:
        source: as `open_video` takes it.
        output: of it relit; None for passes alone.
        passes: files by the passes' names.
    """

    source: str
    output: str | None
    passes: dict[str, str]

    @property
    def files(self) -> list[str]:
        """All that is written."""
        return [*([] if self.output is None else [self.output]), *self.passes.values()]

    @property
    def written(self) -> list[str]:
        """What is told to have been written: the output, or without one the passes."""
        return self.files if self.output is None else [self.output]


def jobs_of(sources: Sequence[str], output: str | None, passes: Mapping[str, str]) -> list[Job]:
    """One source with its files as they are named; of several, each with files of its own name in
    the folders that are named. A picture keeps its name in a folder by itself, too.

    Raises:
        UsageError: several have no folder, one is no file or can't keep its name, or one would be
            written over itself or where another is.
    """
    if len(sources) == 1:
        source = sources[0]
        keeps = _is_one_picture(source) and os.path.isfile(source)
        named = {p: _in(f, source, p) if keeps and _is_folder(f) else f for p, f in passes.items()}
        if output is not None and keeps and _is_folder(output):
            output = _in(output, source)
        return [Job(source, output, named)]
    _check_several(sources, [f for f in (output, *passes.values()) if f is not None])
    jobs = [
        Job(
            source,
            None if output is None else _in(output, source),
            {name: _in(folder, source, name) for name, folder in passes.items()},
        )
        for source in sources
    ]
    _check_apart(jobs)
    return jobs


def _is_folder(name: str) -> bool:
    return name.endswith(("/", os.sep)) or os.path.isdir(name)


def _is_one_picture(source: str) -> bool:
    from ..media.heif import HEIF_ENDINGS
    from ..media.sequence import is_picture

    return is_picture(source) or Path(source).suffix.lower() in HEIF_ENDINGS


def _in(folder: str, source: str, what: str | None = None) -> str:
    """The source's name in a folder, with an ending that can be written; pass `what` of a picture
    is a PNG, which loses nothing."""
    from ..media.formats import VIDEO_ENDINGS
    from ..media.heif import HEIF_ENDINGS
    from ..media.image import writable_picture

    path = Path(source)
    ending = path.suffix.lower()
    if _is_one_picture(source):
        lossy = ".jpg" if ending in HEIF_ENDINGS else ".png"
        ending = path.suffix if writable_picture(path) else lossy
        ending = ending if what is None else ".png"
    else:
        ending = path.suffix if ending in VIDEO_ENDINGS else ".mp4"
    return os.path.join(folder, path.stem + ending)


def _check_several(sources: Sequence[str], folders: list[str]) -> None:
    from ..errors import UsageError
    from ..media.sequence import PATTERN, is_pattern
    from ..media.source import is_camera

    for folder in folders:
        if not folder:
            raise UsageError("a folder's name is empty; give one, such as lit/")
        if not _is_folder(folder) and Path(folder).suffix:
            raise UsageError(
                f"{len(sources)} sources are written into a folder, each by its own name: give"
                f" one, such as -o lit/, not {folder}; for the frames of one clip, quote their"
                " pattern ('shots/*.jpg')"
            )
    for source in sources:
        if os.path.isdir(source):
            raise UsageError(
                f"{source} is one clip's pictures: give it alone, or, to relight each by itself,"
                f" what is in it ({source.rstrip('/')}/*)"
            )
        if is_camera(source) or is_pattern(source):
            raise UsageError(f"{source} can't be one of several sources: give it alone")
        if PATTERN.search(Path(source).name):
            raise UsageError(
                f"{source} can't keep its name, which would stand for numbered pictures: give it"
                " alone, or another name"
            )


def _check_apart(jobs: list[Job]) -> None:
    from ..errors import UsageError
    from ..media.sequence import same_file

    taken: dict[str, str] = {}
    for job in jobs:
        for file in job.files:
            if same_file(Path(job.source), Path(file)):
                raise UsageError(f"{file} is a source itself; choose another folder")
            # Some systems take names for one that differ in capitals alone.
            if other := taken.get(file.casefold()):
                both = "twice" if other == job.source else f"beside {other}"
                raise UsageError(
                    f"{job.source}, given {both}, would be written to {file}: leave it out, or"
                    " relight it by itself"
                )
        taken.update((file.casefold(), job.source) for file in job.files)
