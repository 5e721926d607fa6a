"""The result file: goes out and comes back the same; whatever else is refused by name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from relume.errors import InputError, OutputError
from relume.evaluate import (
    Curve,
    EstimatorRecord,
    Failure,
    Machine,
    Metric,
    Protocol,
    Results,
    Row,
    Strip,
)


def make_results() -> Results:
    protocol = Protocol(
        name="quick",
        title="Quick",
        method_order=["untouched", "ratio"],
        metrics=[Metric("err", "Error", "lower"), Metric("ms", "Time", "lower", "ms", "", False)],
        rows=[
            Row("untouched", "err", 0.5, 0.4, 0.6, 2, {"a": 0.4, "b": 0.6}),
            Row("ratio", "ms", 12.0, 12.0, 12.0, 1, {"a": 12.0}),
        ],
        curves=[Curve("Error", "a", [0.0, 0.04], {"ratio": [1.0, 2.0]})],
        strips=[Strip("a", ["in", "out"], "strips/a.png")],
        failures=[Failure("c", "", "no face was found")],
        settings={"frames": 3},
    )
    return Results(
        "0.1.0",
        Machine("cpu", 2, "Linux", "3.11", {"numpy": "2.0"}),
        7,
        [EstimatorRecord("flow", "OpenCV DIS", "4.10", "")],
        [protocol],
    )


def test_goes_out_and_comes_back_the_same(tmp_path: Path) -> None:
    results = make_results()
    assert Results.from_json(results.to_json()) == results
    results.write(tmp_path / "r.json")
    assert Results.read(tmp_path / "r.json") == results
    with pytest.raises(OutputError, match="exists already"):
        results.write(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json", "not a JSON file"),
        ("[]", "not a result"),
        ('{"schema": 99}', "of schema 99"),
        ('{"schema": 1}', "damaged"),
    ],
)
def test_refuses_what_is_no_result(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Results.from_json(text, "r.json")


def test_a_run_that_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"before: can.t be read: no such run; give the folder"):
        Results.read(tmp_path / "before")
    (tmp_path / "a.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"a\.json: not a JSON file"):
        Results.read(tmp_path / "a.json")


def test_numbers_are_finite() -> None:
    results = make_results()
    results.protocols[0].rows[0] = dataclasses.replace(
        results.protocols[0].rows[0], mean=float("nan")
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        results.to_json()
    data = json.loads(make_results().to_json())
    data["protocols"][0]["rows"][0]["mean"] = float("inf")
    with pytest.raises(InputError, match="not finite"):
        Results.from_json(json.dumps(data))


def test_repeatable_part_has_no_clock() -> None:
    results = make_results()
    assert [r.metric for r in results.repeatable().protocols[0].rows] == ["err"]
    assert results.protocols[0].row("ratio", "err") is None
