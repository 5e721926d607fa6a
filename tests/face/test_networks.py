"""The carried networks: hashes, origin page, damage."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from relume.errors import ModelError
from relume.face import load_ahead
from relume.face.networks import NETWORKS, Network, NetworkConfig, read_asset

FOLDER = resources.files("relume").joinpath("assets/networks")


@pytest.mark.parametrize("name", NETWORKS)
def test_files_are_those_the_readme_names(name: str) -> None:
    readme = FOLDER.joinpath("README.md").read_text()
    for file, digest in NETWORKS[name].items():
        assert hashlib.sha256(FOLDER.joinpath(file).read_bytes()).hexdigest() == digest
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{file}`"))
        assert digest in row


def test_a_changed_file_is_refused() -> None:
    file = next(iter(NETWORKS["face_landmark"]))
    with pytest.raises(ModelError, match="damaged"):
        read_asset(f"networks/{file}", "0" * 64)
    with pytest.raises(ModelError, match="missing"):
        read_asset("networks/none.tflite", "0" * 64)


@pytest.mark.parametrize(
    ("name", "side", "sizes"),
    [
        ("face_detection_short_range", 128, {896 * 16, 896}),
        ("face_detection_full_range", 192, {2304 * 16, 2304}),
        ("face_landmark", 192, {1404, 1}),
        ("selfie_segmentation", 256, {256 * 256}),
    ],
)
def test_networks_run_and_repeat_themselves(name: str, side: int, sizes: set[int]) -> None:
    network = Network(name, 0.0, 1.0)
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    first = network(picture)
    assert {o.size for o in first} == sizes
    assert all(np.isfinite(o).all() for o in first)
    for a, b in zip(first, network(picture), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_network_is_compiled_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def compile_slowly(self: Network) -> object:
        time.sleep(0.05)
        done.append(self)
        return object()

    monkeypatch.setattr(Network, "_compile", compile_slowly)
    kind = ("face_landmark", -3.0, 3.0)  # nobody else's
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: Network(*kind).prepare(), range(8)))
    assert len(done) == 1
    assert all(result is results[0] for result in results)
    assert Network(*kind, NetworkConfig(threads=2)).prepare() is not results[0]


def test_loading_ahead_brings_what_trackers_and_mattes_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded, broken = [], "face_landmark"

    def prepare(self: Network) -> None:
        loaded.append(self)
        if self._files is NETWORKS[broken]:
            raise ModelError("told again to whoever uses it")

    monkeypatch.setattr(Network, "prepare", prepare)
    load_ahead(2)
    for thread in threading.enumerate():
        if thread.name == "relume-load":
            thread.join()
    assert sorted(map(id, (n._files for n in loaded))) == sorted(map(id, NETWORKS.values()))


_LOAD = """
import sys
import numpy as np
from relume.face.networks import Network
Network("face_landmark", 0.0, 1.0)(np.zeros((192, 192, 3), np.uint8))
assert "openvino" in sys.modules
assert "openvino_telemetry" not in sys.modules
"""


def test_nothing_is_sent_anywhere(tmp_path: Path) -> None:
    """OpenVINO reports its use unless it is kept from it; all that is written is the cache."""
    home = tmp_path / "home"
    home.mkdir()
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "TF_BUILD", "JENKINS_URL")}
    env["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    subprocess.run([sys.executable, "-c", _LOAD], check=True, env=env | {"HOME": str(home)})
    assert not list(home.iterdir())
