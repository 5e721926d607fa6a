"""The loop: exact resume, whole checkpoints, figures, export."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import torch

from relume.errors import InputError, ModelError
from relume.model.compact.weights import load_compact
from relume.train import checkpoint
from relume.train.config import TrainConfig
from relume.train.data import Batches, chances, taught_files
from relume.train.export import export
from relume.train.loop import train
from relume.train.split import held_out


def _weights(run: Path) -> dict[str, torch.Tensor]:
    path = checkpoint.latest(run / "checkpoints")
    assert path is not None
    return checkpoint.load(path)[0]


def test_a_resumed_run_is_the_same_run(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, steps=3))
    other = replace(config, run=tmp_path / "other")
    train(replace(other, steps=2))
    with (other.run / "scalars.jsonl").open("a") as file:
        file.write('{"step": 3}\n')  # of a step that came into no checkpoint
    train(replace(other, steps=3))
    one, two = _weights(config.run), _weights(other.run)
    assert all(torch.equal(one[k], two[k]) for k in one)
    lines = (other.run / "scalars.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3]
    assert "transfer" not in json.loads(lines[0])  # the first stage is albedo alone
    assert "transfer" in json.loads(lines[1])


def test_a_run_tells_what_it_goes_on_with_and_counts_its_samples(
    config: TrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(replace(config, steps=2))
    train(replace(config, steps=2))
    assert not (config.run / "changes.jsonl").exists()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        loss = replace(config.loss, depth=1.5)
        other = replace(config, steps=3, batch=1, loss=loss, look_steps=3)
        train(other)
    (record,) = caplog.records
    told = record.getMessage()
    assert "goes on from step 2 with other settings: --steps 2 -> 3, --batch 2 -> 1" in told
    assert "--loss.depth 2.0 -> 1.5" in told
    (line,) = (config.run / "changes.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert (kept["step"], kept["batch"], kept["loss.depth"]) == (2, [2, 1], [2.0, 1.5])
    assert json.loads((config.run / "validation.jsonl").read_text())["samples"] == 5
    assert export(config.run, tmp_path / "w.safetensors")["samples"] == 5
    train(replace(other, steps=4))
    assert len((config.run / "changes.jsonl").read_text().splitlines()) == 2
    assert export(config.run, tmp_path / "w.safetensors")["samples"] == 6


def test_samples_of_checkpoints_that_didnt_count_them(config: TrainConfig) -> None:
    train(replace(config, steps=2))
    path = checkpoint.latest(config.run / "checkpoints")
    assert path is not None
    state = json.loads((path / "state.json").read_text())
    del state["samples"]
    (path / "state.json").write_text(json.dumps({**state, "batch": 7}))
    train(replace(config, steps=3, look_steps=3))
    assert json.loads((config.run / "validation.jsonl").read_text())["samples"] == 2 * 7 + 2


def test_a_run_of_other_sizes_is_told_before_anything_is_written(config: TrainConfig) -> None:
    train(replace(config, steps=1))
    kept = (config.run / "config.json").read_text()
    with pytest.raises(InputError, match="of a model of other sizes"):
        train(replace(config, steps=2, model=replace(config.model, hidden=12)))
    assert (config.run / "config.json").read_text() == kept


def test_looking_and_exporting(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run: no such folder"):
        export(config.run, tmp_path / "w.safetensors")
    config.run.mkdir()
    with pytest.raises(InputError, match="no checkpoint"):
        export(config.run, tmp_path / "w.safetensors")
    train(replace(config, steps=2, look_steps=2))
    assert (config.run / "pictures" / "step-00000002.png").is_file()
    with (config.run / "validation.jsonl").open("a") as file:
        file.write('{"step": 2, "al')  # killed
    facts = export(config.run, tmp_path / "w.safetensors")
    assert facts["samples"] == 4
    model, stored = load_compact(tmp_path / "w.safetensors")
    assert stored["validation"]["step"] == 2
    assert 0 < stored["validation"]["psnr"] < 60
    assert not model.training


def test_checkpoints_are_whole_and_few(tmp_path: Path) -> None:
    weights = {"a": torch.arange(3.0)}
    for step in range(4):
        checkpoint.save(tmp_path, step, weights, weights, {"s": 1}, {"x": step})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-00000002", "step-00000003"]
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    assert checkpoint.load(newest)[3] == {"step": 3, "x": 3}
    (newest / "weights.safetensors").write_bytes(b"cut")
    with pytest.raises(ModelError, match="step-00000003"):
        checkpoint.load(newest)


def test_a_gpus_checkpoint_is_read_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    weights = {"a": torch.arange(3.0)}
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        path = checkpoint.save(tmp_path, 1, weights, weights, {"exp_avg": torch.ones(2)}, {})
    assert checkpoint.load(path)[2]["exp_avg"].device.type == "cpu"


def test_nobody_is_in_both_sets(config: TrainConfig) -> None:
    inner, outer = (taught_files(config.taught, held=held) for held in (False, True))
    assert len(inner) == len(outer) == 1
    assert inner != outer
    with pytest.raises(InputError, match="no taught portraits"):
        taught_files(config.run, held=True)


def test_of_a_small_set_one_is_kept_out_and_one_person_alone_is_told(
    config: TrainConfig, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (inner,) = taught_files(config.taught, held=False)
    shutil.copy(inner, alone)
    with pytest.raises(InputError, match="one person alone"):
        train(replace(config, taught=alone))
    assert not config.run.exists()
    shutil.copy(inner, alone / "us-x_someone-else.npz")
    assert not held_out("us-x_someone-else")
    train(replace(config, taught=alone, steps=1))
    assert {len(taught_files(alone, held=held)) for held in (False, True)} == {1}


def test_small_numbers_are_left_as_they_are(config: TrainConfig) -> None:
    """The setting is the process's: others in it would find that the least float is 0."""
    train(replace(config, steps=1))
    assert torch.tensor(5e-324, dtype=torch.float64) / 1 > 0


def test_the_rate_falls_to_nothing_over_the_cooldown(config: TrainConfig) -> None:
    train(replace(config, steps=4, cooldown=3, warm_up=1, half_life=1e9))
    lines = (config.run / "scalars.jsonl").read_text().splitlines()
    rates = [json.loads(line)["rate"] / config.learning_rate for line in lines]
    np.testing.assert_allclose(rates, [1, 1, 2 / 3, 1 / 3], rtol=1e-6)


def test_a_run_begins_from_older_weights(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, steps=2))
    file = tmp_path / "w.safetensors"
    export(config.run, file)
    old = load_compact(file)[0].state_dict()
    begun = replace(config, run=tmp_path / "second", start=file, warm_up=1000)
    train(replace(begun, steps=3))
    new = _weights(begun.run)
    # One step at a thousandth of the rate, of the joint stage: its count goes on from 2.
    gap = max(float((new[k] - old[k]).abs().max()) for k in old)
    assert 0 < gap < 2 * config.learning_rate / 1000
    line = json.loads((begun.run / "scalars.jsonl").read_text())
    assert line["step"] == 3
    assert "transfer" in line
    export(begun.run, tmp_path / "again.safetensors")
    stored = load_compact(tmp_path / "again.safetensors")[1]
    assert (stored["steps"], stored["samples"]) == (3, 6)
    # Cut off and started again it goes on, warming up from where it began.
    train(replace(begun, steps=4))
    assert json.loads((begun.run / "scalars.jsonl").read_text().splitlines()[-1])["rate"] < 1e-5


def test_older_weights_of_other_sizes_are_refused(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, steps=1))
    file = tmp_path / "w.safetensors"
    export(config.run, file)
    other = replace(config, run=tmp_path / "b", start=file, model=replace(config.model, hidden=12))
    with pytest.raises(ModelError, match="other sizes"):
        train(other)


def test_strangers_are_repainted_and_keep_their_shape(config: TrainConfig) -> None:
    files = taught_files(config.taught, held=False)
    own, strange = (
        next(iter(Batches(files, None, replace(config, strangers=share)))) for share in (0.0, 1.0)
    )
    assert own["albedo"].shape == strange["albedo"].shape
    assert not torch.equal(own["albedo"], strange["albedo"])
    again = next(iter(Batches(files, None, replace(config, strangers=1.0))))
    assert torch.equal(again["picture"], strange["picture"])


def test_only_portraits_that_are_named_are_drawn_more_often(config: TrainConfig) -> None:
    files = [Path("a_front_1.npz"), Path("b.npz")]
    assert chances(files, config.even, config.even_weight) == pytest.approx([0.5, 0.5])
    assert chances(files, "_front_", 2.0) == pytest.approx([2 / 3, 1 / 3])


def test_a_run_that_has_its_steps_is_left_as_it_is(
    config: TrainConfig, caplog: pytest.LogCaptureFixture
) -> None:
    train(replace(config, steps=2))
    kept = {path: path.stat().st_mtime_ns for path in config.run.rglob("*")}
    with caplog.at_level(logging.WARNING):
        assert train(replace(config, steps=1, batch=1)) == 0
    assert kept == {path: path.stat().st_mtime_ns for path in config.run.rglob("*")}
    (record,) = caplog.records
    assert "is at step 2 and --steps is 1, so there is nothing to do" in record.getMessage()


def test_exporting_weights_that_only_begin_to_learn_is_told(
    config: TrainConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        caplog.clear()
        export(config.run, tmp_path / "w.safetensors")
        return [r.getMessage() for r in caplog.records if "is at step" in r.getMessage()]

    train(replace(config, steps=2, warm_up=2))
    assert "its first 2 (--albedo-steps, --warm-up) are only the beginning" in told()[0]
    train(replace(config, steps=3, warm_up=2))
    assert told() == []


def test_each_step_is_told_with_its_loss_and_figures_in_words(
    config: TrainConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []
    train(replace(config, steps=2, look_steps=2), lambda *told: seen.append(told))
    assert [told[:2] for told in seen] == [(1, 2), (2, 2)]
    assert all(told[2] > 0 for told in seen)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 portrait, 1 person kept out, from step 0"
    assert lines[-1].startswith("step 2: samples 4, albedo 0.")
    assert "{" not in lines[-1]


def test_a_run_begun_with_another_pattern_goes_on_and_says_so(
    config: TrainConfig, caplog: pytest.LogCaptureFixture
) -> None:
    train(replace(config, steps=1, even="canada_|_front_"))
    with caplog.at_level(logging.WARNING):
        train(replace(config, steps=2))
    (record,) = caplog.records
    assert "--even canada_|_front_ -> none" in record.getMessage()
