"""`relume eval` as a user runs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relume.cli.measure import DATA, NO_DATA
from relume.evaluate import Machine, Metric, Protocol, Results, Row
from relume.evaluate.protocols import PROTOCOLS
from relume.evaluate.report import write_report
from relume.media import open_video, write_image

from .conftest import Run


def make_run(folder: Path, shift: float = 0.0, seed: int = 0, items: int = 10) -> Path:
    """A run on disk, its lighting error shifted."""
    values = {f"clip{i}": 0.3 + 0.01 * i + shift * (1 + 0.1 * (i % 3)) for i in range(items)}
    mean = sum(values.values()) / items
    protocol = Protocol(
        "quick",
        "Quick",
        ["relume [beta]"],
        [Metric("light", "Lighting error", "lower")],
        [Row("relume [beta]", "light", mean, mean - 0.01, mean + 0.01, items, values)],
    )
    folder.mkdir()
    results = Results("0.1.0", Machine("CPU", 2, "Linux", "3.11", {}), seed, [], [protocol])
    write_report(results, folder)
    return folder


def test_compare_tells_a_planted_change(relume: Run, tmp_path: Path) -> None:
    before, after = make_run(tmp_path / "a"), make_run(tmp_path / "b", 0.02)
    done = relume("eval", "compare", before, after)
    assert done.returncode == 0, done.stderr
    assert "Lighting error" in done.stdout
    assert "relume [beta]" in done.stdout
    assert "+0.0218" in done.stdout
    assert "1 figure compared: 1 worse" in done.stdout
    assert relume("eval", "compare", before, after, "--fail-on-worse").returncode == 9
    strange = relume("eval", "compare", before, "a" * 300)
    assert strange.returncode == 3
    assert "can't be read" in strange.stderr
    better = relume("eval", "compare", after, before, "--fail-on-worse")
    assert better.returncode == 0
    assert "1 better" in better.stdout


def test_compare_with_itself_finds_nothing(relume: Run, tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    done = relume("eval", "compare", run / "results.json", run, "--fail-on-worse")
    assert done.returncode == 0
    assert done.stdout == "1 figure compared: 1 unchanged\n"
    assert not done.stderr
    assert "Lighting error" in relume("eval", "compare", run, run, "--all").stdout


def test_compare_warns_of_other_seeds(relume: Run, tmp_path: Path) -> None:
    done = relume("eval", "compare", make_run(tmp_path / "a"), make_run(tmp_path / "b", 0, 7))
    assert done.returncode == 0
    assert "warning: the seeds differ (0 and 7)" in done.stderr


def test_few_items_are_judged_by_tolerance(relume: Run, tmp_path: Path) -> None:
    runs = make_run(tmp_path / "a", items=2), make_run(tmp_path / "b", 0.02, items=2)
    plain = relume("eval", "compare", *runs, "--fail-on-worse")
    assert plain.returncode == 0
    assert "no change can be told from chance" in plain.stderr
    strict = relume("eval", "compare", *runs, "--fail-on-worse", "--tolerance", 5)
    assert strict.returncode == 9
    loose = relume("eval", "compare", *runs, "--fail-on-worse", "--tolerance", 50)
    assert loose.returncode == 0
    assert relume("eval", "compare", *runs, "--tolerance", -1).returncode == 2


def test_every_protocol_has_its_command() -> None:
    needing = {name for name, spec in PROTOCOLS.items() if spec.needs}
    assert set(DATA) == needing
    assert set(NO_DATA) == set(PROTOCOLS) - needing


def test_run_writes_a_whole_report(relume: Run, tmp_path: Path) -> None:
    output = tmp_path / "new" / "report"
    options = ("--items", 1, "--frames", 2, "--methods", "untouched", "-o", output)
    done = relume("eval", "synthetic", *options)
    assert done.returncode == 0, done.stderr
    assert (output / "report.html").is_file()
    run = Results.read(output / "results.json")
    assert [protocol.name for protocol in run.protocols] == ["synthetic"]
    assert run.protocols[0].rows
    assert all((output / strip.png).is_file() for strip in run.protocols[0].strips)
    assert run.command.startswith("relume eval synthetic --items 1")
    again = relume("eval", "synthetic", *options)
    assert again.returncode == 6
    assert "exists already" in again.stderr
    assert relume("eval", "synthetic", *options, "--overwrite").returncode == 0
    assert Results.read(output / "results.json").repeatable() == run.repeatable()
    assert [p.name for p in output.parent.iterdir()] == ["report"]


def test_what_could_not_be_measured_is_named(relume: Run, demo: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    with open_video(demo) as reader:
        write_image(pictures / "a.png", next(iter(reader)).rgb8)
    (pictures / "torn.png").write_bytes(b"no picture")
    command = ("eval", "reconstruction", pictures, "--methods", "untouched", "-o", tmp_path / "out")
    done = relume(*command)
    assert done.returncode == 0, done.stderr
    assert "relume: not measured: torn: " in done.stderr
    gone = relume("eval", "reconstruction", pictures / "none.png", "-o", tmp_path / "other")
    assert "none.png: no such file or folder; check the name" in gone.stderr


def test_failing_run_leaves_nothing(relume: Run, tmp_path: Path) -> None:
    nothing = relume("eval", "input-view", tmp_path / "none", "-o", tmp_path / "report")
    assert nothing.returncode == 3
    assert "none" in nothing.stderr
    other = tmp_path / "mine"
    other.mkdir()
    (other / "diary.txt").write_text("dear diary")
    refused = relume("eval", "synthetic", "-o", other, "--overwrite")
    assert refused.returncode == 6
    assert "no earlier run" in refused.stderr
    assert relume("eval", "synthetic", "--items", -1).returncode == 2
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["diary.txt", "mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_interrupting_leaves_no_half_report(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "relume", "eval", "synthetic", "-o", str(tmp_path / "report")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.iterdir()):  # it has begun to write aside
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"),
        (b"<html>", "not a JSON file"),
        (b'{"name": "package"}', "not a result of `relume eval`"),
    ],
)
def test_foreign_files_are_refused_by_name(
    relume: Run, tmp_path: Path, content: bytes | None, said: str
) -> None:
    good, bad = make_run(tmp_path / "a"), tmp_path / "other.json"
    if content is not None:
        bad.write_bytes(content)
    done = relume("eval", "compare", good, bad)
    assert done.returncode == 3
    assert "other.json" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_report_is_drawn_again(relume: Run, tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    page = run / "report.html"
    first = page.read_text(encoding="utf-8")
    page.unlink()
    done = relume("eval", "report", run)
    assert done.returncode == 0, done.stderr
    assert page.read_text(encoding="utf-8") == first
    figures = json.loads((run / "results.json").read_text(encoding="utf-8"))
    figures["seed"] = 123
    (run / "results.json").write_text(json.dumps(figures), encoding="utf-8")
    assert relume("eval", "report", run).returncode == 0
    assert "seed 123" in page.read_text(encoding="utf-8")
