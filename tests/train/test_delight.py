"""The delighting stage: exact resume, what its losses see, mirrored samples, what is exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import torch

from relume.compact_engine.delight import FINE
from relume.errors import InputError
from relume.runtime import RAYS, CompactRuntime
from relume.runtime.tensors import read_tensors
from relume.train import checkpoint
from relume.train.config import DelightConfig
from relume.train.data import taught_files
from relume.train.delight import delight_losses, train_delighter
from relume.train.delight_data import _mirrored, held_samples
from relume.train.export import export
from relume.train.loop import train

if TYPE_CHECKING:
    from relume.train.config import TrainConfig


def _stage(config: TrainConfig, run: Path) -> DelightConfig:
    return DelightConfig(
        config.taught, run, batch=2, reuse=2, held=2, log_steps=1, look_steps=2, workers=0
    )


def _weights(run: Path) -> dict[str, torch.Tensor]:
    path = checkpoint.latest(run / "delighter" / "checkpoints")
    assert path is not None
    return checkpoint.load(path)[0]


@pytest.fixture
def begun(config: TrainConfig) -> TrainConfig:
    """A run whose untrained model shows a head."""
    config = replace(config, model=replace(config.model, delight=(8, 12), delight_code=6))
    train(replace(config, steps=2))
    return config


def test_it_learns_resumes_exactly_and_is_exported(begun: TrainConfig, tmp_path: Path) -> None:
    stage = _stage(begun, begun.run)
    with pytest.raises(InputError, match="no checkpoint"):
        train_delighter(replace(stage, run=tmp_path / "none"))
    before = tmp_path / "before.safetensors"
    export(begun.run, before)
    assert not CompactRuntime(before).delights
    train_delighter(replace(stage, steps=2))
    train_delighter(replace(stage, steps=3))
    other = tmp_path / "other"
    train(replace(begun, run=other, steps=2))
    train_delighter(replace(stage, run=other, steps=3))
    one, two = _weights(begun.run), _weights(other)
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert one["unet.leave.weight"].abs().max() > 0
    assert (begun.run / "delighter" / "validation.jsonl").is_file()
    after = tmp_path / "after.safetensors"
    assert export(begun.run, after)["delighter_steps"] == 3
    assert CompactRuntime(after).delights


def test_a_run_that_began_from_weights_goes_on_with_their_network(
    begun: TrainConfig, tmp_path: Path
) -> None:
    train_delighter(replace(_stage(begun, begun.run), steps=2))
    start = tmp_path / "start.safetensors"
    export(begun.run, start)
    run = tmp_path / "second"
    train(replace(begun, run=run, start=start, steps=3))
    carried = tmp_path / "carried.safetensors"
    assert export(run, carried)["delighter_steps"] == 2
    before, after = (read_tensors(file)[0] for file in (start, carried))
    names = [name for name in before if name.startswith("delighter.")]
    assert names
    assert all(np.array_equal(before[name], after[name]) for name in names)
    train_delighter(replace(_stage(begun, run), steps=3, learning_rate=1e-9))
    assert export(run, carried)["delighter_steps"] == 3
    went_on = read_tensors(carried)[0]
    assert all(np.allclose(before[name], went_on[name], atol=1e-3) for name in names)


def test_a_network_that_has_its_steps_from_elsewhere_is_told(
    begun: TrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train_delighter(replace(_stage(begun, begun.run), steps=2))
    start, run = tmp_path / "start.safetensors", tmp_path / "second"
    export(begun.run, start)
    train(replace(begun, run=run, start=start, steps=3))
    caplog.clear()
    assert train_delighter(replace(_stage(begun, run), steps=2)) == 0
    assert "is at step 2 and --steps is 2, so there is nothing to do" in caplog.text
    assert not (run / "delighter").exists()


def test_the_target_brings_the_frame_to_even_light(begun: TrainConfig) -> None:
    """What is right for a soft light is little, for a hard one much."""
    stage = _stage(begun, begun.run)
    train_delighter(replace(stage, steps=1))
    files, base = taught_files(begun.taught, held=True), begun.run / "delighter/base.safetensors"

    def spread_of(hard: float) -> float:
        pairs = replace(stage.pairs, photo=0, hard=hard, damage=False, background=0)
        batch = held_samples(files, None, replace(stage, held=6, pairs=pairs), base)
        assert batch["weight"].sum() > 600
        return float(delight_losses(torch.zeros_like(batch["target"]), batch)["log"])

    assert spread_of(1.0) > 1.2 * spread_of(0.0)


def test_a_channels_mean_is_the_source_lights_and_doesnt_count() -> None:
    target = torch.randn(2, 3, RAYS, RAYS)
    batch = {"target": target, "weight": torch.rand(2, 1, RAYS, RAYS)}
    off = torch.tensor([0.3, -0.2, 0.1])[None, :, None, None]
    losses = delight_losses(target + off, batch)
    assert float(losses["log"]) < 1e-5
    assert float(losses["edges"]) < 1e-5
    wrong = target.clone()
    wrong[..., : RAYS // 2] += 0.5
    assert float(delight_losses(wrong, batch)["log"]) > 0.2


def test_a_mirrored_sample_is_that_of_the_mirrored_picture() -> None:
    fine = np.random.default_rng(0).random((FINE, FINE, 6)).astype(np.float32)

    def shown(picture: np.ndarray) -> np.ndarray:
        cells = torch.from_numpy(picture.transpose(2, 0, 1).copy())[None]
        pixels = torch.nn.functional.pixel_unshuffle(cells, 2)[0].numpy()
        return np.concatenate([pixels, np.zeros((9, RAYS, RAYS), np.float32)])

    sample = {"features": shown(fine)}
    assert np.array_equal(_mirrored(sample)["features"], shown(fine[:, ::-1]))
