"""The OpenVINO encoder is the PyTorch encoder; files of weights are read with care."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.errors import ModelError
from relume.geometry import Camera
from relume.runtime import CompactRuntime
from relume.runtime.tensors import read_tensors


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        read_tensors(tmp_path / "none.safetensors")
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"not weights at all, but long enough to be read")
    with pytest.raises(ModelError, match=r"other\.safetensors"):
        CompactRuntime(path)


def test_the_same_planes_and_views_as_in_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch (extra: train)")
    pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
    from relume.geometry import FOCAL
    from relume.model.compact import CompactConfig
    from relume.model.compact.model import CompactModel
    from relume.model.compact.renderer import image_rays
    from relume.model.compact.weights import load_compact, save_compact
    from relume.runtime import RuntimeConfig

    config = CompactConfig(
        picture=64, plane=16, albedo_channels=4, shading_channels=2, stem=(8, 8), trunk=(8, 12),
        code=8, shading_width=8, hidden=8, template=14, window=3, compared=4, gate=4,
    )  # fmt: skip
    torch.manual_seed(1)
    model = CompactModel(config)
    for values in model.parameters():  # layers that start as nothing would hide a mistake
        if values.ndim > 1 and float(values.abs().max()) == 0:
            torch.nn.init.normal_(values, std=0.2)
    path = tmp_path / "weights.safetensors"
    save_compact(path, config, model.state_dict(), {})
    model, _ = load_compact(path)
    camera = Camera.look_at(0.2, -0.1)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    runtime = CompactRuntime(path, RuntimeConfig(precision="f32"))
    planes = runtime.encode(picture, camera)

    rotation = torch.tensor(camera.rotation.T.copy(), dtype=torch.float32)[None]
    shift = torch.tensor(-camera.rotation.T @ camera.position, dtype=torch.float32)[None]
    with torch.no_grad():
        albedo, code = model.encode_albedo(
            torch.tensor(picture / 255.0, dtype=torch.float32).permute(2, 0, 1)[None],
            rotation,
            shift,
            torch.tensor([[FOCAL, 0.5, 0.5]]),
        )
        shading = model.encode_shading(albedo, code)
        rendered = model.render(albedo, shading, rotation, shift, image_rays(64, FOCAL)[None])
    expected = torch.cat([albedo, shading], -1)[0].numpy()
    assert planes.shape == expected.shape
    assert np.abs(expected).mean() > 0.05
    assert np.abs(planes - expected).max() < 1e-3 * np.abs(expected).max()

    views = runtime.render(planes, camera)
    alpha = rendered.alpha[0].reshape(64, 64).numpy()
    assert np.abs(views.alpha - alpha).mean() < 0.01
    seen = rendered.albedo[0].reshape(64, 64, 3).numpy()
    assert np.abs(views.albedo * views.alpha[..., None] - seen).mean() < 0.01
