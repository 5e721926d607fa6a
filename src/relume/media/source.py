"""One function that opens whatever a user may name as a video."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from relume.errors import UsageError
from relume.media.camera import CameraReader
from relume.media.formats import VIDEO_ENDINGS
from relume.media.frame import VideoFrame
from relume.media.info import MediaInfo
from relume.media.part import Part
from relume.media.rate import exact_rate
from relume.media.reader import VideoReader
from relume.media.sequence import SequenceReader, find_pictures, gaps, numbers_in, pattern_of
from relume.media.special import check_no_address
from relume.place import check_name, file_for

__all__ = ["FrameSource", "is_camera", "open_video"]

_DAY = 86400.0


class FrameSource(Protocol):
    """What `open_video` gives: frames in order, and what is known of them beforehand."""

    info: MediaInfo
    warnings: list[str]

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def __iter__(self) -> Iterator[VideoFrame]: ...

    def close(self) -> None:
        """Let go of the source."""


def is_camera(source: str | os.PathLike[str]) -> bool:
    """Whether a name is a camera's."""
    named = isinstance(source, (str, os.PathLike))
    return named and os.fspath(source).startswith("camera:")


def open_video(
    source: str | os.PathLike[str],
    *,
    threads: int = 0,
    rate: float | Fraction | None = None,
    size: tuple[int, int] | None = None,
    hold: float | None = None,
    part: Part | None = None,
    stop: threading.Event | None = None,
) -> FrameSource:
    """Open a video file, pictures or a camera for reading, frame by frame.

    Args:
        source: a file that FFmpeg reads; a picture (a one-frame video); a folder, a glob or a
            number pattern (frames/%05d.png, frames/#####.png) of pictures; or `camera:0`,
            `camera:/dev/video0`.
        threads: decoder threads; 0 lets FFmpeg choose.
        rate: frames per second of pictures (25 if not given), or wanted from a camera; 23.976,
            29.97 and 59.94 are short for NTSC's. Of no other source.
        size: (width, height) wanted from a camera. Of no other source.
        hold: seconds that a picture which is named alone is shown, a day at most; one frame by
            default. Of no other source.
        part: what to read; all by default. Frames' times begin at 0 where the part does; `info.cut`
            tells how many seconds were left out before it, by which `relume.relight_video` puts a
            timeline's times right. Of a camera, when to end.
        stop: once set, a camera's frames end, also for who waits for one. Of no other source.

    Raises:
        UsageError: the source has no such part, its size or rate can't be chosen, there is no such
            rate, a picture is held too long, or it is no name.
        MediaError: the source is missing, empty, damaged or of a kind that can't be read.
    """
    if not isinstance(source, (str, os.PathLike)):
        raise UsageError(
            f"a video is named by a text or path, not {type(source).__name__}"
            + (file_for(source) or "; the first camera is camera:0")
        )
    name = os.fspath(source)
    check_name(name, "a video", "talk.mp4, or . for this folder's pictures")
    exact = None if rate is None else exact_rate(rate)
    if not isinstance(part, Part | None):
        raise UsageError(f"{name}: a part of a video is a Part(start, end), not {part!r}")
    if size is not None:
        _check_size(name, size)
    if is_camera(name):
        if part is not None and part.start > 0.0:
            raise UsageError(f"{name}: a camera begins when it is opened; leave start out")
        end = None if part is None else part.end
        return CameraReader(name, size=size, rate=exact, end=end, stop=stop)
    check_no_address(name)
    pictures = find_pictures(name)
    if pictures is not None and not (pictures == [Path(name)] and not os.path.isfile(name)):
        shown = exact or Fraction(25)
        if hold is not None and pictures == [Path(name)]:
            if not hold <= _DAY:
                raise UsageError(
                    f"{name}: a picture is shown for {_DAY:g} seconds at most, got {hold:g}; give a"
                    " shorter time, or timeline"
                )
            pictures *= max(1, round(hold * shown))
        reader = SequenceReader(name, pictures, rate=shown, part=part)
        if missing := gaps(name, pictures):
            reader.warn(
                f"{name}: {missing} of its numbers are missing; what follows is shown earlier"
                " (numbered pictures written from it keep their numbers)"
            )
        elif pictures[1:] != pictures[:-1] and _unnumbered(name, pictures):
            reader.warn(
                f"{name}: its pictures aren't numbered, but taken for one clip's frames, by their"
                " names' order; give those that don't belong together by name (portraits/*)"
            )
        folder = Path(name)
        if folder.is_dir() and any(f.suffix.lower() in VIDEO_ENDINGS for f in folder.iterdir()):
            reader.warn(f"{name}: its pictures are one clip; videos there are named one by one")
        return reader
    if exact is not None and os.path.isfile(name):
        raise UsageError(
            f"{name}: a video keeps its own frames a second; leave --fps out (in Python rate)"
        )
    return VideoReader(Path(name), threads=threads, part=part)


def _unnumbered(name: str, pictures: list[Path]) -> bool:
    """Whether a folder or glob, rather than numbers, says that these are frames in this order."""
    return pattern_of(name.rstrip("/")) is None and numbers_in(name, pictures) is None


def _check_size(name: str, size: object) -> None:
    if not is_camera(name):
        raise UsageError(f"{name}: only a camera's size can be chosen; leave it out")
    sides = size if isinstance(size, tuple) else ()
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise UsageError(f"{name}: a size is (width, height) in pixels, got {size!r}")
