"""The quick subset guards what is shipped against regressions: bounds stand in thresholds.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from relume.evaluate import Results
from relume.evaluate.runner import run_quick

BOUNDS = yaml.safe_load(Path(__file__).with_name("thresholds.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quick() -> Results:
    return run_quick()


@pytest.mark.slow
@pytest.mark.parametrize("protocol", list(BOUNDS))
def test_nothing_got_worse(quick: Results, protocol: str) -> None:
    found = next(p for p in quick.protocols if p.name == protocol)
    broken = []
    for method, metrics in BOUNDS[protocol].items():
        for metric, bound in metrics.items():
            row = found.row(method, metric)
            assert row is not None, (method, metric, found.failures)
            higher = found.metric(metric).better == "higher"
            if (row.mean < bound) if higher else (row.mean > bound):
                broken.append(f"{method}: {metric} is {row.mean:.4f}, bound {bound}")
    assert not broken, broken
