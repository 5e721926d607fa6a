"""The temporal stage: exact resume, what its losses see, what is exported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import torch

from relume.errors import InputError
from relume.model.compact.weights import load_compact
from relume.teacher.lines import lines_of
from relume.train import checkpoint
from relume.train.config import TemporalConfig
from relume.train.export import export
from relume.train.loop import train
from relume.train.sequences import VALUES, load_sequence
from relume.train.temporal import change, train_temporal

if TYPE_CHECKING:
    from relume.train.config import TrainConfig


def _stage(config: TrainConfig, run: Path) -> TemporalConfig:
    return TemporalConfig(
        config.taught, run, sequences=2, held=1, frames=5, stored=40, batch=2, rays=20,
        samples=(4, 4), log_steps=1, look_steps=100,
    )  # fmt: skip


def _weights(run: Path) -> dict[str, torch.Tensor]:
    path = checkpoint.latest(run / "temporal" / "checkpoints")
    assert path is not None
    return checkpoint.load(path)[0]


def test_it_learns_resumes_exactly_and_is_exported(
    config: TrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        train_temporal(_stage(config, config.run))
    train(replace(config, steps=2))
    stage = _stage(config, config.run)
    export(config.run, tmp_path / "before.safetensors")
    train_temporal(replace(stage, steps=2, look_steps=2))
    train_temporal(replace(stage, steps=3))
    other = tmp_path / "other"
    train(replace(config, run=other, steps=2))
    train_temporal(replace(stage, run=other, steps=3))
    one, two = _weights(config.run), _weights(other)
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert (config.run / "temporal" / "validation.jsonl").is_file()
    train_temporal(replace(stage, steps=3, seed=9))  # nothing is left to do
    (line,) = (config.run / "temporal" / "changes.jsonl").read_text().splitlines()
    assert json.loads(line) == {"step": 2, "steps": [2, 3], "look-steps": [2, 100]}
    caplog.clear()
    facts = export(config.run, tmp_path / "after.safetensors")
    assert facts["temporal_steps"] == 3
    assert not any("temporal" in record.getMessage() for record in caplog.records)
    before, after = (load_compact(tmp_path / f"{n}.safetensors")[0] for n in ("before", "after"))
    was, now = before.state_dict(), after.state_dict()
    changed = {k for k in was if not torch.equal(was[k], now[k])}
    assert changed
    assert all(k.startswith("stabiliser.") for k in changed)
    train(replace(config, steps=4))
    caplog.clear()
    export(config.run, tmp_path / "moved.safetensors")
    (record,) = (r for r in caplog.records if "temporal" in r.getMessage())
    assert "of step 2, and these are of step 4; `relume train temporal`" in record.getMessage()


def test_what_really_moves_may_change() -> None:
    still = torch.full((2, 4, VALUES), 0.2)
    sequence = {"values": still, "known": torch.ones(2, 4, VALUES)}
    before, now = still[0], still[0] + 0.1
    assert float(change(before, before, sequence, 1, 0)) == 0.0
    flicker = float(change(now, before, sequence, 1, 0))
    assert flicker > 0.1
    moving = {**sequence, "values": still * torch.tensor([1.0, 2.5])[:, None, None]}
    assert float(change(now, before, moving, 1, 0)) < 0.2 * flicker


def test_sequences_are_made_once_for_the_same_weights(config: TrainConfig) -> None:
    train(replace(config, steps=2))
    stage = _stage(config, config.run)
    train_temporal(replace(stage, steps=1))
    folder = config.run / "temporal" / "sequences" / "step-00000002"
    files = sorted(folder.glob("*/*.pt"))
    assert [f.name for f in files] == ["00000.pt", "00000.pt", "00001.pt"]
    made = [f.stat().st_mtime_ns for f in files]
    one = load_sequence(files[1])
    assert one["planes"].shape[:2] == (5, 3)
    # What can be expected differs from the truth by the same in all frames.
    off = one["target"] - one["values"]
    assert float((off - off[:1]).abs().max()) < 1e-5 < float(off.abs().max())
    train_temporal(replace(stage, steps=2))
    assert [f.stat().st_mtime_ns for f in files] == made
    files[1].write_bytes(b"nonsense")
    with pytest.raises(InputError, match="remove it"):
        train_temporal(replace(stage, steps=3))
    train(replace(config, steps=3))
    train_temporal(replace(stage, steps=3))
    assert not folder.exists()


def test_sequences_of_other_settings_are_made_anew(config: TrainConfig) -> None:
    train(replace(config, steps=2))
    stage = _stage(config, config.run)
    train_temporal(replace(stage, steps=1))
    file = config.run / "temporal/sequences/step-00000002/taught/00000.pt"
    assert load_sequence(file)["planes"].shape[0] == 5
    train_temporal(replace(stage, steps=2, frames=4, sequences=3))
    assert load_sequence(file)["planes"].shape[0] == 4


def test_a_kept_step_has_been_looked_at(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in between, a run looks again, for its checkpoint is of before."""
    train(replace(config, steps=2))

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("relume.train.stage.checkpoint.save", kill)
    with pytest.raises(KeyboardInterrupt):
        train_temporal(replace(_stage(config, config.run), save_steps=1, look_steps=1))
    assert len(lines_of(config.run / "temporal" / "validation.jsonl")) == 1
