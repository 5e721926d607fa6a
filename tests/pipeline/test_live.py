"""From a camera an older look at a face serves, rather than that a frame is late."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from relume import Relighter, relight_video
from relume.errors import StoppedError
from relume.media import ArrayPicture
from relume.media.camera import CameraReader
from relume.pipeline import track_video


class Asked:
    """An engine that notes whether it was hurried."""

    def __init__(self) -> None:
        self.hurried: list[bool] = []

    def prepare(
        self, picture: Any, face: Any, time: float, hurried: bool = False, company: Any = ()
    ) -> str:
        self.hurried.append(hurried)
        return "ready"

    def plan(self, *given: Any, prepared: Any = None) -> None:
        pass

    def observe(self, picture: Any, face: Any, time: float) -> Any:
        raise AssertionError("nobody asked for the light")


@pytest.mark.parametrize("live", [True, False])
def test_only_live_frames_are_hurried(live: bool) -> None:
    engine = Asked()
    relighter = Relighter("loop", live=live, engine=engine)
    picture = ArrayPicture(np.zeros((8, 8, 3), np.uint8))
    faces: list[Any] = [SimpleNamespace(id=1, pose=SimpleNamespace(scale=100.0), panel=None)]
    relighter.prepare(picture, faces, 0.0)
    relighter.plan(picture, faces, 0.0)
    relighter.render(picture, faces, 0.04)
    assert engine.hurried == [live] * 3
    # What stands alone has time.
    relighter.render(picture, faces, None)
    relighter.prepare(picture, faces, None)
    assert engine.hurried[3:] == [False] * 2


@pytest.mark.parametrize("live", [True, False])
def test_a_cameras_video_is_live(short_clip: Path, tmp_path: Path, live: bool) -> None:
    engine = Asked()
    source = f"camera:{short_clip}" if live else str(short_clip)
    relight_video(source, tmp_path / "out.mp4", "loop", engine=engine)
    assert set(engine.hurried) == {live}


@pytest.mark.parametrize(
    "job",
    [
        lambda source, output, stop: relight_video(
            source, output, "loop", engine=Asked(), stop=stop
        ),
        lambda source, output, stop: list(track_video(source, stop=stop)),
    ],
    ids=["relight", "track"],
)
def test_a_camera_stopped_between_its_first_picture_and_the_first_frame(
    short_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: Callable[..., Any]
) -> None:
    stop = threading.Event()
    describe = CameraReader._first_shape

    def stopped(reader: CameraReader) -> Any:
        shape = describe(reader)
        stop.set()
        return shape

    monkeypatch.setattr(CameraReader, "_first_shape", stopped)
    source, output = f"camera:{short_clip}", tmp_path / "out.mp4"
    with pytest.raises(StoppedError, match="stopped before its first frame"):
        job(source, output, stop)
    assert not list(tmp_path.iterdir())
