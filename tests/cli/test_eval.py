"""`relume eval` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relume.evaluate import Machine, Metric, Protocol, Results, Row
from relume.evaluate.report import write_report

from .conftest import Run


def make_run(folder: Path, shift: float = 0.0, seed: int = 0) -> Path:
    """A run of ten clips on disk, its lighting error shifted."""
    values = {f"clip{i}": 0.3 + 0.01 * i + shift * (1 + 0.1 * (i % 3)) for i in range(10)}
    mean = sum(values.values()) / 10
    protocol = Protocol(
        "quick",
        "Quick",
        ["relume [beta]"],
        [Metric("light", "Lighting error", "lower")],
        [Row("relume [beta]", "light", mean, mean - 0.01, mean + 0.01, 10, values)],
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"),
        (b"\xff\xfe\x00", "can't be read"),
        (b"<html>", "not a JSON file"),
        (b'{"name": "package"}', "not a result of `relume eval`"),
        (b'{"schema": 99}', "schema 99"),
        (b'{"schema": 1}', "damaged"),
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
