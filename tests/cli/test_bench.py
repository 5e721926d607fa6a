"""`relume bench`, on a few frames."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from relume.cli import bench
from relume.cli.bench import Bench
from relume.cli.bench_table import BenchRun, print_run
from relume.errors import OutputError, UsageError
from relume.pipeline.bench import BenchJob, Latency, Live, Measured, StageCost

from .conftest import Run


@pytest.fixture(scope="module")
def figures(short_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is written of one round of one model."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    command = [sys.executable, "-m", "relume", "bench", str(short_clip), "--model", "ratio"]
    options = ["--seconds", "1.2", "--rounds", "1", "--json", str(file)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "fps, decoded to written" in done.stdout
    assert [p.name for p in file.parent.iterdir()] == [file.name]
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_every_figure_is_there(figures: dict[str, Any]) -> None:
    (one,) = figures["rounds"]["ratio"]
    assert (one["frames"], one["plays"]) == (30, 2)
    assert (one["width"], one["height"]) == (640, 360)
    assert list(one["stages"]) == ["decode", "track", "plan", "relight", "encode"]
    assert one["fps"] > 0
    assert one["still_fps"] > 0
    assert 0 < one["latency"]["median"] <= one["latency"]["p95"]
    assert 100 < one["peak_mb"] < 2000
    (cold,) = figures["cold_starts"]["ratio"]
    assert cold > 0.3


def test_a_stage_computes_no_longer_than_it_takes_and_all_threads_more(
    figures: dict[str, Any],
) -> None:
    (one,) = figures["rounds"]["ratio"]
    stages = one["stages"].values()
    assert all(stage["core_ms"] <= stage["ms"] + 0.1 for stage in stages)
    total = sum(stage["core_ms"] for stage in stages)
    assert one["core_ms"] == pytest.approx(total + one["others_core_ms"])


def measured(fps: float, live: Live | None = None) -> Measured:
    stages = {"decode": StageCost(2.0, 1.0), "track": StageCost(5.0, 4.0)}
    return Measured(100, 1, 1280, 720, fps, stages, 8.0, 13.0, Latency(300, 400), live, 50.0, None)


def test_ratios_are_taken_round_by_round(capsys: pytest.CaptureFixture[str]) -> None:
    """The machine slows to a half while one model is twice as fast: means would say otherwise."""
    run = BenchRun.start("talk.mp4", "loop", 0.0, None, ["a", "b"])
    live = Live(Latency(40.0, 60.0), 100, 75)
    for speed in (1.0, 1.0, 0.5):
        run.add("a", measured(10 * speed), 2.0)
        run.add("b", measured(20 * speed, live), None)
    print_run(run)
    lines = capsys.readouterr().out.splitlines()
    row = {line[:33].strip(): line[33:].split() for line in lines[2:]}
    assert lines[1].split() == ["a", "b", "b", "/", "a"]
    assert row["fps, decoded to written"] == ["10.0", "20.0", "2.00"]
    assert row["latency live, median ms"] == ["-", "40", "-"]
    assert row["frames dropped, %"] == ["-", "25", "-"]
    assert row["cold start to one picture, s"] == ["2.00", "-", "-"]
    assert len(json.loads(run.to_json())["rounds"]["b"]) == 3


def test_interrupting_leaves_nothing(short_clip: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "figures.json", tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-m", "relume", "bench", str(short_clip), "--model", "ratio"]
    command += ["--json", str(file)]
    started = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}
    )
    until = time.monotonic() + 60
    while not list(folder.glob("*/.*.mp4")) and time.monotonic() < until:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)  # to it alone: it must end its worker itself
    _, errors = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == [folder]
    assert not list(folder.iterdir())


def test_the_file_is_begun_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []

    def stopped(job: BenchJob) -> Measured:
        found.extend(p.suffix for p in (tmp_path / "new").iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "_measured", stopped)
    with pytest.raises(KeyboardInterrupt):
        Bench(json=tmp_path / "new" / "figures.json").run()
    assert found == [".json"]
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_timed_is_refused(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    done = relume("bench", short_clip, "--models", "fast", "--rounds", "1")
    assert done.returncode == 2
    assert "'fast'" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(UsageError, match="video file"):
        Bench("camera:0").run()
    with pytest.raises(UsageError, match="--rounds"):
        Bench(str(short_clip), rounds=0).run()
    for seconds in (0.0, -1.0, float("nan"), float("inf"), 1e300):
        with pytest.raises(UsageError, match=r"--seconds is above 0 and 3600 .* at most"):
            Bench(str(short_clip), seconds=seconds).run()
    done = relume("bench", "", "--rounds", "1")
    assert done.returncode == 2
    assert "a video's name is empty" in done.stderr
    (tmp_path / "old.json").touch()
    with pytest.raises(OutputError, match="exists already"):
        Bench(str(short_clip), json=tmp_path / "old.json").run()
