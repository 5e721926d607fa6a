"""`relume relight`: videos or pictures in, the same ones relit out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from .jobs import Job, jobs_of
from .maybe import MaybeDevice, MaybeInt, MaybePrecision, MaybeText, optional

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["Relight"]


@dataclass
class Relight:
    """Relight the faces of a video or picture, and move the camera around them.

    Example: relume relight talk.mp4 -o out.mp4 --light rembrandt --yaw 8
    """

    source: Annotated[
        tyro.conf.Positional[tuple[str, ...]],
        tyro.conf.arg(metavar="SOURCE ...", help_behavior_hint="(required)"),
    ]
    """What to relight: a video, a picture, an image sequence (shots/%04d.png, or
    shots/####.png) or camera:0. Several (portraits/*.jpg) are relit each by itself."""
    output: Annotated[MaybeText, optional(aliases=["-o"], metavar="FILE")] = None
    """What to write; the ending chooses the format (.mp4 .mov .mkv .webm .png ...), and
    virtualcam: is a virtual camera (virtualcam:/dev/video10 one of several); of several sources
    a folder (lit/), where each keeps its name. Left out, passes (--albedo and those below it)
    are written alone."""
    light: Annotated[MaybeText, optional(aliases=["-l"], metavar="LIGHT")] = None
    """The new light: a preset (see `relume light list`), an .hdr or .exr environment, a .yaml or
    .json light or timeline, a DPR .txt file, or a portrait to take the light from. Left out,
    the light stays as it is. A file may be changed while a camera runs."""
    yaw: float = 0.0
    """Degrees to turn the camera around the head, to the picture's right, 30 at most. Up to
    about 15 looks natural. Added to a timeline's own camera."""
    pitch: float = 0.0
    """Degrees to lift the camera, 30 at most."""
    start: Annotated[str, tyro.conf.arg(metavar="TIME")] = "0"
    """Second of the source to begin at, or [hours:]minutes:seconds. A timeline's times stay the
    source's."""
    end: Annotated[MaybeText, optional(metavar="TIME")] = None
    """Second of the source to end at, or [hours:]minutes:seconds; of a camera, how long to
    record."""
    fps: Annotated[MaybeText, optional(metavar="RATE")] = None
    """Frames a second of numbered pictures, 25 by default, or wanted from a camera: 30, 29.97 or
    30000/1001."""
    size: Annotated[MaybeText, optional(metavar="WxH")] = None
    """Size wanted from a camera, such as 1280x720; most open at 640x480."""
    amount: float = 1.0
    """Share of the new light, 0 to 1."""
    rotate_light: float = 0.0
    """Degrees to turn the light about the vertical, to the picture's right."""
    exposure: float = 0.0
    """Stops by which to brighten (or, below 0, dim) the light."""
    model: Annotated[MaybeText, optional(metavar="NAME")] = None
    """What relights: compact (relume's own networks, in real time on a CPU; the default), ratio
    (ratio images) or paper (the published networks; wants a GPU, and weights from
    `relume weights import`)."""
    weights: Annotated[MaybeText, optional(metavar="NAME_OR_FILE")] = None
    """Other weights for the model: a file, or for paper one of `relume weights list`."""
    device: Annotated[MaybeDevice, optional(metavar="{auto,cpu,cuda}")] = None
    """With --model paper: where networks run; auto, the default, takes a GPU if there is one."""
    precision: Annotated[MaybePrecision, optional(metavar="{fp32,bf16,fp16}")] = None
    """With --model paper: fp32 (the default), bf16, or on a GPU fp16."""
    compile: bool = False
    """With --model paper: compile the networks first, which takes minutes."""
    albedo: Annotated[MaybeText, optional(metavar="FILE")] = None
    """With --model compact: write people's albedo, their colour without the light. This and the
    passes below are videos, pictures or numbered pictures of the source's size and times, black
    where no one is."""
    shading: Annotated[MaybeText, optional(metavar="FILE")] = None
    """With --model compact: the light on people; white is 2, an even light gives 1."""
    normals: Annotated[MaybeText, optional(metavar="FILE")] = None
    """With --model compact: directions of the surface, 0.5 + 0.5 (right, up, towards the
    viewer)."""
    depth: Annotated[MaybeText, optional(metavar="FILE")] = None
    """With --model compact: 1 / distance, nearer is brighter; .png and .tiff have 16 bits."""
    alpha: Annotated[MaybeText, optional(metavar="FILE")] = None
    """With --model compact: where a person is, white."""
    max_faces: int = 4
    """The most faces to relight: the largest, but one that is followed already isn't given up for
    a larger one."""
    threads: Annotated[MaybeInt, optional(metavar="N")] = None
    """Cores to use; all that there are by default."""
    quality: float = 80.0
    """Quality of the output, 0 (smallest file) to 100 (best)."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace the output if it exists."""
    quiet: Annotated[bool, tyro.conf.arg(aliases=["-q"])] = False
    """Print nothing but warnings and errors."""

    def run(self) -> int:
        """Do it; gives the exit code."""
        from .process import load_ahead, one_thread_a_stage, stop_event
        from .seconds import seconds_of

        jobs, size, rate = self._checked(), self._size(), self._rate()
        start = seconds_of("--start", self.start)
        end = None if self.end is None else seconds_of("--end", self.end)
        load_ahead()
        import math

        from ..errors import MediaError
        from ..media.source import is_camera
        from ..pipeline import VideoReport, relight_video
        from ..pipeline.models import ModelOptions, build_engine
        from ..pipeline.relighter import resolve_light
        from ..pipeline.watched import watched_light
        from .batch import run_all
        from .progress import progress_bar
        from .told import note_of, tell

        one_thread_a_stage()
        live = is_camera(self.source[0])
        light = None
        if self.light is not None:
            resolve = watched_light if live else resolve_light
            light = resolve(
                self.light,
                rotation=math.radians(self.rotate_light % 360),
                exposure=self.exposure,
            )
        options = ModelOptions(self.weights, self.device, self.precision, self.compile or None)
        engine = build_engine(self.model, options, self.threads)

        def relight(job: Job, name: str) -> VideoReport:
            with (
                stop_event(job.source) as stop,
                progress_bar(name) as advance,
                _told_truly(job),
            ):
                return relight_video(
                    job.source,
                    job.output,
                    light,
                    yaw=math.radians(self.yaw),
                    pitch=math.radians(self.pitch),
                    amount=self.amount,
                    max_faces=self.max_faces,
                    start=start,
                    end=end,
                    rate=rate,
                    size=size,
                    engine=engine,
                    passes=job.passes,
                    threads=self.threads,
                    quality=self.quality,
                    overwrite=self.overwrite,
                    progress=advance,
                    stop=stop,
                )

        if len(jobs) > 1:
            return run_all(jobs, relight, self.max_faces, quiet=self.quiet)
        report = relight(jobs[0], Path(jobs[0].source).name)
        if not self.quiet:
            tell(note_of(jobs[0], report, self.max_faces)[0])
        # It has been logged why.
        return MediaError.exit_code if report.lost else 0

    def _checked(self) -> list[Job]:
        """What is to be done, after what can be told to be wrong before anything is loaded."""
        from ..errors import MediaError, UsageError
        from ..geometry import MOST_TURN
        from ..place import OutputPlace

        names = ("albedo", "shading", "normals", "depth", "alpha")
        passes = {name: path for name in names if (path := getattr(self, name)) is not None}
        if not self.source:
            raise UsageError("relight needs SOURCE; see relume relight --help")
        if self.output is None and not passes:
            raise UsageError(
                "relight needs -o FILE, or a pass to be written alone (--albedo FILE, --alpha FILE"
                " ...); see relume relight --help"
            )
        for source in self.source:
            if _is_plain(source) and _missing(source):
                raise MediaError(f"{source}: no such file; check the name and the folder")
        if self.light is None and not (self.yaw or self.pitch or passes):
            raise UsageError(
                "nothing to do: give --light (see `relume light list`), --yaw, --pitch or a pass;"
                " --exposure, --rotate-light and --amount change the --light"
            )
        for name, given in (
            ("--exposure", self.exposure != 0),
            ("--rotate-light", self.rotate_light != 0),
            ("--amount", self.amount != 1),
        ):
            if self.light is None and given:
                raise UsageError(f"{name} changes the --light: give one, or leave {name} out")
        for name, angle in (("--yaw", self.yaw), ("--pitch", self.pitch)):
            if not abs(angle) <= MOST_TURN:
                raise UsageError(f"{name} is {MOST_TURN:.0f} degrees at most, got {angle:g}")
        if not 0 <= self.amount <= 1:
            raise UsageError(f"--amount is a share from 0 to 1, got {self.amount:g}")
        jobs = jobs_of(self.source, self.output, passes)
        for path in itertools.chain.from_iterable(job.files for job in jobs):
            if os.path.isfile(path):
                OutputPlace(Path(path), overwrite=self.overwrite)
        return jobs

    def _size(self) -> tuple[int, int] | None:
        """The size asked of a camera."""
        import re

        from ..errors import UsageError
        from ..media.source import is_camera

        if self.size is None:
            return None
        if not is_camera(self.source[0]):
            raise UsageError(f"--size is for cameras; {self.source[0]} keeps its own: leave it out")
        found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", self.size)
        if found is None:
            raise UsageError(f"--size is WIDTHxHEIGHT, such as 1280x720, got {self.size!r}")
        return int(found[1]), int(found[2])

    def _rate(self) -> Fraction | float | None:
        """Frames a second as given: a fraction, or a number that may be short for one."""
        from fractions import Fraction

        from ..errors import UsageError

        if self.fps is None:
            return None
        try:
            return Fraction(self.fps) if "/" in self.fps else float(self.fps)
        except (ValueError, ZeroDivisionError):
            raise UsageError(
                f"--fps is frames a second, such as 25, 29.97 or 30000/1001, got {self.fps!r}"
            ) from None


@contextmanager
def _told_truly(job: Job) -> Iterator[None]:
    """What an interruption says of its output, where that is no file."""
    from ..media.virtual import is_virtual

    try:
        yield
    except KeyboardInterrupt as stop:
        if job.output is not None and is_virtual(job.output):
            stop.args = ("the frames before were shown",)
        raise


def _is_plain(source: str) -> bool:
    """Whether it can only be a file. A camera, a pipe, a pattern or an address is for `open_video`
    to judge."""
    from ..media.sequence import is_pattern
    from ..media.source import is_camera

    other = is_camera(source) or source.startswith("/dev/") or "://" in source
    return not other and source not in ("", "-") and not is_pattern(source)


def _missing(name: str) -> bool:
    """Whether there is no such file. Of one that may not be looked at, `open_video` tells why."""
    try:
        os.stat(name)
    except OSError as error:
        return isinstance(error, (FileNotFoundError, NotADirectoryError))
    return False
