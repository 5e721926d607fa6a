"""No camera is at hand: fakes stand behind the two seams."""

from __future__ import annotations

import re
import sys
import threading
import time
from fractions import Fraction

import cv2
import numpy as np
import pytest

from relume.errors import MediaError, MissingDependencyError, OutputError, UsageError
from relume.media import ArrayPicture, VideoFrame, VideoWriter, VirtualCamera, open_video
from relume.media.camera import CameraReader


def picture(number, size=(48, 64)):
    return np.full((*size, 3), (0, 0, number), np.uint8)


def film_end(*_):
    raise EOFError


class FakeCapture:
    """Numbered pictures at 200 a second, then whatever `after` makes of a read."""

    def __init__(self, device, pictures=40, opened=True, after=film_end, told=None):
        self.device, self.left, self.opened, self.after = device, pictures, opened, after
        self.told = told
        self.settings, self.released, self.count = {}, False, 0

    def isOpened(self):
        return self.opened

    def set(self, key, value):
        self.settings[key] = value
        return True

    def get(self, key):
        return self.settings.get(key, 0) if self.told is None else self.told

    def read(self):
        if self.count >= self.left:
            return self.after(self)
        time.sleep(0.005)
        self.count += 1
        return True, picture(self.count)

    def release(self):
        self.released = True


def opened(
    source="camera:0", *, size=(64, 48), rate=None, end=None, stop=None, patience=10.0, **options
):
    made = []

    def make(device):
        made.append(FakeCapture(device, **options))
        return made[0]

    reader = CameraReader(
        source, size=size, rate=rate, end=end, stop=stop, patience=patience, open_capture=make
    )
    return reader, made[0]


def test_frames_come_in_order_with_rising_times():
    reader, capture = opened()
    with reader:
        frames = [(int(f.rgb8[0, 0, 0]), f.pts) for f in reader]
    assert capture.device == 0
    assert capture.settings[cv2.CAP_PROP_FRAME_WIDTH] == 64
    assert capture.released
    assert frames == sorted(set(frames))
    assert len(frames) > 5
    assert (reader.info.width, reader.info.height, reader.info.frames) == (64, 48, None)


@pytest.mark.parametrize(
    ("size", "coding"),
    [((640, 480), []), ((1280, 720), [cv2.CAP_PROP_FOURCC]), (None, None)],
)
def test_what_a_camera_is_asked_for_in_which_order(size, coding):
    reader, capture = opened(size=size, rate=Fraction(30))
    reader.close()
    sides = [] if size is None else [cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT]
    assert list(capture.settings) == [*(coding or []), *sides, cv2.CAP_PROP_FPS]
    if coding:
        assert capture.settings[coding[0]] == int.from_bytes(b"MJPG", "little")
    if size:
        assert [capture.settings[side] for side in sides] == list(size)


def test_another_size_or_rate_than_asked_for_is_said_once(caplog):
    with caplog.at_level("WARNING", "relume.media"):
        reader, _ = opened(size=(1280, 720), rate=Fraction(30), told=15)
        with reader:
            list(reader)
        assert reader.warnings == [record.getMessage() for record in caplog.records]
        assert reader.warnings == [
            "camera:0: gives 64x48, not the 1280x720 asked for",
            "camera:0: gives 15 frames a second, not the 30 asked for",
        ]
        caplog.clear()
        for told in (0, 29.97):
            opened(rate=Fraction(30), told=told)[0].close()
        assert not caplog.records


@pytest.mark.parametrize("size", [(0, 480), (640,), (640, 480.5), "640x480", 720])
def test_a_size_that_makes_no_sense(size):
    with pytest.raises(UsageError, match=r"camera:0: a size is \(width, height\)"):
        open_video("camera:0", size=size)


def test_only_a_cameras_size_can_be_chosen(short_clip):
    with pytest.raises(UsageError, match="only a camera's size"):
        open_video(short_clip, size=(640, 480))


def test_the_newest_frame_wins():
    reader, _ = opened(pictures=30)
    with reader:
        frames = iter(reader)
        first = int(next(frames).rgb8[0, 0, 0])
        time.sleep(0.1)
        second = int(next(frames).rgb8[0, 0, 0])
    assert second - first >= 5


def test_drops_are_counted_and_told_once(caplog):
    reader, capture = opened(pictures=400)
    with reader, caplog.at_level("WARNING", "relume.media"):
        frames = iter(reader)
        for count, _ in enumerate(frames):
            if count > 15:
                time.sleep(0.03)  # five or six come meanwhile
            if count == 40:
                break
        assert capture.count - 41 - 2 <= reader.dropped <= capture.count - 41
    assert len(caplog.records) == len(reader.warnings) == 1
    assert "camera:0" in caplog.text
    assert "dropped" in caplog.text


def test_a_reader_that_keeps_up_hears_nothing(caplog):
    reader, _ = opened(pictures=150)
    with reader, caplog.at_level("WARNING", "relume.media"):
        assert sum(1 for _ in reader) >= 140
    assert not caplog.records


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_a_camera_frame_keeps_its_colours(size):
    """As it came while nobody changes it, and within a code or two after 4:2:0."""
    smooth = np.linspace(30, 220, size[1])[None, :, None] * np.array([1.0, 0.8, 0.6])
    bgr = np.repeat(smooth, size[0], 0).astype(np.uint8)
    frame = VideoFrame.from_bgr(bgr, 0, Fraction(1, 1000))
    np.testing.assert_array_equal(frame.rgb8, bgr[..., ::-1])
    assert np.abs(frame.half8[1, 1].astype(int) - bgr[2, 2, ::-1]).max() < 8
    block = 255 * frame.region(2, 2, 40, 40)
    assert np.abs(block - bgr[2:40, 2:40, ::-1].astype(float)).max() < 4
    frame.put(2, 2, block / 255)
    assert np.abs(frame.rgb8.astype(int) - bgr[..., ::-1]).max() < 5


def test_a_closed_camera_ends_the_loop():
    reader, _ = opened(pictures=10_000)
    for count, _ in enumerate(reader):
        if count == 3:
            reader.close()
    assert count <= 4


def test_a_recording_of_next_to_no_time_has_a_frame():
    reader, _ = opened(pictures=1000, end=0.01)
    time.sleep(0.1)  # whoever takes the frames is not ready yet
    with reader:
        assert sum(1 for _ in reader) == 1


@pytest.mark.parametrize("told", [float("inf"), float("nan"), -1, 1e-5, 1e9])
def test_a_rate_that_no_camera_has_is_not_believed(told):
    reader, _ = opened(told=told)
    reader.close()
    assert reader.info.frame_rate == 30


@pytest.mark.parametrize("name", ["99999999999", "²", 300 * "a"], ids=["large", "small", "long"])
def test_names_that_no_camera_has(name):
    with pytest.raises(MediaError, match="no such camera"):
        CameraReader(f"camera:{name}")


def test_a_camera_by_its_path():
    reader, capture = opened("camera:/dev/video7")
    reader.close()
    assert capture.device == "/dev/video7"


def test_a_recording_may_end_by_itself():
    reader, _ = opened(pictures=1000, end=0.2)
    with reader:
        times = [float(frame.time) for frame in reader]
    assert 0.1 < times[-1] < 0.2
    assert reader.lost is None


@pytest.mark.parametrize(
    "options",
    [{"opened": False}, {"pictures": 0}, {"pictures": 0, "after": lambda _: (False, None)}],
)
def test_a_missing_camera(options):
    with pytest.raises(MediaError, match="camera:3"):
        opened("camera:3", **options)


def unplugged(_):
    return False, None


def empty(_):
    return True, None


def raises(_):
    raise cv2.error("VIDIOC_DQBUF:\n No such device")


def hangs(_):
    time.sleep(6)
    return False, None


def turned(_):
    return True, picture(99, (64, 48))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (unplugged, "stopped giving pictures after [0-9.]+ s; "),
        (empty, "stopped giving pictures after [0-9.]+ s; "),
        (raises, r"after [0-9.]+ s \(VIDIOC_DQBUF: No such device\); "),
        (hangs, "stopped giving pictures after [0-9.]+ s; "),
        (turned, "changed from 64x48 to 48x64 after [0-9.]+ s; "),
    ],
)
def test_a_lost_camera_ends_as_a_file_does_and_it_is_said_once(after, words, caplog):
    reader, capture = opened(after=after, patience=1.5)
    begun = time.monotonic()
    with reader, caplog.at_level("WARNING", "relume.media"):
        frames = [int(frame.rgb8[0, 0, 0]) for frame in reader]
        assert list(reader) == []
    assert frames[-1] == 40
    assert time.monotonic() - begun < 3.5  # the one that hangs isn't waited for
    assert [record.getMessage() for record in caplog.records] == [reader.lost] == reader.warnings
    assert re.search(r"^camera:0: the camera.*" + words, reader.lost)
    assert capture.released == (after is not hangs)


def test_a_film_ends_without_a_loss(caplog):
    reader, _ = opened()
    with reader, caplog.at_level("WARNING", "relume.media"):
        assert sum(1 for _ in reader) > 5
    assert reader.lost is None
    assert not caplog.records


def test_a_short_glitch_is_no_end(caplog):
    failed = []

    def glitch(capture):
        if len(failed) < 12:
            failed.append(time.monotonic())
            return [raises, empty, unplugged][len(failed) % 3](capture)
        capture.left = 80
        return capture.read() if capture.count < 80 else film_end()

    reader, _ = opened(after=glitch)
    with reader, caplog.at_level("WARNING", "relume.media"):
        frames = [int(frame.rgb8[0, 0, 0]) for frame in reader]
    assert frames[-1] == 80
    assert failed[-1] - failed[0] > 0.1  # no busy loop
    assert not caplog.records


def test_a_camera_closed_during_a_slow_read_is_let_go_when_that_comes_back():
    back = threading.Event()

    def slow(_):
        back.wait(10)
        return False, None

    reader, capture = opened(pictures=3, after=slow)
    frames = iter(reader)
    while capture.count < 3:
        next(frames)
    begun = time.monotonic()
    reader.close()
    assert time.monotonic() - begun < 2
    assert not capture.released  # never while it is read
    back.set()
    reader._thread.join(10)
    assert capture.released


def test_a_stop_wakes_who_waits_for_a_camera_that_hangs():
    stop = threading.Event()
    reader, _ = opened(after=hangs, stop=stop)
    begun = time.monotonic()
    threading.Timer(0.5, stop.set).start()
    with reader:
        assert sum(1 for _ in reader) > 5
    assert time.monotonic() - begun < 2
    assert reader.lost is None


def test_a_stop_before_the_first_picture():
    stop = threading.Event()
    stop.set()
    with pytest.raises(MediaError, match=r"camera:0: was stopped before"):
        opened(pictures=0, after=hangs, stop=stop)


class FakeDevice:
    def __init__(self):
        self.sent, self.closed = [], False

    def send(self, rgb):
        self.sent.append(rgb)

    def close(self):
        self.closed = True


def test_the_virtual_camera_shows_frames():
    device = FakeDevice()
    asked = []
    with VirtualCamera(rate=25, open_device=lambda *a: asked.append(a) or device) as camera:
        camera.write(ArrayPicture(np.full((48, 64, 3), 1, np.uint8)))
        camera.write(np.full((48, 64, 3), 2, np.uint8))  # as VideoWriter takes it
        with pytest.raises(UsageError, match="a picture is an array"):
            camera.write("talk.png")
        with pytest.raises(OutputError, match="64x48"):
            camera.write(ArrayPicture(np.zeros((50, 64, 3), np.uint8)))
    assert asked == [(64, 48, 25, None)]
    assert [int(s[0, 0, 0]) for s in device.sent] == [1, 2]
    assert device.closed


def test_a_closed_virtual_camera_is_not_opened_again():
    asked = []
    with VirtualCamera(open_device=lambda *a: asked.append(a) or FakeDevice()) as camera:
        camera.write(ArrayPicture(picture(1)))
    with pytest.raises(OutputError, match="virtual camera is closed; make a new one"):
        camera.write(ArrayPicture(picture(2)))
    assert len(asked) == 1


class Shown(FakeDevice):
    """Notes when frames are sent, by a clock of its own that work and sleep move on."""

    def __init__(self, work):
        super().__init__()
        self.now, self.work, self.times = 7.0, iter(work), []

    def send(self, rgb):
        self.times.append(round(self.now - 7.0, 6))
        self.now += next(self.work)

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds

    def show(self, times, paced=True):
        sink = VirtualCamera(
            rate=10,
            paced=paced,
            open_device=lambda *_: self,
            clock=lambda: self.now,
            sleep=self.sleep,
        )
        with sink:
            for time in times:
                if time is None:
                    sink.write(ArrayPicture(picture(1)))
                else:
                    sink.write(
                        VideoFrame.from_rgb(picture(1), round(time * 1000), Fraction(1, 1000))
                    )
        return self.times


@pytest.mark.parametrize("begin", [0.0, 3.5])
def test_a_files_frames_are_shown_at_their_times(begin):
    times = [0, 0.04, 0.5, 0.52, 2.0]
    assert Shown([0.01] * 5).show([begin + time for time in times]) == times


def test_late_frames_are_shown_at_once_and_then_at_their_times_again():
    shown = Shown([0.25, 0.01, 0.01, 0.01, 0.01]).show([0, 0.1, 0.2, 0.3, 0.4])
    assert shown == [0, 0.25, 0.26, 0.3, 0.4]


def test_pictures_without_times_are_shown_at_the_rate():
    assert Shown([0.01] * 3).show([None] * 3) == [0, 0.1, 0.2]


def test_live_frames_are_shown_at_once():
    assert Shown([0.01] * 3).show([0, 1, 2], paced=False) == [0, 0.01, 0.02]


def test_one_of_several_virtual_cameras():
    asked = []
    with VirtualCamera(
        "virtualcam:/dev/video10", open_device=lambda *a: asked.append(a) or FakeDevice()
    ) as camera:
        camera.write(ArrayPicture(picture(1)))
    assert asked == [(64, 48, 30, "/dev/video10")]


@pytest.mark.parametrize(
    "error", [RuntimeError("'x' backend:\n device busy"), ValueError("in use")]
)
def test_a_virtual_camera_that_cannot_be_opened(error):
    def refuse(*_):
        raise error

    with pytest.raises(OutputError, match=r"another program.*v4l2loopback") as caught:
        VirtualCamera(open_device=refuse).write(ArrayPicture(picture(1)))
    assert " ".join(str(error).split()) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [OSError(19, "No such device"), RuntimeError("gone")])
def test_a_virtual_camera_that_fails_on_the_way(error):
    device = FakeDevice()

    def break_down(*_):
        raise error

    with VirtualCamera(open_device=lambda *_: device) as camera:
        camera.write(ArrayPicture(picture(1)))
        device.send = device.close = break_down
        with pytest.raises(OutputError, match=r"camera took no more frames after 1 \(.*start it"):
            camera.write(ArrayPicture(picture(2)))
    assert len(device.sent) == 1


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("virtualcam", "with a colon, virtualcam:"),
        ("/dev/video10", "virtualcam:/dev/video10"),
        ("-", "out.mp4"),
    ],
)
def test_names_that_are_nearly_a_virtual_cameras(output, remedy):
    with pytest.raises(OutputError, match=remedy):
        VideoWriter(output)


def test_without_pyvirtualcam(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "relume\[virtualcam\]"'):
        VirtualCamera().write(ArrayPicture(np.zeros((4, 4, 3), np.uint8)))


def test_a_file_plays_as_a_camera_would(short_clip):
    begun = time.monotonic()
    with open_video(f"camera:{short_clip}") as reader:
        frames = []
        for frame in reader:
            frames.append(frame.time)
            if len(frames) == 2:
                time.sleep(0.3)
        took = time.monotonic() - begun
    assert (reader.info.width, reader.info.height) == (640, 360)
    assert reader.info.frame_rate == 25
    assert 0.7 < took < 5  # 20 frames at 25 a second, however fast they decode
    assert frames[2] - frames[1] > 0.2  # what passed meanwhile is gone
    assert len(frames) < 17
