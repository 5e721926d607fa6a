"""A light's file may be changed while a camera runs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relume import Relighter, relight_video
from relume.errors import LightError
from relume.light import Light
from relume.pipeline import watched
from relume.pipeline.watched import WatchedLight, watched_light

RED, BLUE = (
    f"ambient: {{intensity: 1, rgb: {rgb}}}\nlamps: []\n" for rgb in ([1, 0, 0], [0, 0, 1])
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that `watched` is told."""
    now = [0.0]
    monkeypatch.setattr(watched.clock, "monotonic", lambda: now[0])
    return now


def _colour(light: Light) -> int:
    return int(np.argmax(light.coefficients[0]))


def _followed(path: Path) -> WatchedLight:
    light = watched_light(path)
    assert isinstance(light, WatchedLight)
    return light


def test_a_file_is_read_again_once_it_rests(tmp_path: Path, clock: list[float]) -> None:
    path = tmp_path / "now.yaml"
    path.write_text(RED)
    light = _followed(path)
    assert _colour(light.at(0.0)) == 0
    path.write_text(BLUE)
    assert _colour(light.at(0.1)) == 0  # not looked at yet
    clock[0] = 0.3
    assert _colour(light.at(0.3)) == 0  # may still be written
    clock[0] = 0.6
    assert _colour(light.at(0.6)) == 2
    assert light.view(0.6) == (0.0, 0.0, 0.0)


def test_a_name_that_is_too_long_is_no_file() -> None:
    with pytest.raises(LightError, match="File name too long"):
        watched_light("a" * 300 + ".yaml")


def test_what_makes_no_sense_is_told_and_the_light_stays(
    tmp_path: Path, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "now.yaml"
    path.write_text(RED)
    light = _followed(path)
    path.write_text("lamps: 3\n")
    for clock[0] in np.arange(0.3, 3.0, 0.3):
        assert _colour(light.at(0.0)) == 0
    assert caplog.text.count("the light stays as it was") == 1
    assert str(path) in caplog.text
    path.unlink()
    for clock[0] in np.arange(3.0, 4.0, 0.3):
        assert _colour(light.at(0.0)) == 0
    path.write_text(BLUE)
    for clock[0] in np.arange(4.0, 5.0, 0.3):
        last = light.at(0.0)
    assert _colour(last) == 2


def test_only_files_are_followed(tmp_path: Path) -> None:
    assert watched_light(None) is None
    for given in ("loop", Light.ambient(), {"preset": "loop"}):
        assert not isinstance(watched_light(given), WatchedLight)
    with pytest.raises(LightError, match=r"nowhere\.yaml"):
        watched_light(tmp_path / "nowhere.yaml")


class Lit:
    """An engine that notes the light of every frame."""

    def __init__(self) -> None:
        self.colours: list[int] = []

    def plan(self, picture: Any, face: Any, light: Light, *rest: Any, **more: Any) -> None:
        self.colours.append(_colour(light))

    def observe(self, picture: Any, face: Any, time: float) -> Any:
        raise AssertionError("nobody asked for the light")


@pytest.mark.parametrize("live", [True, False])
def test_a_cameras_light_follows_its_file(
    live: bool, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_EVERY", 0.0)
    path, engine = tmp_path / "now.yaml", Lit()
    path.write_text(RED)

    stop = threading.Event()

    def change(done: int, whole: int | None) -> None:
        if done == 1:
            path.write_text(BLUE)
        if engine.colours[-1] == 2:
            stop.set()

    source = f"camera:{demo}" if live else str(demo)
    relight_video(
        source, tmp_path / "out.mp4", path, end=60.0 if live else 0.3,
        engine=engine, progress=change, stop=stop if live else None,
    )  # fmt: skip
    assert engine.colours[0] == 0
    assert engine.colours[-1] == (2 if live else 0)
    assert Relighter(path, engine=engine).light is not None
