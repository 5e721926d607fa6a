"""bfloat16 where it saves time, and nowhere else."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")

import torch

from relume.train import mixed as module
from relume.train.mixed import mixed


@pytest.mark.parametrize(("unit", "halved"), [("amx", True), ("avx512", True), ("none", False)])
def test_a_cpu_that_would_imitate_it_keeps_float32(
    monkeypatch: pytest.MonkeyPatch, unit: str, halved: bool
) -> None:
    monkeypatch.setattr(module, "multiplies_bf16", lambda: unit)
    with mixed(torch.device("cpu")):
        assert torch.is_autocast_enabled("cpu") == halved
        assert torch.get_autocast_dtype("cpu") == torch.bfloat16
