"""Still pictures and numbered pictures, read as video."""

from __future__ import annotations

import glob
import logging
import math
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2

from relume.errors import MediaError, OutputError, UsageError
from relume.media.closing import Closing
from relume.media.frame import VideoFrame
from relume.media.heif import is_heic
from relume.media.image import PICTURE_ENDINGS, read_still
from relume.media.info import MediaInfo
from relume.media.layout import Plane
from relume.media.notes import Notes
from relume.media.part import Cut, Part

__all__ = [
    "PATTERN",
    "SequenceReader",
    "by_number",
    "find_pictures",
    "gaps",
    "is_numbered",
    "is_one_of",
    "is_pattern",
    "is_picture",
    "numbered",
    "numbers_in",
    "pattern_of",
    "same_file",
]

_SQUASHED = 0.02
"""Change of the ratio of width to height from which a picture is another's no more."""

log = logging.getLogger("relume.media")

PATTERN = re.compile(r"%(0(\d+))?d|##+")
"""Where a name has its number: as printf writes it, or a # for every digit."""


def find_pictures(source: str) -> list[Path] | None:
    """The pictures that a name stands for, in order; None if it is no name of pictures.

    A name is a picture, a folder, a number pattern such as frames/%05d.png or frames/#####.png, or
    a glob pattern.
    Folders and globs are in natural order (2 before 10).

    Raises:
        MediaError: it is a folder that may not be looked into.
    """
    path = Path(source)
    if PATTERN.search(path.name) and not os.path.exists(path):
        number = _number_in(path.name)
        found = [(m, p) for p in _listed(path.parent) if (m := number.match(p.name))]
        return [p for _, p in sorted((int(m[1]), p) for m, p in found)]
    if os.path.isdir(path):
        return sorted((p for p in _listed(path) if _is_picture(p)), key=_natural)
    if not os.path.exists(path) and glob.has_magic(source):
        return sorted((Path(p) for p in glob.glob(source) if _is_picture(Path(p))), key=_natural)
    return [path] if _is_picture(path) else None


def by_number(pattern: Path) -> dict[int, Path]:
    """The pictures that a pattern names, by their numbers."""
    number = _number_in(pattern.name)
    found = ((int(m[1]), p) for p in _listed(pattern.parent) if (m := number.match(p.name)))
    return {n: p for n, p in found if p.name == numbered(pattern.name, n) and p.is_file()}


def gaps(source: str, pictures: list[Path]) -> int:
    """How many numbers are missing between a pattern's first and last picture."""
    pattern = Path(source).name
    if not PATTERN.search(pattern) or len(pictures) < 2:
        return 0
    number = _number_in(pattern)
    # 1 and 01 are two pictures of one number.
    found = {int(match[1]) for picture in pictures if (match := number.match(picture.name))}
    return max(found) - min(found) + 1 - len(found) if found else 0


def numbers_in(source: str, pictures: list[Path]) -> list[int] | None:
    """The numbers of one clip's pictures: a pattern's, or those that their names end in.

    None unless they rise and the names are alike but for them, and of one picture by its own name.
    """
    if pictures[:1] == [Path(source)]:
        return None
    pattern = Path(source).name
    numbered = PATTERN.search(pattern) and not os.path.exists(source)
    place = _number_in(pattern) if numbered else _LAST
    found = [place.match(picture.name) for picture in pictures]
    numbers = [int(match[1]) for match in found if match]
    alike = len({match.string[: match.start(1)] for match in found if match}) == 1
    rising = len(numbers) == len(pictures) and all(a < b for a, b in pairwise(numbers))
    return numbers if rising and alike else None


def pattern_of(output: str | os.PathLike[str]) -> Path | None:
    """The number pattern of the pictures that an output's name stands for, frames/%05d.png for
    frames/; None where it is one file's.

    Raises:
        OutputError: its numbers have hundreds of digits.
    """
    name = os.fspath(output)
    if name.endswith(("/", os.sep)):
        return Path(name) / "%05d.png"
    found = PATTERN.search(Path(name).name)
    if found and len((found[2] or "").lstrip("0")) > 2:
        raise OutputError(f"{name}: numbers have 99 digits at most; write %05d")
    return Path(name) if found else None


def numbered(pattern: str, number: int) -> str:
    """A pattern's name with the number in its place."""
    return PATTERN.sub(lambda place: _digits(place[0], number), pattern, count=1)


def _digits(place: str, number: int) -> str:
    return f"{number:0{len(place)}}" if place.startswith("#") else place % number


def is_numbered(pattern: Path, picture: Path) -> bool:
    """Whether a picture is one that a pattern stands for."""
    return same_file(picture.parent, pattern.parent) and is_one_of(pattern.name, picture.name)


def same_file(a: Path, b: Path) -> bool:
    """Whether two names are one file's or folder's; what isn't there is none."""
    try:
        return os.path.samefile(a, b)
    except (OSError, ValueError):
        return False


def is_one_of(pattern: str, name: str) -> bool:
    """The same of names within a folder; of another pattern, whether both may stand for one."""
    if PATTERN.search(name):
        name = numbered(name, 10**9)
    return _number_in(pattern).match(name) is not None


_LAST = re.compile(r"(?:.*\D)?(\d+)\.\w+$", re.ASCII)
"""The number that a name ends in before its ending."""


def _number_in(pattern: str) -> re.Pattern[str]:
    before, *_, after = PATTERN.split(pattern, maxsplit=1)
    return re.compile(f"{re.escape(before)}(\\d+){re.escape(after)}$", re.ASCII)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir()) if os.path.isdir(folder) else []
    except OSError as error:
        raise MediaError(f"{folder}: can't be looked into ({error.strerror})") from None


def is_pattern(name: str) -> bool:
    """Whether a name stands for pictures by their numbers, or as a glob, and for no file."""
    several = PATTERN.search(Path(name).name) or glob.has_magic(name)
    return bool(several) and not os.path.exists(name)


def is_picture(name: str | Path) -> bool:
    """Whether a name is that of one picture."""
    path = Path(name)
    return _is_picture(path) and not PATTERN.search(path.name)


def _is_picture(path: Path) -> bool:
    known = path.suffix.lower() in PICTURE_ENDINGS or is_heic(path)
    return known and not path.name.startswith(".")


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in re.split(r"(\d+)", path.name)]


class SequenceReader(Closing):
    """The interface of `VideoReader` over a list of pictures; frame i is shown at i / rate."""

    def __init__(
        self,
        source: str,
        pictures: list[Path],
        *,
        rate: Fraction = Fraction(25),
        part: Part | None = None,
    ) -> None:
        if not pictures:
            raise MediaError(
                f"{source}: no pictures there; supported are {', '.join(PICTURE_ENDINGS)};"
                " videos are named one by one"
            )
        part = part or Part()
        first_index = math.ceil(part.start * rate - 1e-6)
        if first_index >= len(pictures):
            raise UsageError(
                f"{source}: there is no picture at {part.start:g} s; give less than"
                f" {float(len(pictures) / rate):g}"
            )
        last_index = None if part.end is None else max(math.ceil(part.end * rate - 1e-6), 1)
        numbers = numbers_in(source, pictures)
        self._numbers = None if numbers is None else numbers[first_index:last_index]
        pictures = pictures[first_index:last_index]
        if not pictures:
            raise UsageError(f"{source}: there is no picture from {part.start:g} to {part.end:g} s")
        skipped = float(first_index / rate)
        self._pictures = pictures
        self.warnings: list[str] = []
        self._last: tuple[Path, tuple[Plane, Notes]] | None = None
        first = self._load(0)
        self._size = (first.width, first.height)
        self.info = MediaInfo(
            source=source,
            path=None,
            container="pictures",
            codec=pictures[0].suffix[1:].lower(),
            width=first.width,
            height=first.height,
            frame_rate=rate,
            average_rate=rate,
            time_base=1 / rate,
            duration=float(len(pictures) / rate),
            frames=len(pictures),
            frames_exact=True,
            pixel_format=first.layout.name,
            depth=first.layout.depth,
            colour=first.colour,
            cut=Cut() if part.whole else Cut(skipped, skipped, part.end or math.inf),
        )

    def close(self) -> None:
        """Nothing is held open."""

    def __iter__(self) -> Iterator[VideoFrame]:
        for index in range(len(self._pictures)):
            frame = self._load(index)
            frame.pts, frame.time_base, frame.duration = index, self.info.time_base, 1
            frame.number = None if self._numbers is None else self._numbers[index]
            yield frame

    def warn(self, text: str) -> None:
        """Tell, and keep for the report."""
        self.warnings.append(text)
        log.warning(text)

    def _load(self, index: int) -> VideoFrame:
        path = self._pictures[index]
        if self._last is None or self._last[0] != path:  # a picture that is held is read once
            self._last = path, read_still(path)
        samples, notes = self._last[1]
        if index and samples.shape[1::-1] != self._size:
            self._check_shape(index, samples.shape[1], samples.shape[0])
            self.warn(f"{self._pictures[index]}: of another size than the first; scaled to it")
            samples = cv2.resize(samples, self._size, interpolation=cv2.INTER_AREA)
        frame = VideoFrame.from_rgb(samples)
        frame.notes = notes
        return frame

    def _check_shape(self, index: int, width: int, height: int) -> None:
        """Pictures of other shapes would be squashed: they are no frames of one clip."""
        first = self._size
        if abs(width * first[1] / (height * first[0]) - 1) > _SQUASHED:
            raise MediaError(
                f"{self._pictures[index]} is {width}x{height}, but {self._pictures[0]} is"
                f" {first[0]}x{first[1]}: the pictures of a folder or glob are one clip's frames,"
                " of one shape; give those that don't belong together by name (portraits/*)"
            )
