"""Settings that no training can work with are refused by the option's name, before anything is
written."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import torch

from relume.errors import OutputError, UsageError
from relume.teacher.pairs import TARGET
from relume.train.ablation import AblationConfig, ablate
from relume.train.check import check_config
from relume.train.config import DelightConfig, LightConfig, TemporalConfig, TrainConfig
from relume.train.data import cut_square
from relume.train.delight import train_delighter
from relume.train.light import train_light
from relume.train.loop import train
from relume.train.optimise import use_threads
from relume.train.temporal import train_temporal

STAGES = [
    (TrainConfig, train), (TemporalConfig, train_temporal), (DelightConfig, train_delighter),
    (LightConfig, train_light), (AblationConfig, ablate),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"batch": 0}, "--batch can't be 0; it must be 1 or more"),
        ({"log_steps": 0}, "--log-steps can't be 0"),
        ({"steps": -1}, "--steps can't be -1"),
        ({"warm_up": 0}, "--warm-up can't be 0"),
        ({"learning_rate": math.nan}, "--learning-rate can't be nan; it must be more than 0"),
        ({"learning_rate": 0.0}, "--learning-rate can't be 0"),
        ({"half_life": math.inf}, "--half-life can't be inf"),
        ({"samples": (8, 0)}, "--samples can't be 0"),
        ({"strangers": 1.5}, "--strangers can't be 1.5; it must be 0 to 1"),
        ({"patch": 33}, "--patch can't be 33; it must be 1 to 32"),
        ({"even": "("}, r"--even '\(' is no pattern"),
        ({"model": {"picture": 128}}, "--model.picture can't be 128; it must be 256"),
        ({"model": {"trunk": (8, 0)}}, "--model.trunk can't be 0"),
        ({"pairs": {"max_yaw": -0.1}}, "--pairs.max-yaw can't be -0.1; it must be 0 or more"),
        ({"loss": {"depth": math.nan}}, "--loss.depth can't be nan"),
    ],
)
def test_the_option_is_named(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    config = TrainConfig(tmp_path, tmp_path / "run")
    for name, value in change.items():
        part = replace(getattr(config, name), **value) if isinstance(value, dict) else value
        config = replace(config, **{name: part})
    with pytest.raises(UsageError, match=f"^{says}"):
        check_config(config)


@pytest.mark.parametrize("kind", [kind for kind, _ in STAGES])
def test_defaults_pass_and_so_do_the_least_values(kind: type, tmp_path: Path) -> None:
    config = kind(tmp_path, tmp_path / "run")
    check_config(config)
    least = {
        name: 0 for name in ("albedo_steps", "cooldown", "seed", "workers", "strangers", "short")
        if hasattr(config, name)
    }  # fmt: skip
    check_config(replace(config, **least))


def test_a_step_looks_at_no_more_rays_than_are_kept(tmp_path: Path) -> None:
    config = TemporalConfig(tmp_path, tmp_path / "run", stored=100, rays=100)
    check_config(config)
    with pytest.raises(UsageError, match=r"--rays can't be 101; no more than --stored, 100, exist"):
        check_config(replace(config, rays=101))
    with pytest.raises(UsageError, match=r"--stored can't be 16385; it must be 1 to 16384"):
        check_config(replace(config, stored=16385))


def test_the_largest_patch_fits_a_target() -> None:
    rng = np.random.default_rng(0)
    ends = [cut_square(rng, 32)[:2] for _ in range(100)]
    assert np.min(ends) >= 0
    assert np.max(ends) == TARGET - 1


def test_more_threads_than_cores_compute_with_those_there_are() -> None:
    before = torch.get_num_threads()
    use_threads(4 * (os.cpu_count() or 1))
    use_threads(before)


@pytest.mark.parametrize(("kind", "stage"), STAGES)
def test_every_stage_looks_before_it_writes(kind: type, stage: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--batch"):
        stage(kind(tmp_path, tmp_path / "run", batch=0))
    assert not (tmp_path / "run").exists()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file; name a folder"):
        stage(kind(tmp_path, tmp_path / "file"))
