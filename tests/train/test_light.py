"""The stage that learns to read light: exact resume, what it learns from, what it writes."""

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

from relume.light import sh_basis
from relume.reader import CELLS
from relume.runtime.light_network import LightNetwork
from relume.teacher.scene import Scene
from relume.train import checkpoint
from relume.train.config import LightConfig
from relume.train.data import taught_files
from relume.train.light import WEIGHTS, light_losses, train_light
from relume.train.light_data import Lit, _mirrored, light_sample, random_lit
from relume.train.sitters import LAMPS, Sitter, made_sitters, make_sitter

if TYPE_CHECKING:
    from relume.train.config import TrainConfig


@pytest.fixture(scope="module")
def sitter(taught: Path) -> Sitter:
    return make_sitter(Scene.load(taught_files(taught, held=False)[0]), np.random.default_rng(0))


def _weights(run: Path) -> dict[str, torch.Tensor]:
    path = checkpoint.latest(run / "light" / "checkpoints")
    assert path is not None
    return checkpoint.load(path)[0]


def test_it_learns_resumes_exactly_and_writes_its_weights(
    config: TrainConfig, tmp_path: Path
) -> None:
    stage = LightConfig(
        config.taught, tmp_path / "one", batch=2, reuse=2, held=4, variants=1, log_steps=1,
        look_steps=2, workers=0,
    )  # fmt: skip
    train_light(replace(stage, steps=2))
    train_light(replace(stage, steps=3))
    other = replace(stage, run=tmp_path / "other")
    train_light(replace(other, steps=3))
    one, two = _weights(stage.run), _weights(other.run)
    assert all(torch.equal(one[k], two[k]) for k in one)
    home = stage.run / "light"
    assert "hard_error" in (home / "validation.jsonl").read_text()
    found = LightNetwork(home / WEIGHTS)(np.zeros((3, 3, CELLS, CELLS), np.float32))
    assert np.isfinite(found).all()


def test_a_sitter_comes_back_from_its_file(sitter: Sitter, tmp_path: Path) -> None:
    sitter.save(tmp_path / "a.npz")
    again = Sitter.load(tmp_path / "a.npz")
    assert np.array_equal(again.diffuse, sitter.diffuse)
    assert sitter.diffuse.shape == (LAMPS, CELLS, CELLS)


def test_a_lamps_side_of_the_face_is_the_bright_one(sitter: Sitter) -> None:
    for number in range(LAMPS):
        lamps = np.zeros(LAMPS, np.float32)
        lamps[number] = 1
        x, y, z = sitter.lamps[number]
        if z < 0.2 or abs(x) < 0.5:
            continue
        lit = Lit(lamps, np.zeros(9))
        (root, _, visible), light = light_sample(sitter, lit, np.random.default_rng(0), False)
        half = CELLS // 2
        left, right = root[:, :half].sum(), root[:, half:].sum()
        assert (right > left) == (x > 0)
        # The light is said in the head's frame: within what a tracker is off by.
        towards = light[[3, 1, 2]] / np.linalg.norm(light[1:4])
        assert towards @ (sitter.said @ np.array([x, y, z])) > 0.999
        basis = sh_basis(towards)
        np.testing.assert_allclose(light, basis / basis[0], atol=1e-3)
        assert visible.max() == 1


def test_mirroring_twice_changes_nothing(sitter: Sitter) -> None:
    rng = np.random.default_rng(0)
    sample = light_sample(sitter, random_lit(sitter, rng), rng)
    again = _mirrored(_mirrored(sample))
    assert np.array_equal(again[0], sample[0])
    assert np.array_equal(again[1], sample[1])


def test_losses_of_known_cases() -> None:
    truth = torch.zeros(1, 9)
    truth[0, :4] = torch.tensor([1.0, 0.0, 1.0, 0.0])
    assert float(light_losses(truth, truth)["direction"]) == pytest.approx(0, abs=1e-6)
    turned = truth.clone()
    turned[0, 2:4] = torch.tensor([0.0, 1.0])
    losses = light_losses(turned, truth)
    assert float(losses["direction"]) == pytest.approx(1, abs=1e-6)
    assert float(losses["light"]) == pytest.approx((2 * 4 / 9) ** 0.5, abs=1e-2)


def test_sitters_of_another_seed_are_made_anew(config: TrainConfig, tmp_path: Path) -> None:
    files = taught_files(config.taught, held=False)
    one, same, other = (made_sitters(files, tmp_path, 1, 0.0, seed)[0] for seed in (0, 0, 1))
    assert np.array_equal(one.lamps, same.lamps)
    assert not np.array_equal(one.lamps, other.lamps)
