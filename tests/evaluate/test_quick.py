"""The quick subset guards what is shipped against regressions: bounds stand in thresholds.yaml."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import yaml

from relume.evaluate import Protocol, Results
from relume.evaluate.runner import QUICK, run_quick

BOUNDS = yaml.safe_load(Path(__file__).with_name("thresholds.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quick() -> Results:
    return run_quick()


def broken(found: Protocol, method: str, bounds: dict[str, float]) -> list[str]:
    """The bounds that a method's figures break."""
    out = []
    for metric, bound in bounds.items():
        row = found.row(method, metric)
        assert row is not None, (method, metric, found.failures)
        higher = found.metric(metric).better == "higher"
        if (row.mean < bound) if higher else (row.mean > bound):
            out.append(f"{method}: {metric} is {row.mean:.4f}, bound {bound}")
    return out


@pytest.mark.slow
@pytest.mark.parametrize("protocol", list(BOUNDS))
def test_nothing_got_worse(quick: Results, protocol: str) -> None:
    found = next(p for p in quick.protocols if p.name == protocol)
    assert not [
        b for method, bounds in BOUNDS[protocol].items() for b in broken(found, method, bounds)
    ]


@pytest.mark.slow
def test_damaged_weights_are_found_out(tmp_path: Path) -> None:
    """Noise of a third of their spread on all weights: still a face, but a worse model."""
    damage(tmp_path / "noisy.safetensors", 0.33)
    name = f"compact@{tmp_path / 'noisy.safetensors'}"
    results = run_quick(replace(QUICK, methods=("untouched", name)))
    found = {
        p.name: broken(p, "compact@noisy", BOUNDS[p.name]["compact"]) for p in results.protocols
    }
    assert any("normals" in line for line in found["synthetic"])
    assert sum(map(len, found.values())) >= 3, found


def damage(path: Path, share: float) -> None:
    """The shipped weights with noise on each tensor of so many times its standard deviation."""
    raw = resources.files("relume").joinpath("assets/compact.safetensors").read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    body = bytearray(raw[start:])
    rng = np.random.default_rng(0)
    for name, about in sorted(json.loads(raw[8:start]).items()):
        if name == "__metadata__" or name in ("field.template", "albedo_encoder.lift"):
            continue  # the mean head's shape isn't learnt
        kind = {"F16": np.float16, "F32": np.float32}[about["dtype"]]
        low, high = about["data_offsets"]
        values = np.frombuffer(body[low:high], kind).astype(np.float32)
        noise = rng.standard_normal(values.shape, np.float32) * values.std()
        body[low:high] = (values + np.float32(share) * noise).astype(kind).tobytes()
    path.write_bytes(raw[:start] + body)
