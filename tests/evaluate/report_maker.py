"""Runs made up for the report's tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

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

LIGHT = Metric("light", "Lighting error", "lower", note="Over frames, then over clips.")
IDENTITY = Metric("identity", "Identity", "higher")
TIME = Metric("time", "Time a frame", "lower", "ms", repeats=False)
NASTY = '<script>alert("x")</script> & "co" \udce9 \x07'


def row(method: str, metric: str, values: Mapping[str, float] | Sequence[float]) -> Row:
    """A row with a rough interval."""
    if not isinstance(values, Mapping):
        values = {f"clip{index}": value for index, value in enumerate(values)}
    figures = np.array(list(values.values()))
    reach = 2 * float(figures.std()) / len(figures) ** 0.5
    mean = float(figures.mean())
    return Row(method, metric, mean, mean - reach, mean + reach, len(figures), dict(values))


def results(*protocols: Protocol, seed: int = 0) -> Results:
    """A run of these protocols."""
    estimators = [
        EstimatorRecord("light", "relume light net", "1", "ab" * 32),
        EstimatorRecord("identity", "MagFace", "iresnet100", "cd" * 32),
    ]
    machine = Machine("Some CPU", 2, "Linux", "3.11.7", {"numpy": "2.0"})
    return Results("0.1.0", machine, seed, estimators, list(protocols))


def protocol(rows: Sequence[Row], **changes: object) -> Protocol:
    """A protocol of these rows, its methods in their order."""
    methods = list(dict.fromkeys(r.method for r in rows))
    made = Protocol("videos", "Videos", methods, [LIGHT, IDENTITY, TIME], list(rows))
    return dataclasses.replace(made, **changes)


def full_run(folder: Path) -> Results:
    """Everything that a report shows, hostile names included; writes its pictures."""
    generator = np.random.default_rng(0)
    methods = ["relume", "ratio image", "untouched", NASTY]
    items = [*(f"clip{index}" for index in range(8)), NASTY]
    rows = []
    for k, method in enumerate(methods):
        for metric, base in (("light", 0.3 + 0.2 * k), ("identity", 0.9 - 0.1 * k)):
            values = base + 0.03 * generator.standard_normal(len(items))
            rows.append(row(method, metric, dict(zip(items, map(float, values), strict=True))))
    (folder / "strips").mkdir(exist_ok=True)
    for name in ("flat", "photo"):
        picture = np.full((64, 256, 3), 90, np.uint8)
        if name == "photo":
            picture = generator.integers(0, 255, (64, 256, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / "strips" / f"{name}.png"), picture)
    times = [index / 25 for index in range(50)]
    series = {m: [0.1 * k + 0.001 * i for i in range(50)] for k, m in enumerate(methods)}
    columns = ["Input", "relume", NASTY, "untouched"]
    whole = protocol(
        rows,
        title="Videos & pictures",
        curves=[Curve("Lighting error", item, times, series, y_title="error") for item in items],
        strips=[
            Strip("clip0, frame 5", columns, "strips/flat.png"),
            Strip(NASTY, columns, "strips/photo.png"),
        ],
        failures=[Failure("clip8", "DPR", "no face was found"), Failure("", NASTY, NASTY)],
        about="Eight clips.",
        settings={"frames": 50, "lights": ["rembrandt", NASTY]},
    )
    return dataclasses.replace(results(whole), command="relume eval videos 'my clips' --seed 0")
