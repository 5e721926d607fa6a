"""Shared by the tests of the networks: recreated weights, and the reference values' files."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def draw(name: str, shape: tuple[int, ...], scale: float = 1.0, offset: float = 0.0) -> np.ndarray:
    """Numbers that depend on nothing but their name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    values = rng.standard_normal(shape, dtype=np.float32)
    return np.asarray(offset + np.float32(scale) * values, np.float32)


class Golden:
    """One file of reference values, some of them strided samples of a larger array."""

    def __init__(self, path: Path) -> None:
        self.data = np.load(path)
        self.errors: dict[str, float] = {}

    def __getitem__(self, key: str) -> np.ndarray:
        return np.asarray(self.data[key])

    def difference(self, key: str, value: Any) -> np.ndarray:
        """Absolute differences over the largest reference value; shapes must agree."""
        full = value.detach().float().numpy() if hasattr(value, "detach") else np.asarray(value)
        want = self[key].astype(np.float64)
        shape = tuple(self[f"{key}__shape"]) if f"{key}__shape" in self.data else want.shape
        assert full.shape == shape, f"{key}: shape {full.shape}, reference {shape}"
        have = full.astype(np.float64)
        if f"{key}__stride" in self.data:
            have = have.ravel()[:: int(self[f"{key}__stride"])]
        return np.abs(have - want) / max(np.abs(want).max(), 1e-30)

    def check(self, key: str, value: Any, limit: float) -> None:
        """Fail if any value is off by more than `limit` of the largest."""
        worst = float(self.difference(key, value).max())
        self.errors[key] = worst
        assert worst <= limit, f"{key}: off by {worst:.2g} of the largest value, limit {limit:.2g}"

    @contextmanager
    def watch(self, model: Any, keys: dict[str, str], limit: float) -> Iterator[None]:
        """Check outputs of sub-modules as they are made: {key: path} or {key#1: path}."""
        seen: set[str] = set()

        def hook_for(key: str) -> Callable[..., None]:
            def hook(_module: Any, _inputs: Any, output: Any) -> None:
                if key not in seen:
                    seen.add(key)
                    part = output
                    if isinstance(output, tuple):
                        part = output[int(key.partition("#")[2] or 0)]
                    self.check(key, part, limit)

            return hook

        handles = [
            model.get_submodule(path).register_forward_hook(hook_for(key))
            for key, path in keys.items()
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()
        assert seen == set(keys), f"never computed: {sorted(set(keys) - seen)}"


class Parity:
    """The reference values of the published networks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def golden(self, name: str) -> Golden:
        return Golden(self.folder / "golden" / f"{name}.npz")

    def manifest(self, name: str = "manifest") -> list[dict[str, Any]]:
        return list(json.loads((self.folder / f"{name}.json").read_text()))

    @staticmethod
    def input(tag: str, shape: tuple[int, ...], scale: float = 1.0) -> Any:
        import torch

        return torch.from_numpy(draw(f"input:{tag}", shape) * np.float32(scale))

    @staticmethod
    def image(t: float = 0, n: int = 512) -> Any:
        """A smooth test picture [1, 3, n, n]."""
        import torch

        x, y = np.meshgrid(np.arange(n) / n, np.arange(n) / n)
        channels = [
            0.5 * np.sin(2 * np.pi * (0.7 * (k + 1) * x + 1.3 * y) + k + 0.2 * t)
            + 0.3 * np.cos(2 * np.pi * (3 * x - (2 + k) * y) - 0.1 * t)
            + 0.15 * np.sin(2 * np.pi * (11 * x + (7 + 2 * k) * y))
            for k in range(3)
        ]
        return torch.from_numpy(np.clip(np.stack(channels), -1, 1).astype(np.float32))[None]

    def blocks(self, tag: str) -> Any:
        """Planes [1, 96, 256, 256] of 8x8 blocks of one value."""
        values = self.input(tag, (1, 96, 32, 32))
        return values.repeat_interleave(8, 2).repeat_interleave(8, 3)

    def fill(self, model: Any, manifest: str = "manifest", prefix: str = "") -> Any:
        """Give a model the weights of a manifest, drawn by name."""
        import torch

        state = model.state_dict()
        for entry in self.manifest(manifest):
            name = entry["name"]
            if entry["init"] != "rng" or not name.startswith(prefix):
                continue
            seed = entry.get("seed_name", name)
            value = draw(seed, tuple(entry["shape"]), entry["scale"], entry["offset"])
            state[name.removeprefix(prefix)].copy_(torch.from_numpy(value))
            assert np.allclose(value.ravel()[:3], entry["first"], rtol=1e-6, atol=1e-9)
        return model


SH0 = (0.7, 0.1, 0.15, -0.2, -0.1, 0.05, -0.2, 0.03, 0.0)
SH1 = (0.65, -0.15, 0.1, 0.25, -0.12, 0.06, -0.22, -0.07, 0.04)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tiny networks are slower on many threads, and tests run side by side."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def lights() -> tuple[Any, Any]:
    """Two lights [1, 9]."""
    import torch

    return torch.tensor([SH0]), torch.tensor([SH1])


@pytest.fixture(scope="session")
def parity(shared: Path) -> Parity:
    """The reference pack; tests that need it are skipped where it is not."""
    if not (shared / "parity" / "manifest.json").is_file():
        pytest.skip("needs the reference values of the published networks (../shared/parity)")
    return Parity(shared / "parity")


@pytest.fixture(scope="session")
def relighter(parity: Parity) -> Any:
    """The relighting network at full size with the reference weights, built once."""
    import torch

    from relume.model.paper import build_portrait_relighter, published

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    with torch.no_grad():
        return parity.fill(build_portrait_relighter(published()))
