"""How fast a model is: one measurement of everything, for `relume bench`."""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import NoFaceError
from ..face import TrackedFace
from ..media import MediaInfo, open_video, write_image
from ..media.repeat import repeat_video
from .held import HeldPicture
from .models import build_engine
from .relighter import Relighter, resolve_light
from .stream import StageTimes
from .video import Progress, VideoReport, relight_video

__all__ = ["STILL", "BenchJob", "Latency", "Live", "Measured", "StageCost", "measure"]

STILL = "still.png"
"""The first picture with a face, which `measure` leaves in the job's folder."""

_LIGHTS = 72  # lights on a circle around a still, 5 degrees apart
_STILL_SECONDS = 2.0
_SETTLING = 10  # frames of a camera until the face is found and first calls are over


@dataclass(frozen=True)
class BenchJob:
    """What is to be measured."""

    source: str
    """the video"""
    folder: str
    """where results are written and left"""
    model: str
    """see `MODELS`"""
    light: str = "rembrandt"
    """see `resolve_light`"""
    yaw: float = 0.0
    """radians to turn the camera by"""
    seconds: float | None = None
    """how much of the video is used, played over and over where it is shorter; None for all of it
    once"""


@dataclass(frozen=True)
class StageCost:
    """One stage's mean cost of a frame, in milliseconds."""

    ms: float
    """from taking the frame to having done it"""
    core_ms: float
    """in which the thread in the stage computed"""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a frame's being there (decoded, or given by the camera) until the encoder
    takes it, relit."""

    median: float
    """half of the frames take less"""
    p95: float
    """95% of the frames take less"""

    @classmethod
    def of(cls, times: StageTimes, skipped: int = 0) -> Latency | None:
        """Of the items of a stream but the first ones; None if no others came out."""
        kept = list(times.latencies)[skipped:]
        if not kept:
            return None
        median, p95 = 1e3 * np.percentile(kept, [50, 95])
        return cls(float(median), float(p95))


@dataclass(frozen=True)
class Live:
    """The file played as a camera would; the first ten frames, while it settles, left out."""

    latency: Latency
    """of the frames that were taken"""
    shown: int
    """frames that the camera gave meanwhile"""
    taken: int
    """those of them that were relit and written; the others were dropped"""


@dataclass(frozen=True)
class Measured:
    """One measurement.

    Attributes:
        frames: frames relit and written.
        plays: how often the video was played for that, 1 or more.
        width, height: their size.
        fps: frames a second, from the first one asked for to a finished H.264 file.
        stages: by name.
        others_core_ms: what threads that belong to no stage computed for a frame: decoder's,
            encoder's, networks'.
        core_ms: what all threads computed for a frame.
        latency: with frames taken as fast as they can be, so that they wait in every queue.
        live: None where the source is no video file, or too few of its frames are taken.
        still_fps: lights a second that a still is shown in.
        peak_mb: most memory that the process had until the video was written, in 10^6 bytes; None
            where the system doesn't tell.
    """

    frames: int
    plays: int
    width: int
    height: int
    fps: float
    stages: dict[str, StageCost]
    others_core_ms: float
    core_ms: float
    latency: Latency | None
    live: Live | None
    still_fps: float
    peak_mb: float | None


def measure(job: BenchJob) -> Measured:
    """Relight the job's video as fast as possible, then live, then a still of it.

    Peak memory is the process's, so that each measurement wants a process of its own.

    Raises:
        RelumeError: the video can't be read or shows no face, or there is no such model or light.
    """
    with open_video(job.source) as reader:
        info = reader.info
    output = Path(job.folder) / "out.mp4"
    source, plays = job.source, _plays(info, job.seconds)
    if plays > 1:
        # Of the same name in every round, so that it is written anew.
        source = str(Path(job.folder) / f"over-and-over{Path(job.source).suffix}")
        repeat_video(Path(job.source), Path(source), plays)
    most = None if job.seconds is None else max(1, round(job.seconds * float(info.frame_rate)))
    stop = threading.Event()

    def progress(done: int, total: int | None) -> None:
        if most is not None and done >= most:
            stop.set()

    report = _relit(job, source, output, progress, stop)
    peak = _peak_memory()
    times = report.times
    stages = {name: StageCost(*cost) for name, cost in times.milliseconds().items()}
    others = 1e3 * max(0.0, times.process - sum(times.cpu.values())) / report.frames
    return Measured(
        frames=report.frames,
        plays=plays,
        width=info.width,
        height=info.height,
        fps=report.fps,
        stages=stages,
        others_core_ms=others,
        core_ms=others + sum(stage.core_ms for stage in stages.values()),
        latency=Latency.of(times),
        live=_live(job, source, output, float(info.frame_rate)),
        still_fps=_still_rate(job),
        peak_mb=peak,
    )


def _plays(info: MediaInfo, seconds: float | None) -> int:
    """How often a video file has to be played to last so long; 1 for other sources."""
    length = info.frames / info.average_rate if info.frames else 0
    if seconds is None or not length or info.path is None or not info.path.is_file():
        return 1
    return math.ceil(seconds / length)


def _relit(
    job: BenchJob, source: str, output: Path, progress: Progress, stop: threading.Event
) -> VideoReport:
    return relight_video(
        source,
        output,
        resolve_light(job.light),
        yaw=job.yaw,
        engine=build_engine(job.model),
        overwrite=True,
        progress=progress,
        stop=stop,
    )


def _live(job: BenchJob, source: str, output: Path, rate: float) -> Live | None:
    if not Path(source).is_file():
        return None
    stop = threading.Event()
    moments: list[float] = []

    def progress(done: int, total: int | None) -> None:
        moments.append(time.perf_counter())
        if job.seconds is not None and moments[-1] - moments[0] >= job.seconds:
            stop.set()

    log = logging.getLogger("relume.media")
    level = log.level
    log.setLevel(logging.ERROR)  # drops are counted here, not complained of
    try:
        report = _relit(job, f"camera:{source}", output, progress, stop)
    finally:
        log.setLevel(level)
    latency = Latency.of(report.times, _SETTLING)
    if latency is None:
        return None
    taken = len(moments) - _SETTLING
    shown = round((moments[-1] - moments[_SETTLING - 1]) * rate)
    return Live(latency, max(shown, taken), taken)


def _still_rate(job: BenchJob) -> float:
    """Pictures a second of an unchanged frame under a light that moves around it."""
    relighter = Relighter(yaw=job.yaw, engine=build_engine(job.model))
    pixels, faces = _first_face(job.source, relighter)
    write_image(Path(job.folder) / STILL, pixels, overwrite=True)
    circle = np.linspace(0.0, 2.0 * math.pi, _LIGHTS, endpoint=False)
    lights = [resolve_light(job.light, rotation=float(angle)) for angle in circle]
    held = HeldPicture(relighter, pixels, faces)
    held.show(lights[0])  # now the engine knows the face
    done, begun = 0, time.perf_counter()
    for light in lights[1:]:
        held.show(light)
        done += 1
        if time.perf_counter() - begun > _STILL_SECONDS:
            break
    return done / (time.perf_counter() - begun)


def _first_face(source: str, relighter: Relighter) -> tuple[NDArray[np.uint8], list[TrackedFace]]:
    with open_video(source) as reader:
        for frame in reader:
            faces = relighter.detect(frame)
            if any(face.strength > 0 for face in faces):
                return frame.rgb8.copy(), faces
    raise NoFaceError(f"{source}: no frame shows a face large and clear enough to time a still")


def _peak_memory() -> float | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6  # Linux counts kilobytes
