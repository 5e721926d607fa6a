"""Teaching a folder of portraits: resumable, parallel, with a list of what was refused and why."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from ..errors import InputError, MediaError, OutputError
from ..media import as_picture, read_image
from .lines import add_line, lines_of
from .shape import ShapeModel
from .sheet import SHEETS
from .teach import Rejected, Teacher, TeacherConfig
from .transfer import need_embree

__all__ = [
    "REJECTED",
    "CorpusConfig",
    "Outcome",
    "already",
    "pictures_in",
    "teach_corpus",
    "untaught",
]

REJECTED = "rejected.jsonl"
"""Holds what was refused, and why."""

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class CorpusConfig:
    """Which portraits are taught and where the results go."""

    pictures: tuple[Path, ...]
    """Folders of portraits, searched through and through."""
    output: Path
    """Folder for the taught portraits, one .npz each, and `rejected.jsonl`."""
    workers: int = 1
    """Processes that teach at the same time."""
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    """How portraits are taught."""


@dataclass(frozen=True)
class Outcome:
    """One portrait's end: its file, or the reason why there is none."""

    picture: Path
    taught: Path | None
    reason: str = ""
    others: int = 0
    """Faces beside the one that was taught."""


def pictures_in(folders: tuple[Path, ...], output: Path) -> list[Path]:
    """All pictures under `folders` but the contact sheets of `output`, in order of their path.

    Raises:
        InputError: a folder is missing, there are no pictures, or two have the same name.
    """
    found, sheets = [], (output / SHEETS).resolve()
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder of portraits")
        pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
        found += [p for p in pictures if p.parent.resolve() != sheets]
    if not found:
        raise InputError(f"no pictures (.jpg, .png, .webp) in {', '.join(map(str, folders))}")
    names: dict[str, Path] = {}
    for path in found:
        if path.stem in names:
            raise InputError(f"{path} and {names[path.stem]} would be taught into the same file")
        names[path.stem] = path
    return found


def teach_corpus(config: CorpusConfig) -> Generator[Outcome]:
    """Teach what isn't taught yet; yields as results come in, in the pictures' order.

    A file is written whole or not at all, so that a run that was cut off goes on where it
    was. Refusals are remembered in `rejected.jsonl`; delete it to have them tried again.

    Raises:
        InputError: see `pictures_in`; or the teacher's head can't be read.
        MissingDependencyError: trimesh or embreex isn't installed.
        OutputError: the output's folder can't be made, or a file in it can't be written.
    """
    todo = untaught(config)
    if not todo:
        return
    need_embree()
    if config.teacher.ict is not None:
        ShapeModel.from_ict(config.teacher.ict)  # in a process of the pool it would be a traceback
    try:
        config.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{config.output} can't be made: {error.strerror}") from error
    # Forked, a process would inherit the thread pools of OpenCV and OpenVINO without the threads.
    fresh = get_context("spawn")
    with ProcessPoolExecutor(config.workers, fresh, _start, (config.teacher,)) as pool:
        with _single_threaded():
            outcomes = pool.map(_teach, *zip(*todo, strict=True))
        for outcome in outcomes:
            if outcome.taught is None:
                told = {"picture": outcome.picture.name, "reason": outcome.reason}
                add_line(config.output / REJECTED, told)
            yield outcome


def already(config: CorpusConfig, left: int) -> tuple[int, int]:
    """How many of the pictures were taught before, and how many refused; `left` are `untaught`."""
    pictures = pictures_in(config.pictures, config.output)
    taught = sum((config.output / f"{path.stem}.npz").is_file() for path in pictures)
    return taught, len(pictures) - taught - left


def untaught(config: CorpusConfig) -> list[tuple[Path, Path]]:
    """The portraits still to be taught, each with the file it goes to."""
    # A line that was being written when the process was killed is asked about again.
    known = {str(line["picture"]) for line in lines_of(config.output / REJECTED)}
    pictures = pictures_in(config.pictures, config.output)
    pairs = [(path, config.output / f"{path.stem}.npz") for path in pictures]
    return [(p, target) for p, target in pairs if not target.is_file() and p.name not in known]


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Processes that are started within multiply matrices in one thread, unless told otherwise:
    NumPy asks the environment as it is loaded, before any code of theirs could say so."""
    given = "OMP_NUM_THREADS" in os.environ
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        yield
    finally:
        if not given:
            del os.environ["OMP_NUM_THREADS"]


_teacher: Teacher | None = None


def _start(config: TeacherConfig) -> None:
    global _teacher
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    cv2.setNumThreads(1)
    _teacher = Teacher(config)


def _teach(picture: Path, target: Path) -> Outcome:
    assert _teacher is not None
    try:
        located = _teacher.located(as_picture(read_image(picture)).rgb8)
        portrait = _teacher.taught(located)
    except (MediaError, Rejected) as reason:
        return Outcome(picture, None, str(reason).removeprefix(f"{picture}: "))
    except Exception as error:  # a fault met in one portrait; the others can do without it
        return Outcome(picture, None, f"{type(error).__name__}: {error}")
    portrait.save(target)
    return Outcome(picture, target, others=located.faces - 1)
