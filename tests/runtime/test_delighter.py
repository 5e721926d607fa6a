"""The delighting network on OpenVINO is the PyTorch network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.model.compact import DELIGHT_FEATURES
from relume.runtime import RAYS, CompactRuntime, RuntimeConfig


def test_the_same_answer_as_in_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch (extra: train)")
    pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
    from relume.model.compact import CompactConfig
    from relume.model.compact.delighter import Delighter
    from relume.model.compact.model import CompactModel
    from relume.model.compact.weights import load_compact, save_compact

    config = CompactConfig(
        picture=64, plane=16, albedo_channels=4, shading_channels=2, stem=(8, 8), trunk=(8, 12),
        code=8, shading_width=8, hidden=8, template=14, compared=4, gate=4, delight=(8, 12, 16),
        delight_code=6,
    )  # fmt: skip
    torch.manual_seed(1)
    model, net = CompactModel(config), Delighter(config)
    for values in net.parameters():  # layers that start as nothing would hide a mistake
        if float(values.abs().max()) == 0:
            torch.nn.init.normal_(values, std=0.2)
        values.data = values.data.half().float()
    without, path = tmp_path / "without.safetensors", tmp_path / "with.safetensors"
    save_compact(without, config, model.state_dict(), {})
    own = {f"delighter.{k}": v for k, v in net.state_dict().items()}
    save_compact(path, config, model.state_dict() | own, {})
    load_compact(path)  # which passes it over
    assert not CompactRuntime(without).delights
    runtime = CompactRuntime(path, RuntimeConfig(precision="f32"))
    assert runtime.delights
    features = np.random.default_rng(0).normal(size=(DELIGHT_FEATURES, RAYS, RAYS))
    features = features.astype(np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(features)[None])[0].permute(1, 2, 0).numpy()
    found = runtime.delight(features)
    assert found.shape == (RAYS, RAYS, 3)
    assert np.abs(expected).mean() > 0.05
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()
