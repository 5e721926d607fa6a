"""`relume relight camera:0` and `track` from the outside, with a stand-in for the camera."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import relume.cli
from relume.media import open_video

_PROGRAM = """
import sys, time
from relume.cli import main
from relume.media import open_video
from relume.media.camera import CameraReader

clip, after = sys.argv[1:3]
with open_video(clip) as reader:
    pictures = [frame.rgb8[..., ::-1].copy() for frame in reader]

class Camera:
    def isOpened(self): return True
    def set(self, key, value): return True
    def get(self, key): return 25
    def release(self): pass
    def read(self):
        if after == "nothing":
            print("asked", flush=True)
            time.sleep(60)
        if pictures:
            time.sleep(0.04)
            return True, pictures.pop(0)
        print("over", flush=True)
        time.sleep(60 if after == "hangs" else 0)
        return False, None

CameraReader.__init__.__kwdefaults__["open_capture"] = lambda device: Camera()
sys.exit(main(sys.argv[3:]))
"""


_ENDINGS = {"relight": "mp4", "track": "jsonl"}


def arguments(clip: Path, after: str, output: Path, job: str) -> list[str]:
    command = [sys.executable, "-c", _PROGRAM, str(clip), after, job, "camera:0"]
    return [*command, "-o", str(output), *(["--light", "loop"] if job == "relight" else [])]


def start(clip: Path, after: str, output: Path, job: str = "relight") -> subprocess.Popen[str]:
    command = arguments(clip, after, output, job)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_unplugged_camera_is_told_and_what_it_gave_is_written(
    short_clip: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    process = start(short_clip, "unplugged", output)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 3
    assert told.count("the camera stopped giving pictures after") == 1
    assert "Traceback" not in told
    with open_video(output) as reader:
        assert sum(1 for _ in reader) > 1


def test_an_unplugged_camera_is_told_of_while_faces_are_tracked(
    short_clip: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    process = start(short_clip, "unplugged", output, "track")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 3
    assert told.count("the camera stopped giving pictures after") == 1
    assert "Traceback" not in told
    assert json.loads(output.read_text().splitlines()[0])["frame"] == 0


@pytest.mark.parametrize("times", [1, 2], ids=["once", "as timeout does"])
def test_ctrl_c_while_the_camera_hangs(short_clip: Path, tmp_path: Path, times: int) -> None:
    output = tmp_path / "out.mp4"
    process = start(short_clip, "hangs", output)
    assert process.stdout is not None
    process.stdout.readline()
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.02)  # until the first frame is written
    begun = time.monotonic()
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert time.monotonic() - begun < 8
    with open_video(output) as reader:
        assert sum(1 for _ in reader) >= 1


@pytest.mark.usefixtures("hang_ups_heeded")
@pytest.mark.parametrize("job", ["relight", "track"])
def test_a_closed_terminal_ends_a_recording(short_clip: Path, tmp_path: Path, job: str) -> None:
    output = tmp_path / f"out.{_ENDINGS[job]}"
    ours, terminal = pty.openpty()
    process = subprocess.Popen(
        arguments(short_clip, "hangs", output, job),
        preexec_fn=lambda: os.login_tty(terminal),
    )
    os.close(terminal)
    said = b""
    while b"over" not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert output.stat().st_size > 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("job", ["relight", "track"])
def test_an_interrupt_before_the_first_picture(
    short_clip: Path, tmp_path: Path, job: str, number: signal.Signals, code: int
) -> None:
    process = start(short_clip, "nothing", tmp_path / f"out.{_ENDINGS[job]}", job)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert told.strip() == "relume: interrupted; the output was not written"
    assert not list(tmp_path.iterdir())


def test_the_command_line_asks_the_library_what_a_camera_is() -> None:
    folder = Path(relume.cli.__file__).parent
    assert [path.name for path in folder.glob("*.py") if '"camera:' in path.read_text()] == []


def test_an_interrupted_show_is_not_called_unwritten(demo: Path) -> None:
    program = """
import sys
from relume.cli import main
from relume.media import VirtualCamera

class Device:
    def send(self, rgb): print("shown", flush=True)
    def close(self): pass

VirtualCamera.__init__.__kwdefaults__["open_device"] = lambda *asked: Device()
sys.exit(main(sys.argv[1:]))
"""
    command = [sys.executable, "-c", program, "relight", str(demo), "-o", "virtualcam:"]
    process = subprocess.Popen(
        [*command, "--light", "loop"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "shown\n"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.strip() == "relume: interrupted; the frames before were shown"


@pytest.mark.usefixtures("hang_ups_heeded")
def test_a_second_ctrl_c_ends_at_once() -> None:
    program = """
import time
from relume.cli.process import Terminated, prepare, stop_event

prepare()
try:
    with stop_event("camera:0") as stop:
        for _ in range(100):
            print(stop.is_set(), flush=True)
            time.sleep(0.2)
except KeyboardInterrupt as interrupt:
    print(type(interrupt).__name__, flush=True)
"""
    for number, name in (
        (signal.SIGINT, "KeyboardInterrupt"),
        (signal.SIGTERM, "Terminated"),
        (signal.SIGHUP, "Terminated"),
    ):
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        time.sleep(1.5)
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
        assert told.split()[-2:] == ["True", name]
