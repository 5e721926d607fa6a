"""The networks at full size against the published ones' values; a few minutes on two cores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the published architecture needs PyTorch")

from relume.model.paper import (  # noqa: E402
    VideoRelighter,
    build_discriminator,
    build_light_estimator,
    published,
    published_camera,
)
from relume.model.paper.cameras import CONDITIONING_PIVOT  # noqa: E402
from relume.model.paper.encoder import append_coordinates  # noqa: E402
from relume.model.paper.field import project_to_planes  # noqa: E402
from relume.model.paper.generator import Generator  # noqa: E402
from relume.model.paper.ops import resize_antialiased  # noqa: E402
from relume.model.paper.rays import orthographic_rays  # noqa: E402
from relume.model.paper.sampling import MiddleDraws  # noqa: E402
from relume.model.paper.synthesis import Noise  # noqa: E402

pytestmark = pytest.mark.slow

PLAIN = 1e-5  # single modules
DEEP = 5e-5  # temporal network and backbone
WHOLE = 1e-3  # whole image and video paths


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


class Injected(MiddleDraws):
    """The random numbers of the reference values."""

    def stratified(self, shape: tuple[int, int, int], device: Any) -> Any:
        drawn = np.random.default_rng(1001).random((*shape, 1), np.float32)
        return torch.from_numpy(drawn).squeeze(-1)

    def importance(self, shape: tuple[int, int, int], device: Any) -> Any:
        drawn = np.random.default_rng(1002).random((shape[0] * shape[1], shape[2]), np.float32)
        return torch.from_numpy(drawn).reshape(shape)


class InjectedNoise(Noise):
    def __init__(self) -> None:
        super().__init__()
        self.rng = np.random.default_rng(2001)

    def draw(self, const: Any, batch: int) -> Any:
        shape = (batch, 1, *const.shape)
        return torch.from_numpy(self.rng.standard_normal(shape, dtype=np.float32))


def camera(**angles: Any) -> Any:
    return torch.from_numpy(published_camera(**angles).vector).float()[None]


CAMERA_A = {"yaw": 0.2, "pitch": 0.1}
CAMERA_B = {"yaw": -0.35, "pitch": -0.15, "roll": 0.1}


def check_rendering(g: Any, prefix: str, image: Any, rendering: Any, limit: float) -> None:
    g.check(f"{prefix}image", image, limit)
    g.check(f"{prefix}image_raw", rendering.rgb, limit)
    # A ray that meets next to nothing has a depth of rounding errors, by whichever processor.
    solid = rendering.alpha.numpy() > 1e-4
    assert solid.any()
    off = g.difference(f"{prefix}image_depth", rendering.depth)[solid]
    assert off.max() <= limit, f"{prefix}image_depth: off by {off.max():.2g} of the largest value"
    g.check(f"{prefix}image_shading", rendering.shading, limit)


@pytest.fixture(scope="module")
def encoded(parity: Any, relighter: Any) -> Any:
    """The test picture encoded once, with every named value on the way checked."""
    trunk, high = parity.golden("deeplab"), parity.golden("encoder_f_high")
    image = parity.image()
    for g in (trunk, high):
        g.check("input_image_plus_coord", append_coordinates(image), 1e-6)
    encoders = "encoders.deeplabv3.model"
    pooled = relighter.get_submodule(f"{encoders}.decoder.0.convs.4").register_forward_hook(
        lambda _m, _i, out: trunk.check("mid_aspp_branch4", out.expand(-1, -1, 64, 64), PLAIN)
    )
    paths = {
        "mid_conv1": f"{encoders}.encoder.conv1",
        "mid_maxpool": f"{encoders}.encoder.maxpool",
        **{f"mid_layer{i}": f"{encoders}.encoder.layer{i}" for i in range(1, 5)},
        **{f"mid_aspp_branch{i}": f"{encoders}.decoder.0.convs.{i}" for i in range(4)},
        "mid_aspp_project": f"{encoders}.decoder.0.project",
        "f_low": encoders,
    }
    layers = {f"mid_layers{i}": f"encoders.encoder_f_high.layers.{i}" for i in range(10)}
    layers["output"] = "encoders.encoder_f_high"
    with (
        torch.no_grad(),
        trunk.watch(relighter, paths, PLAIN),
        high.watch(relighter, layers, PLAIN),
    ):
        portrait = relighter.encode(image)
    pooled.remove()
    return portrait


def test_image_path_and_its_encoders(
    parity: Any, relighter: Any, encoded: Any, lights: Any
) -> None:
    g = parity.golden("image_forward")
    g.check("input_image", parity.image(), 1e-6)
    g.check("planes", encoded.planes, PLAIN)
    g.check("out_superres_ws", encoded.style, PLAIN)
    g.check("cam", camera(**CAMERA_A), 1e-6)
    relit = relighter.draw(encoded, torch.from_numpy(g["cam"]), lights[0])
    g.check("planes_lit", relit.planes_lit, PLAIN)
    check_rendering(g, "out_", relit.image, relit.rendering, WHOLE)
    g.check("out_image_feat", relit.rendering.features, WHOLE)
    g.check("image_stride4", relit.image[:, :, ::4, ::4], WHOLE)


def test_cached_planes_under_another_light_from_another_camera(
    parity: Any, relighter: Any, encoded: Any, lights: Any
) -> None:
    g = parity.golden("image_forward")
    relit = relighter.draw(encoded, camera(**CAMERA_B), lights[1])
    g.check("relit_planes_lit", relit.planes_lit, PLAIN)
    prefix = "relit_gtplanes_camB_sh1_"
    check_rendering(g, prefix, relit.image, relit.rendering, WHOLE)
    g.check(f"{prefix}superres_ws", encoded.style, PLAIN)


def test_seven_frames_of_video(parity: Any, relighter: Any, encoded: Any, lights: Any) -> None:
    g = parity.golden("video_forward")
    video = VideoRelighter(relighter)
    residuals = []
    for i in range(7):
        light = lights[0] + (lights[1] - lights[0]) * (i / 6)
        prefix = f"frame{i + 1}_"
        g.check(f"{prefix}cam", camera(yaw=-0.15 + 0.05 * i, pitch=0.02 * i), 1e-6)
        cam = torch.from_numpy(g[f"{prefix}cam"])
        frame = encoded if i == 0 else parity.image(t=i)
        relit = video.relight(frame, cam, light)
        g.check(f"{prefix}sh", light, 1e-6)
        g.check(f"{prefix}planes_raw", relit.portrait.planes, PLAIN)
        g.check(f"{prefix}planes_lit_raw", relit.planes_lit, PLAIN)
        g.check(f"{prefix}superres_ws", relit.portrait.style, PLAIN)
        planes, planes_lit = relit.portrait.planes, relit.planes_lit
        assert (relit.residual is None) == (i < 5)
        if relit.residual is not None:
            planes, planes_lit = planes + relit.residual[0], planes_lit + relit.residual[1]
            residuals.append(relit.residual)
        g.check(f"{prefix}planes_rendered", planes, DEEP)
        g.check(f"{prefix}planes_lit_rendered", planes_lit, DEEP)
        check_rendering(g, prefix, relit.image, relit.rendering, WHOLE)
    assert all(torch.equal(a, b) for a, b in zip(*residuals, strict=True))


def test_low_frequency_decoder(parity: Any, relighter: Any) -> None:
    g = parity.golden("decoder_f_low")
    decoder = relighter.encoders.decoder_f_low
    x = parity.input("f_low", (1, 256, 64, 64), 0.4).abs()
    g.check("input", x, 1e-6)
    paths = {
        "mid_patch_embed": "input_layer",
        "mid_vit1_attn": "vit1.attn",
        "mid_vit1_mlp": "vit1.mlp",
        "mid_vit1": "vit1",
        "mid_vit5": "vit5",
        **{f"mid_convs{i}": f"convs.{i}" for i in range(8)},
    }
    with g.watch(decoder, paths, PLAIN):
        g.check("output", decoder(x), PLAIN)


def test_hybrid_decoder(parity: Any, relighter: Any) -> None:
    g = parity.golden("decoder_f_hybrid")
    decoder = relighter.encoders.decoder_f_hybrid
    shape = (1, 96, 256, 256)
    low, high = parity.input("hyb_low", shape), parity.input("hyb_high", shape, 0.3)
    g.check("input_low", low, 1e-6)
    g.check("input_high", high, 1e-6)
    paths = {
        "mid_layers1": "layers1",
        "mid_embed": "embed",
        "mid_vit_attn_sr": "vit.attn.sr",
        "mid_vit_attn_norm": "vit.attn.norm",
        "mid_vit_attn": "vit.attn",
        "mid_vit_mlp": "vit.mlp",
        "mid_vit": "vit",
        **{f"mid_layers2_{i}": f"layers2.{i}" for i in range(7)},
    }
    with g.watch(decoder, paths, PLAIN):
        g.check("output", decoder(low, high), PLAIN)


def test_shading_encoder(parity: Any, relighter: Any, lights: Any) -> None:
    g = parity.golden("shading_encoder")
    shape = (1, 96, 256, 256)
    planes = torch.cat([parity.input(f"shade_planes{i}", shape, 0.5) for i in range(2)])
    light = torch.cat(lights)
    codes = relighter.generator.map_light(light)
    g.check("planes_in", planes, 1e-6)
    g.check("sh", light, 1e-6)
    g.check("ws_lit", codes, PLAIN)
    encoder = relighter.encoders.shading_encoder
    paths = {"mid_none_mapping_x": "mapping_x", "mid_none_b0": "b0", "mid_none_b0#1": "b0"}
    paths |= {f"mid_none_b0_{part}": f"b0.{part}" for part in ("conv0", "conv1", "torgb")}
    paths |= {"mid_none_b1": "b1", "mid_none_b1#1": "b1"}
    with g.watch(encoder, paths, PLAIN):
        quiet = encoder.encode(planes, codes)
    g.check("planes_lit_noise_none", quiet, PLAIN)
    g.check("planes_lit_noise_default_zero_draws", quiet, PLAIN)
    g.check("planes_lit_noise_const", encoder.encode(planes, codes, Noise("const")), PLAIN)
    g.check("planes_lit_noise_injected", encoder.encode(planes, codes, InjectedNoise()), PLAIN)


def test_style_encoder(parity: Any, relighter: Any) -> None:
    g = parity.golden("planes2ws")
    planes = torch.cat([parity.input(f"p2ws{i}", (1, 96, 256, 256), 0.5) for i in range(2)])
    g.check("planes_in", planes, 1e-6)
    g.check("out", relighter.encoders.planes2ws(planes), PLAIN)
    average = relighter.generator.backbone.mapping.w_avg.expand(1, 14, -1)
    g.check("mean_ws", average, PLAIN)


def test_temporal_network(parity: Any, relighter: Any) -> None:
    g = parity.golden("temporal_attention")
    network = relighter.attention
    x, y = (parity.input(f"attn_{k}", (1, 480, 256, 256), 0.5) for k in "xy")
    mixed: dict[str, Any] = {}

    def record(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            mixed.setdefault(name, []).append(output.reshape(1, 65536, 96))

        return hook

    handles = []
    for i in range(4):
        for key, blocks in (
            (f"mid_s1_{i}", network.transformer_blocks_stream1),
            (f"mid_s2_{i}", network.transformer_blocks_stream2),
            (f"mid_cross{i}", network.cross_attention_blocks),
        ):
            handles.append(blocks[i].register_forward_hook(record(key)))
    paths = {f"mid_output_conv{i}": f"output_conv{i}" for i in (1, 2)}
    gates: dict[str, list[Any]] = {"output_conv1_2": [], "output_conv2_2": []}
    for name, found in gates.items():
        module = network.get_submodule(name)
        handles.append(module.register_forward_hook(lambda _m, _i, out, to=found: to.append(out)))
    with g.watch(network, paths, DEEP):
        residual, residual_lit = network(x, y)
    for handle in handles:
        handle.remove()
    for key, values in mixed.items():
        for name, value in zip(("_y", "_x") if "cross" in key else ("",), values, strict=True):
            g.check(f"{key}{name}", value, DEEP)
    for name, values in gates.items():
        g.check(f"mid_{name}", torch.cat(values), DEEP)
    g.check("residual_planes", residual, DEEP)
    g.check("residual_planes_lit", residual_lit, DEEP)

    tokens, source = (parity.input(t, (1, 7, 96)) for t in ("attn_tok", "attn_tok2"))
    one, other = (t.transpose(0, 1) for t in (tokens, source))
    own = network.transformer_blocks_stream1[0](one, one)
    g.check("tiny_self_block0", own.transpose(0, 1), PLAIN)
    cross = network.cross_attention_blocks[0](one, other)
    g.check("tiny_cross_block0_x_from_y", cross.transpose(0, 1), PLAIN)


def test_radiance_field(parity: Any, relighter: Any) -> None:
    g = parity.golden("triplane_sampling")
    points = torch.from_numpy(g["points"])
    geo, lit = parity.blocks("geo_planes"), parity.blocks("lit_planes")
    g.check("projected_uv", project_to_planes(points, 1.0), PLAIN)
    for i in range(3):  # each plane alone, three times as strong, survives the mean unchanged
        only = torch.zeros(1, 96, 1, 1)
        only[:, 32 * i : 32 * i + 32] = 3.0
        field = relighter.generator.field(geo * only, lit * only)
        features = field.features(points)
        for key, part in (("geo", features[..., :32]), ("lit", features[..., 32:])):
            want = torch.from_numpy(g[f"features_{key}"])[:, i]
            torch.testing.assert_close(part, want, rtol=0, atol=PLAIN * float(want.abs().max()))
    samples = relighter.generator.field(geo, lit)(points)
    g.check("rgb", samples.albedo, PLAIN)
    g.check("sigma", samples.density, PLAIN)
    g.check("shading", samples.shading, PLAIN)


def test_volume_rendering(parity: Any, relighter: Any, lights: Any) -> None:
    g = parity.golden("synthesis_triplane")
    geo = parity.blocks("geo_planes")
    style = parity.input("sr_ws", (1, 14, 512), 0.6)
    g.check("geo_planes", geo, 1e-6)
    g.check("sr_ws", style, 1e-6)
    lit = [relighter.encode_shading(geo, light) for light in lights]
    cases = [
        ("mid_A0", CAMERA_A, 0, MiddleDraws()),
        ("mid_A1", CAMERA_A, 1, MiddleDraws()),
        ("mid_B0", CAMERA_B, 0, MiddleDraws()),
        ("mid_B1", CAMERA_B, 1, MiddleDraws()),
        ("injected_A0", CAMERA_A, 0, Injected()),
    ]
    for i in range(2):
        g.check(f"lit_planes_{i}", lit[i], PLAIN)
    for prefix, angles, light, draws in cases:
        cam = torch.from_numpy(g[f"cam{'A' if angles is CAMERA_A else 'B'}"])
        rendering = relighter.render(geo, lit[light], cam, draws)
        found = {
            "image": relighter.super_resolve(rendering.features, style),
            "image_raw": rendering.rgb,
            "image_depth": rendering.depth,
            "image_shading": rendering.shading,
            "image_feat": rendering.features,
        }
        if prefix == "mid_A0":
            rays = ("features", "depth", "albedo", "shading", "alpha")
            names = ("rgb", "depth", "albedo", "shading", "weightsum")
            for name, ray in zip(names, rays, strict=True):
                found[f"renderer_{name}"] = getattr(rendering, ray).flatten(2).transpose(1, 2)
        for name, value in found.items():
            # Sharp densities of blocky planes amplify rounding: compare by quantiles.
            off = g.difference(f"{prefix}_{name}", value)
            assert np.median(off) < 1e-5, (prefix, name)
            assert np.quantile(off, 0.999) < 1e-3, (prefix, name)
            assert off.max() < 1e-2, (prefix, name)


def test_orthographic_views(parity: Any, relighter: Any) -> None:
    g = parity.golden("synthesis_ortho")
    generator = relighter.generator
    style = parity.input("sr_ws", (1, 14, 512), 0.6)
    field = generator.field(parity.blocks("geo_planes"), parity.blocks("lit_planes"))
    for view in range(3):
        origins, directions = orthographic_rays(view, 64)
        renderer = generator.renderer
        rays = renderer.as_pictures(renderer.march(field, origins, directions, MiddleDraws()))
        found = {
            "image_raw": rays.rgb,
            "image_depth": rays.depth,
            "image_albedo_raw": rays.albedo[:, :3],
            "image_shading": rays.shading,
            "image": relighter.super_resolve(rays.features, style),
        }
        for name, value in found.items():
            off = g.difference(f"view{view}_{name}", value)
            assert np.median(off) < 1e-5, (view, name)
            assert np.quantile(off, 0.999) < 1e-3, (view, name)
            assert off.max() < 1e-2, (view, name)


def test_superresolution(parity: Any, relighter: Any) -> None:
    g = parity.golden("superresolution")
    module = relighter.generator.superresolution
    style = parity.input("sr_ws", (1, 14, 512), 0.6)[:, -1]

    def features(size: int, tag: str, channels: int, rgb: float = 0.5, gain: float = 1.0) -> Any:
        picture = parity.input(f"sr_rgb{tag}", (1, 3, size, size), 0.5)
        rest = parity.input(f"sr_feat{tag}", (1, channels, size, size), 0.5)
        return picture, rest

    picture, rest = features(64, "", 29)
    x = torch.cat([picture, rest], dim=1)
    g.check("rgb", picture, 1e-6)
    g.check("x", x, 1e-6)
    paths = {f"mid_b0_{part}": f"block0.{part}" for part in ("conv0", "conv1", "torgb")}
    paths |= {"mid_block0": "block0", "mid_block0#1": "block0", "mid_b1_torgb": "block1.torgb"}
    paths |= {"mid_block1": "block1", "mid_block1#1": "block1"}
    with g.watch(module, paths, PLAIN):
        g.check("out", module(x, style), PLAIN)
    g.check("out_gt_scale_clamp_case", module(x * 4000, style, rgb=picture * 50), PLAIN)
    picture, x = features(128, "128", 32)
    g.check("out_input128", module(x, style, rgb=picture), PLAIN)


def test_generator(parity: Any, relighter: Any, lights: Any) -> None:
    g = parity.golden("generator")
    generator = relighter.generator
    z = torch.cat([Generator.latent(0), Generator.latent(7)])
    assert np.array_equal(g["z"].astype(np.float32), z.numpy())
    light = torch.cat(lights)
    looks_at = camera(pivot=CONDITIONING_PIVOT).expand(2, -1)
    g.check("c", looks_at, 1e-6)
    mapping = generator.backbone.mapping
    ws = mapping(z, looks_at)
    g.check("ws_psi1", ws[:, 0], PLAIN)
    g.check("ws_psi0.7_nocutoff", mapping(z, looks_at, psi=0.7)[:, [0, -1]], PLAIN)
    truncated = mapping(z, looks_at, psi=0.5, cutoff=8)
    g.check("ws_psi0.5_cutoff8", truncated[:, [0, 7, 8, 13]], PLAIN)
    g.check("mean_ws_seed0_psi0", mapping(z[:1], looks_at[:1], psi=0.0)[:, 0], PLAIN)
    codes = generator.map_light(light)
    shown = torch.cat([camera(**CAMERA_A), camera(**CAMERA_B)])
    g.check("G_mapping_ws", mapping(z, shown)[:, 0], PLAIN)
    g.check("G_mapping_ws_lit", codes[:, 0], PLAIN)

    sizes = [2**i for i in range(2, 9)]
    paths = {f"mid_const_b{r}": f"backbone.synthesis.b{r}" for r in sizes}
    images = {f"mid_const_b{r}_img": f"backbone.synthesis.b{r}" for r in sizes}
    for key, path in images.items():  # second outputs
        generator.get_submodule(path).register_forward_hook(
            lambda _m, _i, out, key=key: g.check(key, out[1], DEEP) if key not in g.errors else None
        )
    with g.watch(generator, paths, DEEP):
        made = generator(ws[:1], codes[:1], camera(**CAMERA_A), Noise("const"))
    g.check("const_planes", made.planes, DEEP)
    g.check("const_planes_lit", made.planes_lit, DEEP)
    quiet, quiet_lit = generator.make_planes(ws[:1], codes[:1])
    g.check("none_planes", quiet, DEEP)
    g.check("none_planes_lit", quiet_lit, DEEP)
    check_rendering(g, "G_const_", made.image, made.rendering, WHOLE)
    g.check("G_const_image_albedo", made.image_albedo, WHOLE)
    g.check("G_const_image_albedo_raw", made.rendering.albedo[:, :3], WHOLE)
    g.check("G_const_image_feat", made.rendering.features, WHOLE)
    points = torch.from_numpy(g["sample_mixed_points"])
    samples = generator.field(made.planes, made.planes_lit)(points)
    g.check("sample_mixed_sigma", samples.density, DEEP)
    g.check("sample_mixed_rgb", samples.albedo, DEEP)


def test_dual_discriminator(parity: Any) -> None:
    g = parity.golden("dual_discriminator")
    network = parity.fill(build_discriminator(published()), "manifest_dual_discriminator")
    image = torch.cat([parity.image(t) for t in (0, 3)])
    raw = torch.cat([parity.image(t, n=64) for t in (0, 3)])
    g.check("image", image, 1e-6)
    g.check("image_raw", raw, 1e-6)
    cameras, light = torch.from_numpy(g["c"]), torch.from_numpy(g["l"])
    names = ("b512", "b256", "b64", "b8", "b4", "mapping", "l512", "l8", "l4", "mapping_l")
    with g.watch(network, {f"mid_{name}": name for name in names}, PLAIN):
        g.check("logits", network(image, raw, cameras, light), PLAIN)
    single = network(image[:1], raw[:1], cameras[:1], light[:1])
    g.check("logits_batch1", single, PLAIN)


def test_light_estimator(parity: Any, shared: Any) -> None:
    data = pytest.importorskip("skimage.data", reason="the reference portrait is scikit-image's")
    file = shared / "measure" / "dpr_512.t7"
    if not file.is_file():
        pytest.skip("needs DPR's own weights")
    g = parity.golden("dpr512")
    network = build_light_estimator(published())
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    x0, y0, x1, y1 = g["crop_box_x0y0x1y1"]
    crop = data.astronaut()[y0:y1, x0:x1]
    assert crop.sum() == g["crop_uint8_sum"]
    image = torch.from_numpy(crop / np.float32(127.5) - 1).float().permute(2, 0, 1)[None]
    g.check("extracted_sh", network.estimate(image)[:, :, None, None], PLAIN)
    lab = network._lab(image)
    g.check("lab", lab, PLAIN)
    g.check("L", lab[:, :1] / 100, PLAIN)  # as the network takes it
    g.check("resized512", resize_antialiased(image, 512), PLAIN)
    paths = {f"mid_{name}": name for name in ("pre_conv", "pre_bn", "light", "conv_1")}
    paths |= {f"mid_HG{i}": f"HG{i}" for i in range(4)}
    paths |= {"mid_HG3_upper": "HG3.upper"}
    paths |= {"mid_HG3_low1": "HG3.low1", "mid_HG0_low1": "HG0.low1"}
    with g.watch(network, paths, DEEP):
        default = torch.from_numpy(g["default_target_sh"]).reshape(1, 9)
        network.relight(image, default)
    for target in (0, 2, 4, 6):
        light = torch.from_numpy(g[f"target{target}_sh"]).reshape(1, 9)
        g.check(f"target{target}_L_pred", network(lab[:, :1] / 100, light), DEEP)
        g.check(f"target{target}_relit_rgb", network.relight(image, light), DEEP)
    own = torch.from_numpy(g["extracted_sh"]).reshape(1, 9)
    g.check("self_sh_relit_rgb", network.relight(image, own), DEEP)
