"""How the encoder is rounded: what eight bits cost, and that nothing is imitated."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from relume import inference, native
from relume.compact_engine import CompactEngine, CompactEngineConfig
from relume.errors import ModelError
from relume.geometry import Camera
from relume.media import open_video
from relume.pipeline.relighter import Relighter
from relume.runtime import CompactRuntime, RuntimeConfig
from relume.runtime.layers import RANGES
from relume.runtime.tensors import read_tensors


def test_bfloat16_is_left_to_processors_that_multiply_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for unit, hint in (("amx", "bf16"), ("avx512", "bf16"), ("none", "f32")):
        monkeypatch.setattr(inference, "multiplies_bf16", lambda unit=unit: unit)
        assert inference.float_hint(exact=False) == hint
        assert inference.float_hint(exact=True) == "f32"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/cpuinfo (Linux)")
@pytest.mark.skipif(native.native() is None, reason="needs the compiled kernels")
def test_the_processor_says_so_itself() -> None:
    flags = Path("/proc/cpuinfo").read_text().split()
    expected = "none"
    if "avx512_bf16" in flags:
        expected = "avx512"
    if "amx_bf16" in flags:
        expected = "amx"
    assert inference.multiplies_bf16() == expected


def _relit(clip: Path, precision: str) -> np.ndarray:
    """Twelve frames of the bundled clip as the model relights them."""
    config = CompactEngineConfig(runtime=RuntimeConfig(precision=precision))  # type: ignore[arg-type]
    relighter = Relighter("rembrandt", engine=CompactEngine(config))
    with open_video(clip) as reader:
        frames = [frame.rgb8 for frame, _ in zip(reader, range(12), strict=False)]
    return np.stack([relighter(frame) for frame in frames])


def test_eight_bits_look_the_same(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relit picture differs by what nobody sees."""
    monkeypatch.setattr(inference, "multiplies_bf16", lambda: "none")  # that rounds nothing else
    exact, rounded = (_relit(demo, p).astype(np.float32) for p in ("f32", "int8"))
    error = float(np.square(exact - rounded).mean())
    assert error > 0  # it was rounded at all
    assert 10 * np.log10(255**2 / error) > 48
    assert np.abs(exact - rounded).max() <= 10


def test_without_ranges_there_is_no_int8(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
    shipped = Path(inference.__file__).parent / "assets" / "compact.safetensors"
    weights, meta = read_tensors(shipped)
    ranged = [name.removeprefix(RANGES) for name in weights if name.startswith(RANGES)]
    parts = {name.split(".")[0] for name in ranged}
    assert parts == {"albedo_encoder", "delighter"}  # the shading encoder's would err too much
    assert all(f"{name}.weight" in weights for name in ranged)
    bare = tmp_path / "bare.safetensors"
    kept = {k: v for k, v in weights.items() if not k.startswith(RANGES)}
    safetensors.save_file(kept, bare, meta)
    with pytest.raises(ModelError, match="int8"):
        CompactRuntime(bare, RuntimeConfig(precision="int8"))
    picture = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    camera = Camera.look_at(0, 0)
    assert CompactRuntime(bare).encode(picture, camera).shape == (3, 64, 64, 24)
