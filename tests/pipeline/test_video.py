"""Files in, files out, through the library."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from relume.errors import NoFaceError, OutputError
from relume.light import PRESETS, Light
from relume.media import ArrayPicture, VideoFrame, VideoWriter, VirtualCamera, open_video
from relume.media.camera import CameraReader
from relume.pipeline import relight_video
from relume.pipeline.models import build_engine
from relume.pipeline.stream import Stage, stream
from relume.pipeline.video import VideoReport


class Recorder:
    """A light that notes the times it is asked for."""

    constant = False

    def __init__(self) -> None:
        self.times: list[float] = []

    def at(self, time: float) -> Light:
        self.times.append(time)
        return PRESETS["loop"].light()

    def view(self, time: float) -> tuple[float, float, float]:
        return 0.0, 0.0, 0.0


def test_a_timeline_starts_with_the_first_frame_whatever_its_stamp(
    short_clip: Path, tmp_path: Path
) -> None:
    late, output = tmp_path / "late.mkv", tmp_path / "out.mkv"
    with open_video(short_clip) as reader, VideoWriter(late, rate=25) as writer:
        for frame in reader:
            stamp = round(100 / frame.time_base) + (frame.pts or 0)
            writer.write(VideoFrame.from_rgb(frame.rgb8.copy(), stamp, frame.time_base))
    with open_video(late) as reader:
        first = next(iter(reader)).time
    light = Recorder()
    relight_video(late, output, light)
    assert light.times[0] == pytest.approx(0.0, abs=1e-6)
    assert light.times[-1] == pytest.approx(19 / 25, abs=0.01)
    with open_video(output) as reader:
        assert next(iter(reader)).time == pytest.approx(first, abs=0.01)


def test_stopping_finishes_the_file(short_clip: Path, tmp_path: Path) -> None:
    stop, output = threading.Event(), tmp_path / "out.mp4"

    def progress(done: int, total: int | None) -> None:
        if done == 6:
            stop.set()

    report = relight_video(short_clip, output, "loop", progress=progress, stop=stop)
    assert report.frames == 6
    with open_video(output) as reader:
        assert sum(1 for _ in reader) == 6


@pytest.mark.parametrize("model", ["ratio", "compact"])
def test_stage_times_cover_every_stage(short_clip: Path, tmp_path: Path, model: str) -> None:
    report = relight_video(short_clip, tmp_path / "out.mp4", "loop", engine=build_engine(model))
    ahead = ["prepare"] if model == "compact" else []
    assert list(report.times.items) == ["decode", "track", *ahead, "plan", "relight", "encode"]
    assert set(report.times.items.values()) == {20}
    assert report.relit == report.frames == 20
    assert len(report.people) == 1
    assert report.fps > 0


class SlowEngine:
    """Takes three frames' time over each and leaves it as it is."""

    def plan(self, picture: object, face: object, *asked: object) -> None:
        time.sleep(0.12)


def test_a_camera_too_fast_loses_frames_and_it_is_said(
    short_clip: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long = tmp_path / "long.mp4"
    with open_video(short_clip) as reader, VideoWriter(long, rate=25) as writer:
        pictures = [frame.rgb8.copy() for frame in reader]
        for turn in range(6):
            for picture in pictures[:: -1 if turn % 2 else 1]:
                writer.write(ArrayPicture(picture))
    report = relight_video(f"camera:{long}", tmp_path / "out.mp4", "loop", engine=SlowEngine())  # type: ignore[arg-type]
    assert report.dropped > report.frames > 10
    assert report.frames + report.dropped == pytest.approx(120, abs=3)
    assert sum("dropped" in record.message for record in caplog.records) == 1
    stamps = _stamps(tmp_path / "out.mp4")
    assert stamps == sorted(set(stamps))
    # One frame's way through all of it and at most one frame's age; queues would make it 0.4 s.
    assert sorted(report.times.latencies)[report.frames // 2] < 0.3


class Hanging:
    """A camera that gives a clip's pictures and then hangs."""

    def __init__(self, clip: Path) -> None:
        with open_video(clip) as reader:
            self._pictures = [frame.rgb8[..., ::-1].copy() for frame in reader]

    def isOpened(self) -> bool:
        return True

    def set(self, key: int, value: float) -> bool:
        return False

    def get(self, key: int) -> float:
        return 25.0

    def read(self) -> tuple[bool, Any]:
        if not self._pictures:
            time.sleep(8)
            return False, None
        time.sleep(0.04)
        return True, self._pictures.pop(0)

    def release(self) -> None:
        pass


@pytest.fixture
def hanging(short_clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cameras are such."""
    defaults = CameraReader.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "open_capture", lambda device: Hanging(short_clip))
    monkeypatch.setitem(defaults, "patience", 1.0)


@pytest.mark.usefixtures("hanging")
def test_a_camera_that_hangs_does_not_lose_what_it_gave(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "out.mp4"
    passes = {"alpha": tmp_path / "alpha.mp4"}
    report = relight_video("camera:0", output, "loop", passes=passes, size=(1280, 720))
    assert "not the 1280x720 asked for" in caplog.text
    assert report.lost is not None
    assert report.frames > 1
    assert report.frames + report.dropped == 20
    assert len(_stamps(output)) == len(_stamps(tmp_path / "alpha.mp4")) == report.frames
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.usefixtures("hanging")
def test_a_stop_finishes_the_file_of_a_camera_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CameraReader.__init__.__kwdefaults__, "patience", 8.0)
    stop, shown = threading.Event(), []

    def progress(done: int, total: int | None) -> None:
        if not shown:
            threading.Timer(1.5, stop.set).start()  # when the last picture has come
        shown.append(time.monotonic())

    report = relight_video("camera:0", tmp_path / "out.mp4", "loop", progress=progress, stop=stop)
    assert time.monotonic() - shown[0] < 5
    assert report.lost is None
    assert len(_stamps(tmp_path / "out.mp4")) == report.frames == len(shown)


@pytest.mark.usefixtures("hanging")
def test_an_error_does_not_wait_for_a_camera_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CameraReader.__init__.__kwdefaults__, "patience", 8.0)
    begun: list[float] = []

    def work(item: int) -> None:
        begun.append(time.monotonic())
        raise KeyError(item)

    with open_video("camera:0") as reader:
        frames = iter(reader)
        for _ in range(2):
            next(frames)
        time.sleep(1)

        def items() -> Iterator[int]:
            yield 1
            for _ in frames:
                pass
            yield 2

        with pytest.raises(KeyError):
            list(stream(items(), [Stage("work", work)], depth=4, wake=reader.close))
        assert time.monotonic() - begun[0] < 2


class Shown:
    """A virtual camera that notes what it was opened with and when frames came."""

    def __init__(self) -> None:
        self.asked: tuple[Any, ...] = ()
        self.times: list[float] = []

    def open(self, *asked: Any) -> Shown:
        self.asked = asked
        return self

    def send(self, rgb: Any) -> None:
        self.times.append(time.monotonic())

    def close(self) -> None:
        pass


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    device = Shown()
    monkeypatch.setitem(VirtualCamera.__init__.__kwdefaults__, "open_device", device.open)
    return device


def test_a_file_of_variable_rate_plays_at_its_own_times(
    shown: Shown, short_clip: Path, tmp_path: Path
) -> None:
    times = [0.0, 0.04, 0.08, 0.12, 1.4, 1.44, 1.48, 2.4]
    with open_video(short_clip) as reader, VideoWriter(tmp_path / "a.mp4", rate=25) as writer:
        for frame, at in zip(reader, times, strict=False):
            writer.write(frame.rgb8.copy(), time=at)
    relight_video(
        tmp_path / "a.mp4", "virtualcam:/dev/video10", "loop", engine=build_engine("ratio")
    )
    assert len(shown.times) == len(times)
    # The longest waits can't be missed, however late the frames before came.
    assert shown.times[-1] - shown.times[0] > 2.0
    width, height, rate, device = shown.asked
    assert (width, height, device) == (640, 360, "/dev/video10")
    with open_video(tmp_path / "a.mp4") as reader:
        assert rate == float(reader.info.average_rate) < 10


def test_what_was_shown_without_a_face_is_not_called_unwritten(
    shown: Shown, tmp_path: Path
) -> None:
    with VideoWriter(tmp_path / "grey.mp4", rate=25) as writer:
        for _ in range(3):
            writer.write(ArrayPicture(np.full((64, 64, 3), 127, np.uint8)))
    with pytest.raises(NoFaceError, match="shown as they are") as caught:
        relight_video(tmp_path / "grey.mp4", "virtualcam:", "loop", engine=build_engine("ratio"))
    assert "written" not in str(caught.value)
    assert len(shown.times) == 3


def test_a_pass_is_a_file(short_clip: Path) -> None:
    with pytest.raises(OutputError, match="give a file for alpha"):
        relight_video(short_clip, "virtualcam:", "loop", passes={"alpha": "virtualcam:"})


def test_a_file_loses_nothing(short_clip: Path, tmp_path: Path) -> None:
    report = relight_video(short_clip, tmp_path / "out.mp4", "loop", engine=SlowEngine())  # type: ignore[arg-type]
    assert (report.frames, report.dropped) == (20, 0)


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        streams = container.streams.audio
        return [bytes(p) for p in container.demux(streams[0]) if p.size] if streams else []


def _stamps(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [float(f.pts * f.time_base) for f in container.decode(stream)]


@pytest.mark.slow
def test_all_real_clips_go_through(shared: Path, tmp_path: Path) -> None:
    """Every frame, every time stamp, every packet of sound; each face relit throughout."""
    clips = sorted((shared / "clips").glob("*.mp4"))
    assert clips
    for clip in clips:
        output = tmp_path / clip.name
        report = relight_video(clip, output, "rembrandt")
        assert report.relit == report.frames, clip.name
        assert len(report.people) == 1, clip.name
        assert _stamps(output) == _stamps(clip), clip.name
        assert _packets(output) == _packets(clip), clip.name


def test_a_part_begins_with_its_first_frame_and_its_sound(short_clip: Path, tmp_path: Path) -> None:
    light, output = Recorder(), tmp_path / "out.mp4"
    report = relight_video(short_clip, output, light, start=0.2, end=0.6)
    assert report.frames == 10
    # The light is that of the whole video's times.
    assert light.times[0] == pytest.approx(0.2, abs=0.01)
    with av.open(str(output)) as file:
        (video,), (sound,) = file.streams.video, file.streams.audio
        assert float(video.duration * video.time_base) == pytest.approx(0.4, abs=0.01)
        assert float(sound.duration * sound.time_base) == pytest.approx(0.4, abs=0.06)
        assert abs(float((sound.start_time or 0) * sound.time_base)) < 0.05


def test_where_there_was_no_face_is_told() -> None:
    faces: list[Any] = [SimpleNamespace(id=3, strength=1.0)]
    report = VideoReport()
    for number, here in enumerate("..ff.f.."):
        report.add(faces if here == "f" else [], number / 10)
    assert (report.frames, report.relit, report.people) == (8, 3, {3})
    assert report.missed == [(0.0, 0.1), (0.4, 0.4), (0.6, 0.7)]


def test_one_engine_after_another_gives_the_same(short_clip: Path, tmp_path: Path) -> None:
    engine = build_engine("compact")
    outputs = [tmp_path / name for name in ("first.mp4", "again.mp4")]
    for output in outputs:
        relight_video(short_clip, output, "split", yaw=0.1, end=0.4, engine=engine)
    first, again = ([f.rgb8 for f in open_video(output)] for output in outputs)
    assert len(first) == 10
    assert np.array_equal(first, again)
