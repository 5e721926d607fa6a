"""Two made-up people, taught, and a tiny run.

Imports stand in the fixtures: the test files skip themselves where an extra isn't installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relume.light import Light, directional
from relume.model.compact import CompactConfig
from relume.train.split import held_out

if TYPE_CHECKING:
    from relume.train.config import TrainConfig


@pytest.fixture(autouse=True)
def rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training rounds to bfloat16, however the processor multiplies that: in float32 a process's
    first run and later ones differ by 1e-7, and resuming couldn't be told to be exact."""
    if find_spec("torch") is not None:
        monkeypatch.setattr("relume.train.mixed.multiplies_bf16", lambda: "avx512")


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from relume.teacher.teach import Teacher, TeacherConfig

    from ..synthetic_face import synthetic_face

    folder = tmp_path_factory.mktemp("taught")
    teacher = Teacher(TeacherConfig(rays=8))
    light = (directional((0.5, 0.3, 0.6)) + Light.ambient(0.5)).normalised().coefficients
    names = [f"us-x_person{chr(97 + i)}" for i in range(26)]
    inner = next(n for n in names if not held_out(n))
    outer = next(n for n in (f"us-x_person{i}a" for i in range(99)) if held_out(n))
    for seed, stem in enumerate((inner, outer)):
        teacher.taught(synthetic_face(light, seed)[0]).save(folder / f"{stem}.npz")
    return folder


@pytest.fixture
def config(taught: Path, tmp_path: Path) -> TrainConfig:
    from relume.train.config import TrainConfig

    model = CompactConfig(
        plane=16, albedo_channels=4, shading_channels=2, stem=(8, 8), trunk=(8, 12), code=8,
        shading_width=8, hidden=8, template=12, compared=4, gate=4,
    )  # fmt: skip
    return TrainConfig(
        taught, tmp_path / "run", model=model, batch=2, patch=6, samples=(4, 4), albedo_steps=1,
        log_steps=1, workers=0, look_steps=1000, warm_up=2,
    )  # fmt: skip
