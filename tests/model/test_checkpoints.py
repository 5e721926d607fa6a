"""Weights: layouts of the published files, safe reading, checking and keeping."""

from __future__ import annotations

import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the published architecture needs PyTorch")
pytest.importorskip("safetensors", reason="weights are kept as safetensors")

import relume.model.paper  # noqa: E402
from relume.errors import ModelError  # noqa: E402
from relume.model.checkpoints import (  # noqa: E402
    KINDS,
    import_weights,
    list_weights,
    load_model,
    save_weights,
    verify_weights,
    weights_info,
)
from relume.model.checkpoints import kinds as kinds_module  # noqa: E402
from relume.model.checkpoints.sizes import sizes_from_text, sizes_to_text  # noqa: E402

MANIFESTS = {
    "portrait-relighting": ("manifest", 610),
    "nerffacelighting": ("manifest_nerffacelighting_G", 223),
    "nerffacelighting-d": ("manifest_dual_discriminator", 183),
    "eg3d": ("manifest_eg3d_G", 176),
    "eg3d-d": ("manifest_eg3d_D", 92),
    "dpr": ("manifest_dpr512", 250),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_published_tensor_has_its_place(parity: Any, kind: str) -> None:
    name, count = MANIFESTS[kind]
    manifest = {entry["name"]: tuple(entry["shape"]) for entry in parity.manifest(name)}
    assert len(manifest) == count
    assert KINDS[kind].layout == manifest


@pytest.mark.parametrize("kind", KINDS)
def test_a_layout_is_recognised_by_its_names(kind: str) -> None:
    assert kinds_module.recognise(KINDS[kind].layout) == KINDS[kind]
    assert kinds_module.recognise(["conv.weight", "conv.bias"]) is None


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Published files are of tiny networks for a while."""
    config = relume.model.paper.tiny()
    monkeypatch.setattr(relume.model.paper, "published", lambda: config)
    kinds_module._layout.cache_clear()
    yield config
    kinds_module._layout.cache_clear()


def random_state(kind: str, config: Any) -> dict[str, Any]:
    return dict(KINDS[kind].build(config).state_dict())


class Persistent:
    """Pickles as StyleGAN2's modules do: a call that would run the source code inside."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state

    def __reduce__(self) -> Any:
        meta = {
            "type": "class",
            "version": 6,
            "module_src": "raise SystemExit('this code must never run')",
            "class_name": "Generator",
            "state": self.state,
        }
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (meta,)


def as_persistent(module: Any) -> Persistent:
    return Persistent(
        {
            "training": False,
            "_parameters": OrderedDict(module._parameters),
            "_buffers": OrderedDict(module._buffers),
            "_modules": OrderedDict(
                (name, None if child is None else as_persistent(child))
                for name, child in module._modules.items()
            ),
            "_init_kwargs": {"z_dim": 512, "device": torch.device("cpu"), "odd": {1, 2}},
            "activation": torch.nn.Softplus(),
        }
    )


@pytest.fixture
def persistence(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta: Any) -> None:
        raise AssertionError("the reader called the file's own function")

    _reconstruct_persistent_obj.__module__ = module.__name__
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch_utils", types.ModuleType("torch_utils"))
    monkeypatch.setitem(sys.modules, "torch_utils.persistence", module)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", ["portrait-relighting", "dpr"])
def test_state_dict_round_trip(small: Any, tmp_path: Path, kind: str, zipped: bool) -> None:
    state = random_state(kind, small)
    source = tmp_path / "model.pth"
    torch.save(state, source, _use_new_zipfile_serialization=zipped)
    report = import_weights(source, folder=tmp_path / "kept")
    assert report.ok
    assert (report.kind, report.tensors, report.extra) == (kind, len(state), [])
    assert report.written == tmp_path / "kept" / f"{kind}.safetensors"
    loaded = load_model(report.written).state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())
    (info,) = list_weights(tmp_path / "kept")
    assert info == weights_info(report.written)
    assert (info.kind, info.source, len(info.shapes)) == (kind, "model.pth", len(state))
    assert info.parameters == sum(v.numel() for v in state.values())
    assert verify_weights(report.written) == []
    again = import_weights(report.written, folder=tmp_path / "again")
    assert again.written is not None
    assert weights_info(again.written).digest == info.digest


@pytest.mark.parametrize("lineage", ["nerffacelighting", "eg3d"])
def test_training_pickle(small: Any, persistence: None, tmp_path: Path, lineage: str) -> None:
    generator, judge = (KINDS[k].build(small) for k in (lineage, f"{lineage}-d"))
    content = {
        "G_ema": as_persistent(generator),
        "D": as_persistent(judge),
        "G": None,
        "training_set_kwargs": {"path": "somewhere"},
    }
    source = tmp_path / "network.pkl"
    source.write_bytes(pickle.dumps(content))
    report = import_weights(source, folder=tmp_path)
    assert (report.kind, report.ok, report.extra) == (lineage, True, [])
    kept = load_model(str(report.written)).state_dict()
    assert all(torch.equal(kept[name], v) for name, v in generator.state_dict().items())
    report = import_weights(source, f"{lineage}-d", folder=tmp_path)
    kept = load_model(str(report.written)).state_dict()
    assert all(torch.equal(kept[name], v) for name, v in judge.state_dict().items())


class Malice:
    def __init__(self, function: Any, *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("hidden", [False, True])
def test_malicious_pickle_is_refused(
    persistence: None, tmp_path: Path, protocol: int, hidden: bool
) -> None:
    import os

    trace = tmp_path / "ran"
    bad: Any = Malice(os.system, f"touch {trace}")
    if hidden:
        bad = Persistent({"_parameters": {"weight": bad}, "_buffers": {}, "_modules": {}})
    source = tmp_path / "network.pkl"
    source.write_bytes(pickle.dumps({"G_ema": bad}, protocol))
    with pytest.raises(ModelError, match="refused"):
        import_weights(source, "eg3d", folder=tmp_path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["eval", "exec", "getattr", "__import__", "open"])
def test_builtins_are_refused(tmp_path: Path, name: str) -> None:
    source = tmp_path / "network.pkl"
    source.write_bytes(f"cbuiltins\n{name}\n(S'1'\ntR.".encode())
    with pytest.raises(ModelError, match=f"builtins.{name}.*refused"):
        import_weights(source, folder=tmp_path)


def test_functions_of_other_packages_are_never_called(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    source = tmp_path / "network.pkl"
    code = f"open({str(trace)!r}, 'w')"
    source.write_bytes(f"cnumpy.testing._private.utils\nrunstring\n(V{code}\n(dtR.".encode())
    with pytest.raises(ModelError):
        import_weights(source, folder=tmp_path)
    assert not trace.exists()


def test_malicious_state_dict_is_refused(tmp_path: Path) -> None:
    import os

    source = tmp_path / "model.pth"
    torch.save({"weight": Malice(os.system, f"touch {tmp_path / 'ran'}")}, source)
    with pytest.raises(ModelError, match=r"model\.pth"):
        import_weights(source, folder=tmp_path)
    assert not (tmp_path / "ran").exists()


def test_tensor_beyond_its_data_is_refused(
    persistence: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensor = torch.ones(4)

    class Reaching:
        def __reduce__(self) -> Any:
            function, args = tensor.__reduce_ex__(4)[:2]
            return function, (args[0], 0, (1000,), (1,), *args[4:])

    state = {"_parameters": {"weight": Reaching()}, "_buffers": {}, "_modules": {}}
    source = tmp_path / "network.pkl"
    source.write_bytes(pickle.dumps({"G_ema": Persistent(state)}))
    with pytest.raises(ModelError, match="beyond its data"):
        import_weights(source, "eg3d", folder=tmp_path)


def test_faults_are_reported_and_nothing_is_written(small: Any, tmp_path: Path) -> None:
    state = random_state("dpr", small)
    state["unknown.weight"] = torch.zeros(2)
    state["output.bias"] = torch.zeros(7)
    state["conv_1.bias"][0] = torch.nan
    del state["conv_2.bias"]
    source = tmp_path / "light.t7"
    torch.save(state, source)
    report = import_weights(source, folder=tmp_path / "kept")
    assert not report.ok
    assert report.missing == ["conv_2.bias"]
    assert report.extra == ["unknown.weight"]
    assert report.misshapen == ["output.bias: (7,) in the file, (1,) in the network"]
    assert report.invalid == ["conv_1.bias"]
    assert report.written is None
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 damaged", b"\x80\x04 damaged", b"text", b"\x89PNG"]
)
@pytest.mark.parametrize("name", ["model.pth", "network.pkl", "model.safetensors"])
def test_damaged_files_are_named(tmp_path: Path, content: bytes, name: str) -> None:
    source = tmp_path / name
    source.write_bytes(content)
    with pytest.raises(ModelError, match=name) as told:
        import_weights(source, folder=tmp_path)
    assert "\n" not in str(told.value)


def test_other_mistakes_are_named(small: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file; check"):
        import_weights(tmp_path / "none.pth")
    source = tmp_path / "model.pth"
    torch.save({"a": torch.zeros(1)}, source)
    with pytest.raises(ModelError, match="no known network"):
        import_weights(source, folder=tmp_path)
    with pytest.raises(ModelError, match="unknown kind"):
        import_weights(source, "gan", folder=tmp_path)


def test_changed_weights_are_noticed(small: Any, tmp_path: Path) -> None:
    source = tmp_path / "model.pth"
    torch.save(random_state("dpr", small), source)
    written = import_weights(source, folder=tmp_path).written
    assert written is not None
    data = bytearray(written.read_bytes())
    data[-5] ^= 1
    written.write_bytes(data)
    assert verify_weights(written) == [
        "the values aren't those that were imported: import the file again"
    ]
    written.write_bytes(data[:20])
    with pytest.raises(ModelError, match="damaged"):
        weights_info(written)


@pytest.mark.parametrize("kind", ["portrait-relighting", "dpr"])
def test_weights_of_other_sizes_say_so(tmp_path: Path, kind: str) -> None:
    config = relume.model.paper.tiny()
    state = random_state(kind, config)
    path = tmp_path / "own.safetensors"
    save_weights(path, KINDS[kind], state, {"source": "mine", "source_sha256": ""}, config)
    assert verify_weights(path) == []
    loaded = load_model(path).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())
    report = import_weights(path, folder=tmp_path / "kept")
    assert (report.ok, report.kind) == (True, kind)
    assert weights_info(str(report.written)).sizes == weights_info(path).sizes
    with pytest.raises(ModelError, match="doesn't fit"):
        load_model(path, relume.model.paper.published())


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"z_dim": "many"}', '{"no_such": 1}', '{"temporal": {"attention": "no"}}']
)
def test_sizes_that_make_no_sense(text: str) -> None:
    with pytest.raises(ModelError, match="make no sense"):
        sizes_from_text(text)


def test_sizes_survive_their_text() -> None:
    for config in (relume.model.paper.tiny(), relume.model.paper.published().unlit()):
        assert sizes_from_text(sizes_to_text(config)) == config


def test_real_light_estimator(shared: Path, tmp_path: Path) -> None:
    source = shared / "measure" / "dpr_512.t7"
    if not source.is_file():
        pytest.skip("needs DPR's own weights")
    report = import_weights(source, folder=tmp_path)
    assert (report.kind, report.tensors, report.ok, report.extra) == ("dpr", 250, True, [])
