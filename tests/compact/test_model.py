"""The compact model's roles: shapes, linear light, the template prior, files."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")

import torch
from safetensors import safe_open

from relume.errors import ModelError
from relume.geometry import FOCAL, Camera
from relume.model.compact import CompactConfig
from relume.model.compact.delighter import Delighter
from relume.model.compact.model import CompactModel
from relume.model.compact.renderer import Rendered, image_rays
from relume.model.compact.template import front_surface
from relume.model.compact.weights import load_compact, save_compact

Pose = tuple[torch.Tensor, torch.Tensor]


@pytest.fixture(scope="module")
def model(config: CompactConfig) -> CompactModel:
    torch.manual_seed(0)
    return CompactModel(config).eval()


def pose(yaw: float = 0.0) -> Pose:
    camera = Camera.look_at(yaw)
    rotation = torch.tensor(camera.rotation.T.copy(), dtype=torch.float32)
    position = torch.tensor(camera.position.copy(), dtype=torch.float32)
    return rotation[None], -(rotation @ position)[None]


@pytest.fixture(scope="module")
def rendered(model: CompactModel) -> Rendered:
    intrinsics = torch.tensor([[FOCAL, 0.5, 0.5]])
    with torch.no_grad():
        albedo, code = model.encode_albedo(torch.rand(1, 3, 64, 64), *pose(), intrinsics)
        shading = model.encode_shading(albedo, code)
        return model.render(albedo, shading, *pose(), image_rays(16, FOCAL)[None])


def test_shapes(rendered: Rendered) -> None:
    assert rendered.albedo.shape == (1, 256, 3)
    assert rendered.transfer is not None
    assert rendered.transfer.shape == (1, 256, 9)
    assert rendered.alpha.shape == rendered.depth.shape == (1, 256)


def test_an_untrained_model_is_the_mean_head(rendered: Rendered, config: CompactConfig) -> None:
    alpha = rendered.alpha.reshape(16, 16)
    assert alpha[7:9, 7:9].min() > 0.9
    assert alpha[0, [0, -1]].max() < 0.1
    depth = (rendered.depth / rendered.alpha).reshape(16, 16)[7:9, 7:9].mean()
    surface = 2.7 - front_surface(16, config.box, config.template)[7:9, 7:9].mean()
    assert abs(float(depth) - float(surface)) < 0.04


def test_shading_is_linear_in_the_light(rendered: Rendered) -> None:
    torch.manual_seed(1)
    a, b = torch.rand(2, 1, 9, 3) * 0.1
    a[:, 0], b[:, 0] = 3.0, 3.0
    mixed = rendered.shading(0.3 * a + 0.7 * b)
    assert torch.allclose(mixed, 0.3 * rendered.shading(a) + 0.7 * rendered.shading(b), atol=1e-5)


def test_without_shading_planes_there_is_no_shading(model: CompactModel) -> None:
    planes = torch.zeros(1, 3, 16, 16, 4)
    out = model.render(planes, None, *pose(), image_rays(4, FOCAL)[None])
    with pytest.raises(ValueError, match="shading planes"):
        out.shading(torch.zeros(1, 9, 3))


def test_untrained_memory_is_the_running_mean(model: CompactModel) -> None:
    torch.manual_seed(3)
    planes = torch.randn(1, 5, 3, 16, 16, 6)
    with torch.no_grad():
        steady = model.stabiliser.steadied(planes)
    window = model.config.window
    assert torch.allclose(steady[window - 1], planes[:, :window].mean(1), atol=1e-5)
    moved = steady[window] - steady[window - 1]
    assert torch.allclose(moved, (planes[:, window] - steady[window - 1]) / window, atol=1e-5)


def test_what_changes_in_one_branch_opens_both_and_memory_stays_convex(
    model: CompactModel,
) -> None:
    torch.manual_seed(3)
    net = deepcopy(model.stabiliser)
    for parameter in net.parameters():
        parameter.data.normal_(0, 0.5)
    gap = torch.zeros(1, 3, 16, 16, 6)
    with torch.no_grad():
        still, usual = net.shares(gap, None, 4)
        gap[..., 4, 4, 5] = 2.0  # of the shading planes
        share, _ = net.shares(gap, usual, 4)
    assert 0 < float(share.min()) <= float(share.max()) < 1
    assert float((share - still)[:, 4, 4, 0].abs().min()) > 1e-3
    assert torch.equal(share[..., 0], share[..., 3])
    assert not torch.equal(share[..., 3], share[..., 4])


def test_weights_with_another_temporal_network_load(model: CompactModel, tmp_path: Path) -> None:
    weights = {k: v for k, v in model.state_dict().items() if not k.startswith("stabiliser.")}
    path = tmp_path / "w.safetensors"
    save_compact(path, model.config, weights | {"stabiliser.age": torch.zeros(2, 3)}, {})
    again = load_compact(path)[0]
    assert not again.stabiliser.leave.weight.any()
    lacking = dict(list(weights.items())[1:])
    save_compact(path, model.config, lacking, {})
    with pytest.raises(ModelError, match="holds no compact model"):
        load_compact(path)


def test_the_weights_that_ship_fit_the_model_exactly() -> None:
    with resources.as_file(
        resources.files("relume").joinpath("assets/compact.safetensors")
    ) as path:
        model, facts = load_compact(path)
        with safe_open(path, "pt") as file:
            found = set(file.keys())
    delighter = {f"delighter.{k}" for k in Delighter(model.config).state_dict()}
    ranges = {k for k in found if k.startswith("ranges.")}
    assert found == set(model.state_dict()) | delighter | ranges
    told = {k.removeprefix("ranges.") + ".weight" for k in ranges}
    assert told < set(model.state_dict()) | delighter
    assert facts["steps"] > 0
    assert facts["delighter_steps"] > 0


def test_weights_file_round_trip(model: CompactModel, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_compact(path, model.config, model.state_dict(), {"steps": 7})
    again, facts = load_compact(path)
    assert facts == {"steps": 7}
    assert asdict(again.config) == asdict(model.config)
    for name, value in model.state_dict().items():
        assert torch.allclose(again.state_dict()[name], value, atol=2e-3, rtol=2e-3)
    path.write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="safetensors"):
        load_compact(path)


def test_default_sizes_fit_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from relume.model.compact import encoder, field

    c = CompactConfig()
    monkeypatch.setattr(field, "template_grid", lambda n, _b: np.zeros((n, n, n, 10), np.float32))
    monkeypatch.setattr(encoder, "front_surface", lambda n, _b, _g: np.zeros((n, n), np.float32))
    count = sum(v.numel() for v in CompactModel(c).state_dict().values())
    assert 2 * count < 8_000_000
