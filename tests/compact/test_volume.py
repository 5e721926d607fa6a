"""The NumPy field and march against the model in PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from relume.model.compact import CompactConfig  # noqa: E402
from relume.model.compact.field import Field  # noqa: E402
from relume.model.compact.renderer import image_rays, render  # noqa: E402
from relume.render import VolumeRenderer  # noqa: E402
from relume.render.volume_march import march_densely  # noqa: E402

from ..render import fields  # noqa: E402


@pytest.fixture(scope="module")
def field() -> Field:
    """With made-up weights of the size that training leaves, and a ball for a head."""
    config = CompactConfig(
        plane=fields.PLANE, albedo_channels=fields.ALBEDO, shading_channels=fields.SHADING,
        hidden=8, box=fields.BOX, template=24,
    )  # fmt: skip
    made = Field(config).eval()
    weights = fields.decoders(np.random.default_rng(0)) | {"template": fields.template()}
    made.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
    return made


@pytest.fixture(scope="module")
def renderer() -> VolumeRenderer:
    return fields.renderer()


@pytest.fixture(scope="module")
def planes() -> np.ndarray:
    return fields.planes(np.random.default_rng(1))


@torch.no_grad()
def test_field_is_the_models(field: Field, renderer: VolumeRenderer, planes: np.ndarray) -> None:
    points = np.random.default_rng(2).uniform(-0.45, 0.45, (500, 3)).astype(np.float32)
    a, s = torch.from_numpy(planes)[None].split([fields.ALBEDO, fields.SHADING], -1)
    density, albedo, transfer = field(a, s, torch.from_numpy(points)[None])
    raw, colour = renderer.field.albedo(planes, points)
    np.testing.assert_allclose(20 * np.logaddexp(0, raw), density[0], atol=2e-3, rtol=1e-4)
    np.testing.assert_allclose(colour, albedo[0], atol=1e-5)
    np.testing.assert_allclose(renderer.field.transfer(planes, points), transfer[0], atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("yaw", [0.0, 0.35])
def test_march_is_nearer_the_truth_than_the_models(
    yaw: float, field: Field, renderer: VolumeRenderer, planes: np.ndarray
) -> None:
    size = 64
    rotation, shift = fields.camera(yaw)
    a, s = torch.from_numpy(planes)[None].split([fields.ALBEDO, fields.SHADING], -1)
    camera = torch.from_numpy(rotation)[None], torch.from_numpy(shift)[None]
    rays = image_rays(size, fields.FOCAL)
    seen = render(field, a, s, *camera, rays[None])
    truth = march_densely(renderer.field, planes, rotation, shift, rays.numpy(), steps=128)
    found = renderer.render(planes, rotation, shift, size=size)
    for name in ("albedo", "transfer", "alpha"):
        exact = getattr(truth, name)
        ours = np.mean((getattr(found, name) - exact) ** 2)
        theirs = np.mean((getattr(seen, name)[0].numpy() - exact) ** 2)
        assert ours < 10**-4.5 * max(1.0, np.abs(exact).max()) ** 2
        assert ours < 1.5 * theirs
