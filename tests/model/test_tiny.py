"""The networks at tiny size: own reference values, and what must hold at any size."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the published architecture needs PyTorch")

from relume.model.paper import (  # noqa: E402
    Noise,
    RandomDraws,
    VideoRelighter,
    build_discriminator,
    build_generator,
    build_portrait_relighter,
    published_camera,
    tiny,
)
from relume.model.paper.temporal import TemporalConfig, TemporalNetwork  # noqa: E402


def _golden_module() -> Any:
    path = Path(__file__).with_name("make_golden.py")
    spec = importlib.util.spec_from_file_location("make_golden", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GOLDEN = _golden_module()
CAMERA = torch.from_numpy(published_camera(0.2, 0.1).vector).float()[None]
LIGHT = torch.tensor([[0.7, 0.1, 0.15, -0.2, -0.1, 0.05, -0.2, 0.03, 0.0]])


@pytest.fixture(scope="module")
def model() -> Any:
    return GOLDEN.fill(build_portrait_relighter(tiny())).requires_grad_(False)


@pytest.fixture(scope="module")
def image() -> Any:
    return GOLDEN.drawn("frame0", (1, 3, 64, 64), 0.3).clamp(-1, 1)


def test_values_are_unchanged() -> None:
    with np.load(GOLDEN.TINY) as kept:
        found = GOLDEN.values()
        assert set(kept) == set(found)
        for name, value in found.items():
            flat = value.numpy().ravel()[:: 7 if value.numel() > 1000 else 1]
            limit = 2e-3 * np.abs(kept[name]).max()
            np.testing.assert_allclose(flat, kept[name], rtol=0, atol=limit, err_msg=name)


def test_a_batch_is_drawn_like_its_samples(model: Any, image: Any) -> None:
    images = torch.cat([image, image.flip(3)])
    lights = torch.cat([LIGHT, -LIGHT])
    cameras = torch.cat([CAMERA, CAMERA])
    both = model(images, cameras, lights)
    for i in range(2):
        one = model(images[i : i + 1], CAMERA, lights[i : i + 1])
        torch.testing.assert_close(both.image[i], one.image[0], rtol=1e-3, atol=1e-3)


def test_drawing_is_deterministic_unless_asked(model: Any, image: Any) -> None:
    portrait = model.encode(image)
    once, twice = (model.draw(portrait, CAMERA, LIGHT).image for _ in range(2))
    assert torch.equal(once, twice)
    noisy = [
        model.draw(portrait, CAMERA, LIGHT, Noise("random"), RandomDraws()).image for _ in range(2)
    ]
    assert not torch.equal(*noisy)
    seeded = []
    for _ in range(2):
        rng = torch.Generator().manual_seed(3)
        relit = model.draw(portrait, CAMERA, LIGHT, Noise("random", rng), RandomDraws(rng))
        seeded.append(relit.image)
    assert torch.equal(*seeded)


def test_rendering_stays_in_range(model: Any, image: Any) -> None:
    rendering = model(image, CAMERA, LIGHT).rendering
    assert rendering.alpha.min() >= 0
    assert rendering.alpha.max() <= 1 + 1e-5
    config = tiny().renderer
    step = (config.far - config.near) / (config.coarse - 1)
    assert rendering.depth.min() >= config.near
    assert rendering.depth.max() <= config.far + step
    assert rendering.albedo.abs().max() <= 1.01
    assert rendering.shading.min() >= 0


def test_every_part_gets_a_gradient(image: Any) -> None:
    model = GOLDEN.fill(build_portrait_relighter(tiny())).train()
    video = VideoRelighter(model)
    noise = Noise("random")
    for _ in range(6):
        relit = video.relight(image, CAMERA, LIGHT, noise, RandomDraws())
    (relit.image.square().mean() + relit.rendering.albedo.mean()).backward()
    idle = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    # The generator's own synthesis isn't part of relighting, nor is noise in super-resolution.
    expected = ("backbone.synthesis.", "backbone.synthesis_lit", "backbone.mapping.")
    left = {n for n in idle if not any(e in n for e in expected)}
    assert all("superresolution" in n and "noise_strength" in n for n in left), left


def test_window_of_first_frames_is_fixed_and_of_last_frames_slides(model: Any) -> None:
    frames = [GOLDEN.drawn(f"frame{i}", (1, 3, 64, 64), 0.3) for i in range(8)]
    for window, constant in (("first", True), ("last", False)):
        video = VideoRelighter(model, window=window)
        relit = [video.relight(frame, CAMERA, LIGHT) for frame in frames]
        assert [r.residual is None for r in relit] == [True] * 5 + [False] * 3
        assert torch.equal(relit[5].residual[0], relit[7].residual[0]) == constant
        again = video.reset() or video.relight(frames[0], CAMERA, LIGHT)
        assert torch.equal(again.image, relit[0].image)


def test_attention_across_frames_has_the_published_parameters_and_mixes_frames() -> None:
    published_form = TemporalNetwork(TemporalConfig(channels=12, heads=2, hidden=24))
    config = TemporalConfig(channels=12, heads=2, hidden=24, attention="frames")
    network = TemporalNetwork(config).eval()
    network.load_state_dict(published_form.state_dict())
    window = torch.randn(1, 60, 8, 8)
    lit = torch.randn(1, 60, 8, 8)
    with torch.no_grad():
        one = network(window, lit)[0]
        changed = window.clone()
        changed[:, :12, 2, 3] += 1.0  # one pixel of the oldest frame
        other = network(changed, lit)[0]
    moved = (one - other).abs().amax(dim=(0, 1)) > 1e-6
    assert moved[2, 3]
    assert moved.sum() == 1  # tokens meet across frames, not across pixels


def test_unlit_generator_and_discriminator() -> None:
    config = tiny().unlit()
    generator = build_generator(config).eval()
    with torch.no_grad():
        made = generator(torch.randn(1, config.backbone.num_ws, 32), None, CAMERA)
    assert made.planes_lit is None
    assert torch.equal(made.image, made.image_albedo)
    with pytest.raises(ValueError, match="no light"):
        generator.map_light(LIGHT)
    judge = build_discriminator(config)
    assert judge(made.image, made.rendering.rgb, CAMERA).shape == (1, 1)
    with pytest.raises(ValueError, match="light"):
        build_discriminator(tiny())(made.image, made.rendering.rgb, CAMERA)


def test_base_package_doesnt_import_torch() -> None:
    code = "import relume, relume.model, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
