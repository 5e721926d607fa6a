"""The published networks set up for use: precisions, cached planes, video, ONNX; at tiny size."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the published architecture needs PyTorch")

from relume.errors import ModelError  # noqa: E402
from relume.geometry import Camera  # noqa: E402
from relume.model.paper import build_portrait_relighter, tiny  # noqa: E402
from relume.model.paper.export import export_encoder, onnx_difference  # noqa: E402
from relume.model.paper.inference import FastPortraitRelighter, InferenceConfig  # noqa: E402

spec = importlib.util.spec_from_file_location(
    "make_golden", Path(__file__).with_name("make_golden.py")
)
assert spec is not None
assert spec.loader is not None
GOLDEN = importlib.util.module_from_spec(spec)
spec.loader.exec_module(GOLDEN)

CAMERA = Camera.look_at(0.2, 0.1)
LIGHT = np.array([0.7, 0.1, 0.15, -0.2, -0.1, 0.05, -0.2, 0.03, 0.0], np.float32)


def relighter(**options: Any) -> FastPortraitRelighter:
    model = GOLDEN.fill(build_portrait_relighter(tiny()))
    return FastPortraitRelighter(model, InferenceConfig(**options))


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    drawn = [GOLDEN.drawn(f"frame{i}", (64, 64, 3), 0.15, 0.5) for i in range(7)]
    return [frame.clamp(0, 1).numpy() for frame in drawn]


def test_layout_and_precision_change_little(frames: list[np.ndarray]) -> None:
    plain = relighter(channels_last=False)
    reference = plain.draw(plain.encode(frames[0]), CAMERA, LIGHT).image
    scale = float(reference.abs().max())
    for options, limit in (({}, 1e-4), ({"precision": "bf16"}, 0.05)):
        one = relighter(**options)
        image = one.draw(one.encode(frames[0]), CAMERA, LIGHT).image
        assert float((image - reference).abs().max()) < limit * scale, options


def test_video_equals_cached_drawing_until_the_window_is_full(frames: list[np.ndarray]) -> None:
    one = relighter()
    for turn in range(2):  # a second video starts anew
        for i, frame in enumerate(frames):
            relit = one.next_frame(frame, CAMERA, LIGHT)
            alone = one.draw(relit.portrait, CAMERA, LIGHT)
            assert torch.equal(relit.image, alone.image) == (i < 5), (turn, i)
        one.reset()


def test_picture_is_in_range(frames: list[np.ndarray]) -> None:
    one = relighter()
    picture = one.picture(one.draw(one.encode(frames[0]), CAMERA, LIGHT))
    assert picture.shape == (64, 64, 3)
    assert picture.min() >= 0
    assert picture.max() <= 1


def test_missing_device_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(ModelError, match="cuda"):
        relighter(device="cuda")


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["albedo", "shading"])
def test_onnx_agrees(tmp_path: Path, encoder: Any) -> None:
    pytest.importorskip("onnxscript", reason="exporting needs onnxscript")
    pytest.importorskip("onnxruntime", reason="comparing needs ONNX Runtime")
    model = GOLDEN.fill(build_portrait_relighter(tiny()))
    path = tmp_path / f"{encoder}.onnx"
    export_encoder(model, encoder, path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    for name, off in onnx_difference(model, encoder, path).items():
        assert off < 1e-4, name
