"""Estimators: the open set measures what it should, and files of others are read or refused."""

from __future__ import annotations

import copy
import io
import pickle
import struct
import subprocess
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import openvino.opset13 as op
import pytest

from relume import efficientnet
from relume.errors import MissingDependencyError, ModelError
from relume.evaluate.clips import Clip
from relume.evaluate.estimators import EstimatorFiles, open_estimators
from relume.evaluate.estimators import dlib as dlib_module
from relume.evaluate.estimators.dlib import DlibEmbedding
from relume.evaluate.estimators.efficientnet import EfficientNetFeatures
from relume.evaluate.estimators.flow import DisFlow, NetworkFlow
from relume.evaluate.estimators.identity import FaceEmbedding, five_points
from relume.evaluate.estimators.light import RenderedHeadsLight
from relume.evaluate.estimators.published import DecaLight, InceptionFeatures, NetworkDistance
from relume.evaluate.estimators.tensors import read_tensors
from relume.evaluate.metrics import lighting_error
from relume.evaluate.protocols.people import Lighting, MadeClip
from relume.face import FaceTracker
from relume.light import Light, direction_of, directional

RNG = np.random.default_rng(0)


def save(path: Path, inputs: list, outputs: list) -> Path:
    ov.save_model(ov.Model(outputs, inputs, "tiny"), path, compress_to_fp16=False)
    return path


@pytest.fixture(scope="module")
def light() -> RenderedHeadsLight:
    return RenderedHeadsLight()


def test_nothing_is_sent_anywhere() -> None:
    """OpenVINO reports its use unless it is kept from it."""
    code = (
        "import sys; from relume.evaluate.estimators.light import RenderedHeadsLight;"
        "RenderedHeadsLight();"
        "assert 'openvino' in sys.modules and 'openvino_telemetry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_dlib_embedding_sees_the_face_upright(
    made: MadeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for dlib's network tells what crop it was given."""
    monkeypatch.setattr(dlib_module, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"relume\[identity\]"):
        DlibEmbedding()
    assert "identity" in open_estimators().missing
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dlib_face_recognition_resnet_model_v1.dat").write_bytes(b"weights")
    spec = types.SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(dlib_module, "find_spec", lambda _: spec)
    monkeypatch.setattr(dlib_module.metadata, "version", lambda _: "0.3.0")
    crops: list[np.ndarray] = []

    class Network:
        def __init__(self, _: str) -> None:
            pass

        def compute_face_descriptor(self, crop: np.ndarray) -> list[float]:
            crops.append(crop)
            return [3.0, 4.0]

    stand_in = types.SimpleNamespace(face_recognition_model_v1=Network)
    monkeypatch.setitem(sys.modules, "dlib", stand_in)
    embed = open_estimators().identity
    assert isinstance(embed, DlibEmbedding)
    assert embed.record.name == "dlib ResNet"
    picture = made.picture(0, False, (0.0, 0.0, 0.0))
    face = FaceTracker().detect(picture)[0]
    dots = np.zeros_like(picture)
    for point in face.landmarks[[33, 263], :2]:
        cv2.circle(dots, tuple(round(float(x)) for x in point), 2, (255, 255, 255), -1)
    assert np.allclose(embed(dots, face.landmarks), [0.6, 0.8])
    columns = np.flatnonzero(crops[0].max((0, 2)) > 100)
    # Outer eye corners at 0.12 and 0.86 of the inner square, a quarter padded on each side.
    assert columns.min() == pytest.approx((0.12 + 0.25) * 100, abs=6)
    assert columns.max() == pytest.approx((0.86 + 0.25) * 100, abs=6)
    assert crops[0].shape == (150, 150, 3)


def test_light_network_reads_made_up_lights(light: RenderedHeadsLight, made: MadeClip) -> None:
    """A lamp over a dim room: far nearer to the truth than even light or the lamp's mirror."""
    tracker, studio = FaceTracker(), copy.copy(made)
    even = np.eye(9)[:, :1]
    for azimuth in (-0.8, 0.8):
        lamp = direction_of(azimuth, 0.4)
        studio.source = Lighting(Light.ambient() * 0.3, lamp, 0.9)
        picture = studio.picture(0, False, (0.0, 0.0, 0.0))
        said = light(picture, tracker.detect(picture)[0])
        truth = studio.source.light
        assert said[0, 0] == 1.0
        error = lighting_error(said, truth.coefficients[:, :1])
        assert error < 0.5 * lighting_error(even, truth.coefficients[:, :1])
        assert error < 0.5 * lighting_error(truth.mirrored().coefficients, truth.coefficients)


def test_light_network_ignores_exposure(light: RenderedHeadsLight, clip: Clip) -> None:
    frame, face = next(clip.frames()), clip.faces[0]
    assert face is not None
    darker = np.rint(frame * 0.8).astype(np.uint8)
    assert lighting_error(light(darker, face), light(frame, face)) < 0.06


def test_light_network_turns_with_the_picture(light: RenderedHeadsLight) -> None:
    picture = RNG.uniform(-1, 1, (2, 64, 64)).astype(np.float32)
    upright = light.upright(picture)[:, 0]
    leaning = light.upright(picture, np.pi / 2)[:, 0]
    # A quarter turn counter-clockwise takes light from the right (x) to above (y).
    assert leaning[1] == pytest.approx(upright[3])
    assert leaning[3] == pytest.approx(-upright[1])
    assert leaning[2] == pytest.approx(upright[2])


def test_a_leaning_head_is_read_upright(light: RenderedHeadsLight, made: MadeClip) -> None:
    """The whole picture turned counter-clockwise turns the light as much."""
    studio = copy.copy(made)
    studio.source = Lighting(Light.ambient() * 0.3, direction_of(0.7, 0.2), 0.9)
    picture = studio.picture(0, False, (0.0, 0.0, 0.0))
    middle = (picture.shape[1] / 2 - 0.5, picture.shape[0] / 2 - 0.5)
    turned = cv2.warpAffine(
        picture,
        cv2.getRotationMatrix2D(middle, 25, 1),
        picture.shape[1::-1],
        borderMode=cv2.BORDER_REPLICATE,
    )
    a, b = (light(p, FaceTracker().detect(p)[0]) for p in (picture, turned))
    angle = np.degrees(np.arctan2(b[1, 0], b[3, 0]) - np.arctan2(a[1, 0], a[3, 0]))
    assert angle == pytest.approx(25, abs=12)


def test_light_network_is_the_shipped_one(light: RenderedHeadsLight) -> None:
    assert light.record.role == "light"
    assert len(light.record.sha256) == 64


def test_flow_of_a_shifted_picture_is_the_shift() -> None:
    before = cv2.GaussianBlur(RNG.integers(0, 255, (96, 96, 3)).astype(np.uint8), (0, 0), 2)
    before = cv2.normalize(before, None, 0, 255, cv2.NORM_MINMAX)
    after = np.roll(before, (2, 4), (0, 1))
    flow = DisFlow()(after, before)[16:-16, 16:-16]
    assert np.median(flow[..., 0]) == pytest.approx(-4, abs=0.3)
    assert np.median(flow[..., 1]) == pytest.approx(-2, abs=0.3)


def test_network_flow_pads_to_multiples_of_eight(tmp_path: Path) -> None:
    a, b = (op.parameter([1, 3, -1, -1], np.float32) for _ in range(2))
    difference = op.subtract(a, b)
    two = op.gather(difference, op.constant(np.array([0, 1])), op.constant(1))
    flow = NetworkFlow(save(tmp_path / "raft.xml", [a, b], [two]))
    later, earlier = np.full((20, 30, 3), 7, np.uint8), np.full((20, 30, 3), 4, np.uint8)
    assert (flow(later, earlier) == 3).all()
    assert flow(later, earlier).shape == (20, 30, 2)
    assert flow.record.name == "raft"


def test_embedding_is_of_unit_length_and_aligned(tmp_path: Path, clip: Clip) -> None:
    x = op.parameter([1, 3, 112, 112], np.float32)
    mean = op.reduce_mean(x, op.constant(np.array([2, 3])), False)
    embed = FaceEmbedding(save(tmp_path / "face.xml", [x], [mean]))
    face = clip.faces[0]
    assert face is not None
    frame = next(clip.frames())
    vector = embed(frame, face.landmarks)
    assert np.linalg.norm(vector) == pytest.approx(1)
    # The crop goes with the landmarks: a frame turned upside down with them gives the same.
    turned = np.ascontiguousarray(frame[::-1, ::-1])
    points = np.array(frame.shape[1::-1]) - 1 - face.landmarks[:, :2]
    assert np.allclose(embed(turned, points.astype(np.float32)), vector, atol=5e-3)
    assert five_points(face.landmarks).shape == (5, 2)


def test_ncnn_networks_are_rebuilt(tmp_path: Path) -> None:
    weight = RNG.normal(size=(4, 3, 112, 112)).astype(np.float32) / 100
    slope, mean, variance, bias = RNG.uniform(0.5, 2, (4, 4)).astype(np.float32)
    (tmp_path / "n.param").write_text(
        "7767517\n5 6\n"
        "Input data 0 1 data\n"
        "BinaryOp minus 1 1 data m 0=1 1=1 2=127.5\n"
        "Convolution conv 1 1 m c 0=4 1=112 3=1 4=0 5=0 6=150528\n"
        "BatchNorm bn 1 1 c b 0=4\n"
        "PReLU relu 1 1 b out 0=4\n"
    )
    alpha = np.full(4, 0.25, np.float32)
    raw = b"\0\0\0\0" + weight.tobytes()
    (tmp_path / "n.bin").write_bytes(
        raw + b"".join(v.tobytes() for v in (slope, mean, variance, bias, alpha))
    )
    embed = FaceEmbedding(tmp_path / "n.param")
    picture = RNG.integers(0, 255, (112, 112, 3)).astype(np.float32)
    out = embed._run(picture.transpose(2, 0, 1)[None])[0].reshape(-1)
    z = (weight * (picture.transpose(2, 0, 1) - 127.5)).sum((1, 2, 3))
    y = (z - mean) / np.sqrt(variance) * slope + bias
    assert np.allclose(out, np.where(y > 0, y, 0.25 * y), rtol=1e-3, atol=1e-2)
    (tmp_path / "n.bin").write_bytes(raw)
    with pytest.raises(ModelError, match="end too early"):
        FaceEmbedding(tmp_path / "n.param")


def test_distances_deca_and_inception_take_their_ranges(tmp_path: Path, clip: Clip) -> None:
    a, b = (op.parameter([1, 3, 256, 256], np.float32) for _ in range(2))
    axes = op.constant(np.array([0, 1, 2, 3]))
    distance = op.reduce_mean(op.abs(op.subtract(a, b)), axes, False)
    path = save(tmp_path / "alex.xml", [a, b], [distance])
    white, black = np.full((64, 64, 3), 255, np.uint8), np.zeros((64, 64, 3), np.uint8)
    assert NetworkDistance("lpips", path)(white, black) == pytest.approx(2)
    assert NetworkDistance("dists", path)(white, black) == pytest.approx(1)
    x = op.parameter([1, 3, 224, 224], np.float32)
    first = op.reduce_max(x, axes, False)
    code = np.zeros(236, np.float32)
    code[-27:] = np.repeat([3, 1, 0, 0, 0, 0, 0, 0, 0], 3)  # ambient, and x
    light = DecaLight(
        save(tmp_path / "deca.xml", [x], [op.add(op.multiply(first, np.float32(0)), code)])
    )
    face = clip.faces[0]
    assert face is not None
    said = light(next(clip.frames()), face)
    assert said.shape == (9, 3)
    assert (said[3] > 0.9).all()
    y = op.parameter([1, 3, 299, 299], np.float32)
    pool = op.reduce_mean(y, op.constant(np.array([2, 3])), False)
    features = InceptionFeatures(save(tmp_path / "inception.xml", [y], [pool]))
    assert np.allclose(features.pooled(white), 255)


def test_files_that_are_no_networks_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="not a network"):
        FaceEmbedding(bad)
    with pytest.raises(ModelError, match="no such file"):
        FaceEmbedding(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match=r"must be an \.onnx"):
        NetworkFlow(tmp_path / "x.pth")


def test_missing_estimators_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        return None

    monkeypatch.setattr(efficientnet, "find_spec", none)
    monkeypatch.setattr(dlib_module, "find_spec", none)
    with pytest.raises(MissingDependencyError, match=r"relume\[evaluate\]"):
        EfficientNetFeatures()
    estimators = open_estimators(EstimatorFiles())
    assert set(estimators.missing) == {"features", "identity"}
    assert [r.role for r in estimators.records()] == ["light", "flow"]


class _Tensor:
    """Pickles as PyTorch's tensors do."""

    def __init__(self, key: str, size: tuple[int, ...], stride: tuple[int, ...]) -> None:
        self.key, self.size, self.stride = key, size, stride


def legacy_file(state: dict[str, _Tensor], storages: dict[str, np.ndarray]) -> bytes:
    """A state dict as PyTorch wrote it before 1.6."""
    utils, torch = types.ModuleType("torch._utils"), types.ModuleType("torch")

    def rebuild(*_: object) -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    kind = type("FloatStorage", (), {"__module__": "torch"})
    utils._rebuild_tensor_v2, torch.FloatStorage, torch._utils = rebuild, kind, utils

    class Storage:
        def __init__(self, key: str) -> None:
            self.key = key

    class Pickler(pickle.Pickler):
        def persistent_id(self, item: object) -> object:
            if isinstance(item, Storage):
                return ("storage", kind, item.key, "cpu", len(storages[item.key]), None)
            return None

        def reducer_override(self, item: object) -> object:
            if isinstance(item, _Tensor):
                return rebuild, (Storage(item.key), 0, item.size, item.stride, False, None)
            return NotImplemented

    out = io.BytesIO()
    known = {n: sys.modules.get(n) for n in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        for item in (0x1950A86A20F9469CFC6C, 1001, {}):
            pickle.dump(item, out, 2)
        Pickler(out, 2).dump(state)
    finally:
        for name, module in known.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module
    pickle.dump(list(storages), out, 2)
    for values in storages.values():
        out.write(struct.pack("<q", len(values)) + values.tobytes())
    return out.getvalue()


def test_state_dicts_are_read_without_pytorch(tmp_path: Path) -> None:
    numbers = np.arange(6, dtype=np.float32)
    state = {"a": _Tensor("0", (2, 3), (3, 1)), "b": _Tensor("0", (3, 2), (1, 3))}
    path = tmp_path / "old.pth"
    path.write_bytes(legacy_file(state, {"0": numbers}))
    found = read_tensors(path)
    assert np.array_equal(found["a"], numbers.reshape(2, 3))
    assert np.array_equal(found["b"], numbers.reshape(2, 3).T)
    path.write_bytes(legacy_file({"a": _Tensor("0", (9, 9), (9, 1))}, {"0": numbers}))
    with pytest.raises(ModelError, match="beyond its numbers"):
        read_tensors(path)
    path.write_bytes(pickle.dumps(print))
    with pytest.raises(ModelError, match="is not a tensor"):
        read_tensors(path)


def test_left_and_right_are_told_apart(light: RenderedHeadsLight, shared: Path) -> None:
    """On photographs: Yale B's azimuth is positive for light from the left of the picture."""
    from relume.evaluate.protocols.yale import YalePerson

    found = {
        a: next((shared / "yale_b").glob(f"yaleB01_P00A{a:+04d}E+00.png"), None)
        for a in (0, 50, -50)
    }
    pictures = {(a, 0): p for a, p in found.items() if p is not None}
    grey = YalePerson("x", pictures, None)  # type: ignore[arg-type]
    face = FaceTracker().detect(grey.rgb8((0, 0)))[0]
    left, right = (light(grey.rgb8((a, 0)), face)[3, 0] for a in (50, -50))
    assert left < -0.5 < 0.5 < right
    truth = directional(direction_of(np.radians(50), 0)).coefficients[:, :1]
    assert lighting_error(light(grey.rgb8((-50, 0)), face), truth) < 0.8
