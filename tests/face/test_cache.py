"""Compiled networks kept on disk: found again, never believed when damaged, never in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.face import networks
from relume.face.cache import Cache, cache_folder
from relume.face.networks import Network, NetworkConfig


def test_what_is_kept_is_found_by_name_and_key(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a" / "b")
    assert cache.find("net", "1") is None
    cache.keep("net", "1", b"one")
    cache.keep("other", "1", b"more")
    assert cache.find("net", "1") == b"one"
    assert cache.find("net", "2") is None
    for key in "23456":  # newer versions, say
        cache.keep("net", key, key.encode())
    assert [cache.find("net", key) for key in "123456"] == [None, None, b"3", b"4", b"5", b"6"]
    assert cache.find("other", "1") == b"more"
    assert len(list((tmp_path / "a" / "b").iterdir())) == 5


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b[:40] + b"x"])
def test_a_damaged_file_counts_as_missing(tmp_path: Path, damage: object) -> None:
    cache = Cache(tmp_path)
    cache.keep("net", "1", bytes(range(100)))
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    assert cache.find("net", "1") is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "relume")
    cache.keep("net", "1", b"one")
    assert cache.find("net", "1") is None


def test_the_folder_is_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "relume"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "relume"


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home directory")

    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    cache = Cache(cache_folder())
    cache.keep("net", "1", b"one")
    assert cache.find("net", "1") is None


def test_a_network_from_the_cache_gives_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    monkeypatch.setattr(networks, "_compiled", {})
    config = NetworkConfig(cache=tmp_path)

    def outputs() -> list[np.ndarray]:
        networks._compiled.clear()
        return Network("face_detection_short_range", -1.0, 1.0, config)(picture)

    first = outputs()
    (file,) = tmp_path.iterdir()
    compiled = Network._model
    monkeypatch.setattr(Network, "_model", lambda *_: pytest.fail("compiled again"))
    for a, b in zip(first, outputs(), strict=True):
        np.testing.assert_array_equal(a, b)
    # A whole file that OpenVINO can't make sense of is compiled anew.
    monkeypatch.setattr(Network, "_model", compiled)
    monkeypatch.setattr(Cache, "find", lambda *_: b"nonsense")
    file.unlink()
    for a, b in zip(first, outputs(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert file.is_file()
