"""What the tracker knows of every frame, as records to be written to a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from ..errors import MissingDependencyError, OutputError, StoppedError
from ..face import FaceTracker, TrackedFace, TrackerConfig
from ..light import Light
from ..media import Part, VideoFrame, open_video
from ..media.camera import CameraReader
from ..place import OutputPlace
from .stream import Stage, stream
from .video import queue_depth, timed

__all__ = ["TrackRecord", "record_writer", "track_video"]


@dataclass(frozen=True)
class TrackRecord:
    """One face in one frame.

    Attributes:
        frame: index of the frame, from 0; of a part of a source, from the part's first.
        time: seconds since the source's first frame.
        face: the tracked face.
        light: estimate of the light it is filmed in, camera frame (see `TrackedFace.viewer`).
    """

    frame: int
    time: float
    face: TrackedFace
    light: Light

    def row(self) -> dict[str, Any]:
        """Plain values: numbers, and nested lists of them.

        `camera` is EG3D's 25 numbers, `crop` the 2x3 map from frame to crop pixels, `light` 9
        coefficients x RGB, `landmarks` 468 x (x, y, z) in frame pixels.
        """
        pose = self.face.pose
        yaw, pitch, roll = (float(np.degrees(a)) for a in (pose.yaw, pose.pitch, pose.roll))
        return {
            "frame": self.frame,
            "time": round(self.time, 6),
            "face": self.face.id,
            "confidence": round(float(self.face.confidence), 4),
            "strength": round(float(self.face.strength), 4),
            "yaw_degrees": round(yaw, 3),
            "pitch_degrees": round(pitch, 3),
            "roll_degrees": round(roll, 3),
            "camera": _rounded(self.face.camera.vector, 6).tolist(),
            "crop": _rounded(self.face.crop, 5).tolist(),
            "light": _rounded(self.light.coefficients, 5).tolist(),
            "landmarks": _rounded(self.face.landmarks, 2).tolist(),
        }


def _rounded(values: Any, digits: int) -> Any:
    return np.round(np.asarray(values, np.float64), digits)


@dataclass
class _Item:
    index: int
    frame: VideoFrame
    time: float
    records: list[TrackRecord]


def track_video(
    source: str | Path,
    *,
    max_faces: int = 4,
    start: float = 0.0,
    end: float | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    stop: threading.Event | None = None,
    lost: Callable[[str], None] | None = None,
) -> Iterator[TrackRecord]:
    """Track every face of a video or picture, frame by frame.

    Args:
        source: as `open_video` takes it.
        max_faces: the most faces to follow.
        start, end: seconds of the source between which they are followed. A camera begins when it
            is opened.
        progress: called after each frame with the number done and the number expected, None if
            unknown.
        stop: once set, the source counts as having ended.
        lost: called at the end with why a camera's frames ended, if nobody asked for that.

    Yields:
        One record a face and frame, in order.

    Raises:
        UsageError: no face is to be followed, the source is no name, or has no such part.
        MediaError: the source can't be read; StoppedError where a camera was stopped before its
            first frame.
    """
    from ..reader import LightReader

    reads = LightReader()
    tracker = FaceTracker(TrackerConfig(max_faces=max_faces))
    with open_video(source, part=Part(start, end), stop=stop) as reader:
        info = reader.info

        def items() -> Iterator[_Item]:
            for index, (time, frame) in enumerate(timed(reader)):
                yield _Item(index, frame, time, [])

        def track(item: _Item) -> _Item:
            picture = item.frame
            faces = tracker.detect(picture) if info.still else tracker.update(picture, item.time)
            for face in faces:
                light = reads.observe(picture, face, item.time)
                item.records.append(TrackRecord(item.index, item.time, face, light))
            return item

        stages = [Stage("track", track)]
        depth, wake, done = queue_depth(info), reader.close if info.live else None, 0
        with closing(stream(items(), stages, depth=depth, wake=wake)) as results:
            for done, item in enumerate(results, 1):
                yield from item.records
                if progress:
                    progress(done, info.frames)
                if stop is not None and stop.is_set():
                    break
        if not done and stop is not None and stop.is_set():
            raise StoppedError(f"{source}: was stopped before its first frame")
        if lost is not None and isinstance(reader, CameraReader) and reader.lost:
            lost(reader.lost)


class RecordWriter(Protocol):
    """Takes records one by one."""

    def write(self, record: TrackRecord) -> None:
        """Add one record."""

    def close(self) -> None:
        """Write what is left."""


@contextmanager
def record_writer(path: Path, overwrite: bool = False) -> Iterator[RecordWriter]:
    """A file of records: `.jsonl` (JSON lines) or `.parquet`; it appears whole or not at all.

    Raises:
        OutputError: unknown ending, existing file, or a place that can't be written.
        MissingDependencyError: Parquet without pyarrow.
    """
    kinds: dict[str, Callable[[IO[bytes]], RecordWriter]] = {
        ".jsonl": _JsonLines,
        ".ndjson": _JsonLines,
        ".parquet": _Parquet,
    }
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"{path}: tracks are written as {', '.join(kinds)}; give such an ending")
    place = OutputPlace(path, overwrite=overwrite)
    with place.guard():
        with open(place.partial, "wb") as file:
            writer = kind(file)
            try:
                yield writer
            except BaseException:
                with suppress(Exception):  # or it would close itself later, when the file is gone
                    writer.close()
                raise
            writer.close()
        place.commit()


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, record: TrackRecord) -> None:
        self._file.write(json.dumps(record.row(), separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        pass


class _Parquet:
    """Row groups of a few hundred records, so that memory stays flat."""

    _GROUP = 256

    def __init__(self, file: IO[bytes]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingDependencyError(
                'Parquet files need pyarrow: run `pip install "relume[parquet]"`, or write .jsonl'
            ) from error

        matrix = pa.list_(pa.list_(pa.float32()))
        self._schema = pa.schema(
            [
                ("frame", pa.int64()),
                ("time", pa.float64()),
                ("face", pa.int32()),
                ("confidence", pa.float32()),
                ("strength", pa.float32()),
                ("yaw_degrees", pa.float32()),
                ("pitch_degrees", pa.float32()),
                ("roll_degrees", pa.float32()),
                ("camera", pa.list_(pa.float64())),
                ("crop", matrix),
                ("light", matrix),
                ("landmarks", matrix),
            ]
        )
        self._table = pa.Table
        self._writer = pq.ParquetWriter(file, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, record: TrackRecord) -> None:
        self._rows.append(record.row())
        if len(self._rows) == self._GROUP:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()

    def close(self) -> None:
        self._flush()
        self._writer.close()
