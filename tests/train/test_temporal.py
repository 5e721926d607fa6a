"""The temporal stage: exact resume, what its losses see, what is exported."""

from __future__ import annotations

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
from relume.model.compact.renderer import Rendered
from relume.model.compact.weights import load_compact
from relume.train import checkpoint
from relume.train.config import TemporalConfig
from relume.train.export import export
from relume.train.loop import train
from relume.train.temporal import changes, train_temporal

if TYPE_CHECKING:
    from relume.train.config import TrainConfig


def _stage(config: TrainConfig, run: Path) -> TemporalConfig:
    return TemporalConfig(
        config.taught, run, batch=1, patch=6, samples=(4, 4), log_steps=1, look_steps=100,
        looks=1, workers=0,
    )  # fmt: skip


def _weights(run: Path) -> dict[str, torch.Tensor]:
    path = checkpoint.latest(run / "temporal" / "checkpoints")
    assert path is not None
    return checkpoint.load(path)[0]


def test_it_learns_resumes_exactly_and_is_exported(config: TrainConfig, tmp_path: Path) -> None:
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
    facts = export(config.run, tmp_path / "after.safetensors")
    assert facts["temporal_steps"] == 3
    before, after = (load_compact(tmp_path / f"{n}.safetensors")[0] for n in ("before", "after"))
    was, now = before.state_dict(), after.state_dict()
    changed = {k for k in was if not torch.equal(was[k], now[k])}
    assert changed
    assert all(k.startswith("stabiliser.") for k in changed)


def test_what_really_moves_may_change(config: TrainConfig) -> None:
    stage = _stage(config, config.run)

    def seen(level: float) -> Rendered:
        return Rendered(
            torch.full((1, 4, 3), level), torch.zeros(1, 4, 9), torch.ones(1, 4), torch.ones(1, 4)
        )

    albedo = torch.full((1, 2, 4, 3), 0.2)
    batch = {"albedo": albedo, "alpha": torch.ones(1, 2, 4), "known": torch.ones(1, 2, 4)}
    flicker = changes(seen(0.2), seen(0.3), batch, 1, 0, stage)
    assert float(changes(seen(0.2), seen(0.2), batch, 1, 0, stage)) == 0.0
    assert float(flicker) > 0.1
    moving = {**batch, "albedo": albedo * torch.tensor([1.0, 2.5])[None, :, None, None]}
    assert float(changes(seen(0.2), seen(0.3), moving, 1, 0, stage)) < 0.2 * float(flicker)
