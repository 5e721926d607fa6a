"""Relighting a file: decode, track, relight and write, several frames at a time."""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ..cores import Threads, one_thread_a_stage
from ..errors import NoFaceError, StoppedError, UsageError
from ..face import TrackedFace
from ..light import LightSource, Timeline
from ..media import (
    DEFAULT_QUALITY,
    FrameSource,
    MediaInfo,
    Part,
    VideoFrame,
    VideoWriter,
    VirtualCamera,
    open_video,
)
from ..media.camera import CameraReader
from ..media.sequence import is_picture
from ..media.source import is_camera
from ..media.virtual import is_virtual
from .engine import AheadEngine, Engine, PassEngine, Passes, Plan
from .owners import engine_freed
from .passes import NO_PASSES, PassWriters, Sheet, check_names
from .relighter import LightLike, Prepared, Relighter
from .stream import Stage, StageTimes, stream, together
from .watched import watched_light

__all__ = ["VideoReport", "relight_video"]


_WAITING_BYTES = 64 << 20
_FEW = 2  # cores on which all that is done to a live frame is done at one go

Progress = Callable[[int, int | None], None]


@dataclass
class VideoReport:
    """What a run did.

    Attributes:
        frames: frames written.
        relit: frames in which at least one face was relit.
        people: ids of the faces that were relit.
        missed: times in seconds of the first and the last frame of every stretch without a face
            that was relit.
        seconds: wall time from the first frame asked for to the last one written.
        dropped: frames of a camera that came while others were worked on; 0 for a file.
        left_out: faces of a picture that `max_faces` leaves as they were; 0 for a video.
        lost: why a camera's frames ended, if nobody asked for that; what came before is written.
        times: work time of each stage.
    """

    frames: int = 0
    relit: int = 0
    people: set[int] = field(default_factory=set)
    missed: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0
    dropped: int = 0
    left_out: int = 0
    lost: str | None = None
    times: StageTimes = field(default_factory=StageTimes, repr=False)
    _missing: bool = field(default=False, repr=False)  # the last frame was one without

    def add(self, faces: list[TrackedFace], time: float) -> None:
        """One more frame that was written."""
        relit = {face.id for face in faces if face.strength > 0.0}
        self.people.update(relit)
        self.frames += 1
        self.relit += bool(relit)
        if not relit:
            begun = self.missed.pop()[0] if self._missing else time
            self.missed.append((begun, time))
        self._missing = not relit

    @property
    def fps(self) -> float:
        """Frames a second, everything counted."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0


@dataclass
class _Item:
    frame: VideoFrame
    time: float
    faces: list[TrackedFace] = field(default_factory=list)
    prepared: Prepared = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    passes: list[Passes] = field(default_factory=list)
    sheets: dict[str, Sheet] = field(default_factory=dict)


def relight_video(
    source: str | Path,
    output: str | Path | None,
    light: LightLike | None = None,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    amount: float = 1.0,
    max_faces: int = 4,
    start: float = 0.0,
    end: float | None = None,
    rate: float | Fraction | None = None,
    size: tuple[int, int] | None = None,
    quality: float = DEFAULT_QUALITY,
    overwrite: bool = False,
    engine: Engine | None = None,
    passes: Mapping[str, str | Path] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> VideoReport:
    """Relight every face of a video or picture; sound, timestamps and tags are kept.

    Args:
        source: video, picture, image sequence or camera, as `open_video` takes it. A picture is
            one frame, but under a timeline that moves as long as it lasts.
        output: what to write, as `VideoWriter` takes it; it appears whole or not at all.
            `virtualcam:` shows the frames to other programs as a camera, each at its time;
            `virtualcam:/dev/video10` is one of several. None writes the passes alone.
        light, yaw, pitch, amount, max_faces, engine: see `Relighter`. A light's file is read again
            when it changes while a camera runs.
        start, end: seconds of the source between which it is relit; the output begins with the
            first frame of these, sound with it, while a timeline's times stay the source's. A
            camera begins when it is opened.
        rate: frames a second of numbered pictures, 25 by default, or wanted from a camera; of no
            other source.
        size: (width, height) wanted from a camera, of no other source. Most open at 640x480. If
            it gives another, a warning says so.
        quality: see `VideoWriter`.
        overwrite: replace an existing output.
        passes: files of what is known of people, by name: "albedo", "shading", "normals", "depth"
            and "alpha". They appear together, and with the output.
        threads: cores to be used; all that there are by default. Networks are told when the engine
            is built.
        progress: called after each frame with the number written and the number expected, None
            if unknown.
            Whatever it raises ends the run, and nothing is left behind: so a run is cancelled.
        stop: once set, the source counts as having ended, and what there is is written: how a
            recording from a camera is finished.

    Raises:
        MediaError: the source, or a portrait named as the light, can't be read; StoppedError where
            a camera was stopped before its first frame.
        UsageError: a value is out of its range, or no name of a file; nothing is to be written.
        LightError: the light makes no sense.
        NoFaceError: no frame shows a face, or the light's portrait none; nothing is written.
        OutputError: the output can't be written.
    """
    if progress is not None and not callable(progress):
        raise UsageError(
            "progress is a function, called with the number of frames done and of all, not"
            f" {progress!r}"
        )
    if stop is not None and not hasattr(stop, "is_set"):
        raise UsageError(f"stop is a threading.Event, which ends the run once set, not {stop!r}")
    relighter = Relighter(
        watched_light(light) if is_camera(source) else light,
        yaw=yaw,
        pitch=pitch,
        amount=amount,
        max_faces=max_faces,
        live=is_camera(source),
        engine=engine,
    )
    with engine_freed(relighter):
        share = Threads.share(threads)
        passes = passes or {}
        if passes and not isinstance(relighter.engine, PassEngine):
            raise UsageError(NO_PASSES)
        check_names(source, output, passes)
        shown = next(iter(passes.values())) if output is None else output
        report = VideoReport()
        with (
            one_thread_a_stage(),
            open_video(
                source,
                threads=share.codec,
                rate=rate,
                size=size,
                hold=_held(relighter.light, shown),
                part=Part(start, end),
                stop=stop,
            ) as reader,
            _sink(output, reader.info, quality, overwrite, share.codec) as writer,
            PassWriters(passes, reader.info, quality, overwrite, share.codec) as extra,
        ):
            info = reader.info
            live = info.live

            def items() -> Iterator[_Item]:
                for time, frame in timed(reader):
                    yield _Item(frame, time)

            def track(item: _Item) -> _Item:
                if info.still:
                    item.faces = relighter.detect(item.frame)
                else:
                    item.faces = relighter.track(item.frame, item.time)
                return item

            def prepare(item: _Item) -> _Item:
                item.prepared = relighter.prepare(item.frame, item.faces, item.time)
                return item

            def plan(item: _Item) -> _Item:
                item.plans = relighter.plan(item.frame, item.faces, item.time, item.prepared)
                if passes:
                    item.passes = relighter.passes(item.frame, item.faces, item.time)
                return item

            def relight(item: _Item) -> _Item:
                item.sheets = extra.sheets(item.frame)
                for known in item.passes:
                    known.paint(item.frame, item.sheets)
                if output is not None:
                    for todo in item.plans:
                        todo.apply(item.frame)
                return item

            begun = clock.perf_counter()
            stages = [Stage("track", track), Stage("plan", plan), Stage("relight", relight)]
            if isinstance(relighter.engine, AheadEngine):
                stages.insert(1, Stage("prepare", prepare))
            if live:
                # A frame tracked ahead would wait for the one before it to be planned, and two
                # cores have enough to do with one frame, the camera and the encoder.
                late = len(stages) - (share.stages > _FEW)
                stages[:late] = [together(stages[:late], report.times)]
            depth, wake = queue_depth(info), reader.close if live else None
            frames = stream(
                items(),
                stages,
                report.times,
                depth,
                since=_arrived,
                wake=wake,
                workers=share.stages,
            )
            with closing(frames) as results:
                for item in results:
                    with report.times.working("encode"):
                        extra.write(item.sheets, item.frame)
                        if writer is not None:
                            writer.write(item.frame)
                    report.add(item.faces, item.time)
                    if progress:
                        progress(report.frames, info.frames)
                    if stop is not None and stop.is_set():
                        break
            if not report.frames and stop is not None and stop.is_set():
                raise StoppedError(f"{source}: was stopped before its first frame")
            if not report.relit and not live:
                done = "they were shown as they are" if is_virtual(shown) else "nothing was written"
                raise NoFaceError(
                    f"{source}: no face that could be relit was found ({report.frames} looked at),"
                    f" so {done}; faces should be at least 40 pixels wide and turned less than"
                    " about 60 degrees"
                )
            report.left_out = relighter.left_out
            # All that can fail is done before the first output takes its place.
            extra.finish()
            if isinstance(writer, VideoWriter):
                writer.finish()
            if isinstance(reader, CameraReader):
                report.dropped, report.lost = reader.dropped, reader.lost
    report.seconds = clock.perf_counter() - begun
    return report


def timed(source: FrameSource) -> Iterator[tuple[float, VideoFrame]]:
    """The frames of a source with their times in seconds since its first one, also where a part of
    it is read."""
    skipped = source.info.cut.skipped
    start: float | None = None
    for index, frame in enumerate(source):
        time = index / float(source.info.frame_rate) if frame.time is None else frame.time
        start = time if start is None else start
        yield time - start + skipped, frame


def frame_at(source: str | Path, seconds: float) -> VideoFrame:
    """The frame that is shown `seconds` after the first one.

    Raises:
        UsageError: the source is shorter than that.
        MediaError: it can't be read.
    """
    if not seconds >= 0.0:
        raise UsageError(f"{source}: a time is 0 seconds or more, got {seconds:g}")
    last: VideoFrame | None = None
    time = 0.0
    with open_video(source) as reader:
        for time, frame in timed(reader):
            if time > seconds + 1e-6 and last is not None:
                return last
            last = frame
        end = time + 1 / float(reader.info.frame_rate)
    if last is None or not seconds < end:
        there = f"give 0 to {time:g}" if time else "its only one is at 0"
        raise UsageError(f"{source}: there is no frame at {seconds:g} s; {there}")
    return last


def _arrived(item: _Item) -> float:
    """When the frame was there."""
    return clock.perf_counter() if item.frame.arrived is None else item.frame.arrived


def queue_depth(info: MediaInfo) -> int:
    """Frames that may wait between two stages: 4, fewer of very large ones, none of a camera's.

    What waits is late: a camera drops frames instead.
    """
    if info.live:
        return 0
    return max(1, min(4, _WAITING_BYTES // (3 * info.width * info.height)))


def _held(light: LightSource | None, output: str | Path) -> float | None:
    """Seconds that a single picture is shown: as long as the light moves, if that can be seen."""
    if not isinstance(light, Timeline) or light.constant or is_picture(output):
        return None
    return light.duration


def _sink(
    output: str | Path | None, info: MediaInfo, quality: float, overwrite: bool, threads: int
) -> AbstractContextManager[VideoWriter | VirtualCamera | None]:
    if output is None:
        return nullcontext()
    if is_virtual(output):
        rate = float(info.average_rate)
        return VirtualCamera(str(output), rate=rate, paced=not info.live)
    return VideoWriter(output, like=info, quality=quality, overwrite=overwrite, threads=threads)
