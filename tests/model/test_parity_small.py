"""Operations, cameras, rays and sampling against the published networks' values."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the published architecture needs PyTorch")

from relume.model.paper import camera_from_face_pose, published_camera  # noqa: E402
from relume.model.paper import light as published_light  # noqa: E402
from relume.model.paper.cameras import CONDITIONING_PIVOT  # noqa: E402
from relume.model.paper.layers import EqualizedLinear  # noqa: E402
from relume.model.paper.ops import (  # noqa: E402
    bias_act,
    binomial_filter,
    conv2d_resample,
    downsample2d,
    filter2d,
    minibatch_std,
    modulated_conv2d,
    normalize_second_moment,
    resize_antialiased,
    softexp,
    upsample2d,
)
from relume.model.paper.rays import camera_rays  # noqa: E402
from relume.model.paper.renderer import ray_depth, ray_weights, sample_shares  # noqa: E402
from relume.model.paper.sampling import (  # noqa: E402
    MiddleDraws,
    importance_depths,
    invert_cdf,
    stratified_depths,
)

LIMIT = 1e-5


def test_operations(parity: Any) -> None:
    g = parity.golden("ops")
    t = {key: torch.from_numpy(g[key]) for key in g.data.files}
    f, x, x2, styles = binomial_filter(), t["x"], t["x2"], t["styles"]
    results = {
        "filter": f,
        "upsample2d": upsample2d(x, f),
        "downsample2d": downsample2d(x, f),
        "filter2d": filter2d(x, f),
        "conv3_plain": conv2d_resample(x, t["w3"], f),
        "conv3_up2": conv2d_resample(x, t["w3"], f, up=2),
        "conv3_down2": conv2d_resample(x, t["w3"], f, down=2),
        "conv1_down2": conv2d_resample(x, t["w1"], f, down=2),
        "conv1_up2": conv2d_resample(x, t["w1"], f, up=2),
        "softexp_alpha0.1": softexp(t["act_x"]),
        "softexp_bias_act": softexp(t["act_x"] + 0.3),
        "lrelu_bias_act": bias_act(x, t["b"], "lrelu"),
        "lrelu_gain2_clamp1": bias_act(3 * x, t["b"], "lrelu", gain=2.0, clamp=1.0),
        "linear_clamp0.5": bias_act(x, t["b"], clamp=0.5),
        "resize_aa_up_37": resize_antialiased(t["img16"], 37),
        "resize_aa_down_7": resize_antialiased(t["img16"], 7),
        "mbstd_out": minibatch_std(t["mbstd_x"]),
        "mbstd_out_n3": minibatch_std(t["mbstd_x_n3"]),
        "pixel_shuffle_2": torch.nn.functional.pixel_shuffle(t["pixel_shuffle_in"], 2),
    }
    for kind in ("fused", "unfused"):
        results |= {
            f"modconv_demod_{kind}": modulated_conv2d(x2, t["w3"], styles, f) + t["noise"],
            f"modconv_demod_up2_{kind}": modulated_conv2d(x2, t["w3"], styles, f, up=2)
            + t["noise_up"],
            f"modconv_nodemod_{kind}": modulated_conv2d(x2, t["w1"], styles, f, demodulate=False),
        }
    for key, value in results.items():
        g.check(key, value, LIMIT)
    g.check("normalize_2nd_moment", normalize_second_moment(x2.flatten(1)), LIMIT)
    dense = EqualizedLinear(6, 4, act="lrelu", lr_multiplier=0.01)
    dense.load_state_dict({"weight": t["fc_w"], "bias": t["fc_b"]})
    g.check("fc_lrelu_lrmul0.01", dense(t["fc_x"]), LIMIT)
    aligned = torch.nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    g.check("bilinear_aligncorners_x2", aligned(t["img16"]), LIMIT)


def test_one_sample_is_modulated_like_many(parity: Any) -> None:
    g = parity.golden("ops")
    x, w, styles = (torch.from_numpy(g[key]) for key in ("x2", "w3", "styles"))
    both = modulated_conv2d(x, w, styles, binomial_filter(), up=2)
    one = modulated_conv2d(x[:1], w, styles[:1], binomial_filter(), up=2)
    torch.testing.assert_close(both[:1], one, rtol=1e-5, atol=1e-5)


def test_cameras(parity: Any) -> None:
    g = parity.golden("cameras")
    names = {"cam_pivot": "pivot", "focal_length": "field_of_view"}
    for i in range(7):
        args = json.loads(str(g[f"case{i}_args_json"]))
        camera = published_camera(**{names.get(k, k): v for k, v in args.items()})
        g.check(f"case{i}_cam", camera.vector[None], LIMIT)
    conditioning = published_camera(pivot=CONDITIONING_PIVOT)
    g.check("conditioning_params", conditioning.vector[None], LIMIT)
    g.check("intrinsics_18_837", conditioning.intrinsics, LIMIT)
    for i in range(2):
        camera = camera_from_face_pose(g[f"pose{i}_angle"], g[f"pose{i}_trans_in"])
        g.check(f"pose{i}_cam2world", camera.cam2world, LIMIT)
        flip = np.diag([1.0, -1.0, -1.0])
        g.check(f"pose{i}_rotation_matrix", camera.rotation @ flip, LIMIT)


@pytest.mark.parametrize(
    ("name", "resolution"), [("A", 8), ("A", 64), ("B", 8), ("B", 64), ("Skew", 8)]
)
def test_rays(parity: Any, name: str, resolution: int) -> None:
    g = parity.golden("ray_sampler")
    origins, directions = camera_rays(torch.from_numpy(g[f"cam{name}"]), resolution)
    g.check(f"origins_{name}_{resolution}", origins, LIMIT)
    g.check(f"dirs_{name}_{resolution}", directions, LIMIT)


def test_depths_of_samples(parity: Any) -> None:
    g = parity.golden("importance_sampling")
    depths, weights = (torch.from_numpy(g[k]).squeeze(-1) for k in ("z_vals", "weights"))
    shape = (1, 5, 48)
    cpu = torch.device("cpu")
    middle = MiddleDraws()
    jitter = torch.from_numpy(np.random.default_rng(1001).random((1, 5, 48, 1), np.float32))
    quantiles = torch.from_numpy(np.random.default_rng(1002).random((5, 48), np.float32))
    results = {
        "stratified_mid": stratified_depths(2.25, 3.3, middle.stratified(shape, cpu)),
        "stratified_injected_seed1001": stratified_depths(2.25, 3.3, jitter.squeeze(-1)),
        "z_importance_mid": importance_depths(depths, weights, middle.importance(shape, cpu)),
        "z_importance_injected_seed1002": importance_depths(depths, weights, quantiles[None]),
    }
    for key, value in results.items():
        g.check(key, value.unsqueeze(-1), LIMIT)
    bins, mass = (torch.from_numpy(g[k]) for k in ("pdf_bins", "pdf_weights"))
    even = torch.linspace(0, 1, 48).expand(5, -1)
    g.check("pdf_det_linspace", invert_cdf(bins, mass, even), LIMIT)


def test_compositing(parity: Any) -> None:
    g = parity.golden("ray_marching")
    depths, density = (torch.from_numpy(g[k]).squeeze(-1) for k in ("depths", "densities"))
    weights = ray_weights(depths, density)
    g.check("weights", weights.unsqueeze(-1), LIMIT)
    colors = sample_shares(weights).unsqueeze(2) @ torch.from_numpy(g["colors"])
    g.check("rgb", 2 * colors.squeeze(2) - 1, LIMIT)
    g.check("depth", ray_depth(depths, weights).unsqueeze(-1), LIMIT)


def test_preview_of_lights(parity: Any) -> None:
    g = parity.golden("sh_sphere")
    normals, valid = published_light._sphere(16)
    g.check("normals16", normals, 1e-12)
    assert (g["valid16"] == valid).all()
    g.check("basis16", published_light.lambert_basis(normals), 1e-12)
    g.check("shading16", published_light.lambert_basis(normals) @ g["sh"][:, None], 1e-12)
    assert (g["sphere64_uint8"] == published_light.preview_sphere(g["sh"], 64)).all()
    around = g["pasted_corner"][0]
    pasted = published_light.paste_preview(
        np.where(published_light._sphere(64)[1], 0, around), g["sh"]
    )
    g.check("pasted_corner", pasted[None], 1e-6)
    table = published_light.to_harmonic_table(np.arange(9))
    assert (g["sh2matrix_of_arange9"][..., :] == table).all()
    assert (published_light.from_harmonic_table(table) == g["matrix2vec_roundtrip"]).all()
    assert math.isclose(published_light.lambert_basis([[0, 0, 1]])[0, 0], math.pi * 0.28209479177)
