"""`relume weights`, with and without PyTorch."""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import relume
from relume.cli import main
from relume.model.checkpoints import KINDS, kinds
from relume.model.checkpoints.header import digest_of

KIND = "dpr"
ENTRY = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights."""
    place = tmp_path / "weights"
    place.mkdir()
    monkeypatch.setenv("RELUME_WEIGHTS", str(place))
    return place


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch isn't installed."""

    class Absent:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "torch":
                raise ModuleNotFoundError(name)

    loaded = list(sys.modules)  # a thread of an earlier test may still import
    for name in [n for n in loaded if n == "torch" or n.startswith("relume.model.paper")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent, *sys.meta_path])
    kinds._layout.cache_clear()  # what earlier tests found out with it


def write(path: Path, **meta: str) -> Path:
    """A file as `relume weights import` writes it, of one small tensor."""
    told = {"format": "relume-weights/1", "kind": KIND, "source": "light.t7"}
    told |= {"source_sha256": "ab" * 32, "digest": "cd" * 32} | meta
    header = json.dumps({"__metadata__": told, "output.weight": ENTRY}).encode()
    data = np.arange(6, dtype=np.float32).tobytes()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


@pytest.mark.usefixtures("without_torch")
def test_list_and_info_need_no_torch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list"]) == 0
    assert "relume weights import FILE" in capsys.readouterr().err
    path = write(folder / "mine.safetensors")
    (folder / "other.safetensors").write_bytes(b"not weights")
    assert main(["weights", "list"]) == 0
    told = capsys.readouterr().out
    assert "mine" in told
    assert "light.t7" in told
    assert "other" not in told
    for name in ("mine", str(path)):
        assert main(["weights", "info", name]) == 0
        told = capsys.readouterr().out
        assert all(part in told for part in (KIND, "ab" * 32, "cd" * 32, "as published"))


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize("command", [["import", "{}"], ["verify", "{}"]])
def test_what_needs_torch_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    path = write(folder / "mine.safetensors")
    assert main(["weights", *(part.format(path) for part in command)]) == 7
    assert 'pip install "relume[paper]"' in capsys.readouterr().err


@pytest.mark.usefixtures("without_torch")
def test_relighting_with_the_paper_model_needs_torch(
    short_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    given = ["relight", str(short_clip), "-o", str(output), "-l", "loop", "--model", "paper"]
    assert main(given) == 7
    assert 'pip install "relume[paper]"' in capsys.readouterr().err
    assert not output.exists()


COMPACT = Path(relume.__file__).parent / "assets" / "compact.safetensors"


@pytest.mark.usefixtures("without_torch")
def test_the_compact_models_weights_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["weights", "info", str(COMPACT)]) == 0
    told = capsys.readouterr().out
    assert all(part in told for part in ("compact model", "30,200 steps", "972 portraits", "15.7"))
    assert main(["weights", "import", str(COMPACT)]) == 8
    assert "needs no import: relume relight --weights" in capsys.readouterr().err
    assert main(["weights", "verify", str(COMPACT)]) == 0
    assert "compact model; it loads" in capsys.readouterr().out

    content = bytearray(COMPACT.read_bytes())
    content[-2:] = b"\x00\x7c"  # infinity in half precision
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(content)
    assert main(["weights", "verify", str(broken)]) == 8
    assert "not finite: " in capsys.readouterr().err

    broken.write_bytes(bytes(content).replace(b'"field.template"', b'"field.Template"'))
    assert main(["weights", "verify", str(broken)]) == 8
    assert "holds no compact model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file; check the name and the folder"),
        (b"", "damaged"),
        (struct.pack("<Q", 1 << 60), "damaged"),
        (struct.pack("<Q", 2) + b"[]", "damaged"),
        (struct.pack("<Q", 9) + b'{"a": {}}', "damaged"),
        (struct.pack("<Q", 2) + b"{}", "import"),
    ],
)
def test_files_that_are_no_weights(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    path = folder / "bad.safetensors"
    if content is not None:
        path.write_bytes(content)
    assert main(["weights", "info", str(path)]) == 8
    told = capsys.readouterr().err
    assert told.startswith("relume: ")
    assert str(path) in told
    assert words in told


def test_a_folder_in_a_weights_files_place(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    Path("runs").mkdir()
    for command in ("info", "verify", "import"):
        assert main(["weights", command, "runs"]) == 8
        assert capsys.readouterr().err == "relume: runs: is a folder; name a file in it\n"


@pytest.mark.parametrize("command", ["info", "verify", "import"])
def test_weights_that_cannot_be_looked_at(capsys: pytest.CaptureFixture[str], command: str) -> None:
    name = "a" * 300 + ".safetensors"
    assert main(["weights", command, name]) == 8
    assert f"{name}: can't be read (File name too long)" in capsys.readouterr().err


def test_a_file_cut_off_is_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder / "mine.safetensors")
    path.write_bytes(path.read_bytes()[:-4])
    assert main(["weights", "info", "mine"]) == 8
    assert "damaged" in capsys.readouterr().err


def test_every_kind_is_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["weights", "import", "--help"])
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert all(kind in told for kind in KINDS)


def test_a_folder_that_may_not_be_looked_into(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELUME_WEIGHTS", "a" * 300)  # for the tests' user may look into any
    for arguments in (["list"], ["info", "mine"]):
        assert main(["weights", *arguments]) == 8
        assert "can't be looked into (File name too long)" in capsys.readouterr().err


def test_a_name_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "mine.safetensors")
    assert main(["weights", "info", "yours"]) == 8
    told = capsys.readouterr().err
    assert "mine" in told
    assert "relume weights import FILE" in told


class _Malice:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_malicious_pickle_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], protocol: int
) -> None:
    pytest.importorskip("torch", reason="importing needs PyTorch")
    source, trace = tmp_path / "network.pkl", tmp_path / "ran"
    source.write_bytes(pickle.dumps({"G_ema": _Malice(trace)}, protocol))
    assert main(["weights", "import", str(source)]) == 8
    told = capsys.readouterr().err
    assert "refused" in told
    assert str(source) in told
    assert not trace.exists()
    assert list(folder.iterdir()) == []


def test_published_files_are_imported_or_their_faults_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch", reason="importing needs PyTorch")
    pytest.importorskip("safetensors", reason="weights are kept as safetensors")
    from relume.model.paper import build_light_estimator, published

    state = build_light_estimator(published()).state_dict()
    source, kept = tmp_path / "light.t7", folder / f"{KIND}.safetensors"
    del state["conv_2.bias"]
    torch.save({**state, "output.bias": torch.zeros(7), "more": torch.zeros(1)}, source)
    assert main(["weights", "import", str(source)]) == 8
    told = capsys.readouterr().err
    assert "missing: 1" in told
    assert "conv_2.bias" in told
    assert "(7,) in the file" in told
    assert not kept.exists()

    torch.save(build_light_estimator(published()).state_dict(), source)
    assert main(["weights", "import", str(source)]) == 0
    assert str(kept) in capsys.readouterr().out
    assert kept.stat().st_mode & 0o044  # readable by others
    assert main(["weights", "verify", KIND]) == 0
    assert "right" in capsys.readouterr().out
    data = bytearray(kept.read_bytes())
    data[-5] ^= 1
    kept.write_bytes(data)
    assert main(["weights", "verify", KIND]) == 8
    assert "import the file again" in capsys.readouterr().err


def test_the_digest_covers_names_and_values(folder: Path) -> None:
    path = write(folder / "mine.safetensors")
    first = digest_of(path)
    assert digest_of(write(path, digest="ef" * 32)) == first  # not the texts beside them
    data = path.read_bytes()
    path.write_bytes(data.replace(b"output.weight", b"output.height"))
    assert digest_of(path) != first
