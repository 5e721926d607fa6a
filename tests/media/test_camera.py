"""No camera is at hand: fakes stand behind the two seams."""

from __future__ import annotations

import sys
import time
from fractions import Fraction

import cv2
import numpy as np
import pytest

from relume.errors import MediaError, MissingDependencyError, OutputError
from relume.media import ArrayPicture, VideoFrame, VirtualCamera, open_video
from relume.media.camera import CameraReader


class FakeCapture:
    """Numbered pictures at 200 a second, then unplugged."""

    def __init__(self, device, pictures=40, opened=True):
        self.device, self.left, self.opened = device, pictures, opened
        self.settings, self.released, self.count = {}, False, 0

    def isOpened(self):
        return self.opened

    def set(self, key, value):
        self.settings[key] = value

    def get(self, key):
        return self.settings.get(key, 0)

    def read(self):
        if self.count >= self.left:
            return False, None
        time.sleep(0.005)
        self.count += 1
        return True, np.full((48, 64, 3), (0, 0, self.count), np.uint8)

    def release(self):
        self.released = True


def opened(source="camera:0", **options):
    made = []

    def make(device):
        made.append(FakeCapture(device, **options))
        return made[0]

    return CameraReader(source, size=(64, 48), open_capture=make), made[0]


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


def test_a_camera_by_its_path():
    reader, capture = opened("camera:/dev/video7")
    reader.close()
    assert capture.device == "/dev/video7"


@pytest.mark.parametrize("options", [{"opened": False}, {"pictures": 0}])
def test_a_missing_camera(options):
    with pytest.raises(MediaError, match="camera:3"):
        opened("camera:3", **options)


class FakeDevice:
    def __init__(self):
        self.sent, self.paced, self.closed = [], 0, False

    def send(self, rgb):
        self.sent.append(rgb)

    def sleep_until_next_frame(self):
        self.paced += 1

    def close(self):
        self.closed = True


def test_the_virtual_camera_shows_frames():
    device = FakeDevice()
    asked = []
    with VirtualCamera(rate=25, open_device=lambda *a: asked.append(a) or device) as camera:
        for level in (1, 2):
            camera.write(ArrayPicture(np.full((48, 64, 3), level, np.uint8)))
        with pytest.raises(OutputError, match="64x48"):
            camera.write(ArrayPicture(np.zeros((50, 64, 3), np.uint8)))
    assert asked == [(64, 48, 25)]
    assert [int(s[0, 0, 0]) for s in device.sent] == [1, 2]
    assert device.closed


def test_live_frames_are_shown_at_once():
    devices = [FakeDevice(), FakeDevice()]
    for device, paced in zip(devices, (True, False), strict=True):
        with VirtualCamera(paced=paced, open_device=lambda *_, d=device: d) as camera:
            camera.write(ArrayPicture(np.zeros((48, 64, 3), np.uint8)))
    assert [device.paced for device in devices] == [1, 0]


def test_a_system_without_a_virtual_camera():
    def fail(*_):
        raise RuntimeError("no device found")

    with pytest.raises(OutputError, match="v4l2loopback"):
        VirtualCamera(open_device=fail).write(ArrayPicture(np.zeros((4, 4, 3), np.uint8)))


def test_without_pyvirtualcam(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "relume\[virtualcam\]"'):
        VirtualCamera().write(ArrayPicture(np.zeros((4, 4, 3), np.uint8)))


def test_a_file_plays_as_a_camera_would(short_clip):
    with open_video(f"camera:{short_clip}") as reader:
        begun = time.monotonic()
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
