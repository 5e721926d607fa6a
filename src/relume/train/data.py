"""Batches of rays from taught portraits; batch number n is the same on every run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from ..errors import InputError
from ..geometry import FOCAL
from ..teacher.lights import random_environment
from ..teacher.pairs import TARGET, Pair, PairConfig, Target, make_pair
from ..teacher.scene import Scene
from ..teacher.strangers import repainted
from .config import TrainConfig
from .split import kept_out, person

__all__ = [
    "Batch",
    "Batches",
    "batch_of",
    "chances",
    "cut_square",
    "load_environments",
    "loader",
    "material",
    "rays_of",
    "served",
    "taught_files",
    "view_of",
]

Batch = dict[str, Tensor]


class Taught(Protocol):
    """Settings of a stage that learns from taught portraits."""

    @property
    def taught(self) -> Path:
        """Folder of taught portraits."""

    @property
    def environments(self) -> Path | None:
        """Folder of surroundings."""


T = TypeVar("T")

_BLOCK = 8
"""Batches that a block of pairs would fill if each served once."""


def taught_files(taught: Path, held: bool) -> list[Path]:
    """Files of the training people, or (`held`) of those kept out, in order.

    Raises:
        InputError: there are none, or of one person alone.
    """
    files = sorted(taught.glob("*.npz"))
    if not files:
        raise InputError(f"{taught} holds no taught portraits; run `relume teacher` first")
    if len({person(f.stem) for f in files}) == 1:
        raise InputError(
            f"{taught} holds one person alone ({files[0].stem}), and somebody must be kept out of"
            " training to look at; teach somebody else's portrait, too"
        )
    out = kept_out(f.stem for f in files)
    return [f for f in files if (f.stem in out) == held]


def material(
    config: Taught,
) -> tuple[list[Path], list[Path], NDArray[np.float64] | None]:
    """What a stage learns from: files of the training people, of those kept out, surroundings.

    Raises:
        InputError: see `taught_files`.
    """
    files, others = (taught_files(config.taught, held=held) for held in (False, True))
    return files, others, load_environments(config.environments)


def load_environments(folder: Path | None) -> NDArray[np.float64] | None:
    """[E, 9, 3] coefficients of the .hdr files of a folder, mean radiance 1."""
    if folder is None:
        return None
    from ..light import project_environment
    from ..light.hdri import read_environment

    out = []
    for path in sorted(folder.glob("*.hdr")):
        c = project_environment(read_environment(path)).deringed().coefficients
        out.append(c / max(float(c[0].mean()), 1e-6) * np.sqrt(4 * np.pi))
    if not out:
        raise InputError(f"{folder} holds no .hdr files")
    return np.stack(out)


def chances(files: Sequence[Path], even: str | None, weight: float) -> NDArray[np.float64]:
    """[F] how often each portrait is drawn: `weight` times as often if its name has `even`."""
    weights = np.array([weight if even and re.search(even, f.stem) else 1.0 for f in files])
    return np.asarray(weights / weights.sum())


def served(
    make: Callable[[np.random.Generator], T],
    seed: int,
    stream: int,
    batch: int,
    reuse: int,
    first: int,
) -> Iterator[tuple[int, list[T]]]:
    """Numbers of batches from `first` on, and what each is of; the same on every run.

    Things are made in blocks, and each serves `reuse` batches of its block.

    Args:
        make: makes one.
        seed: of the run.
        stream: sets its random numbers apart, with the one after it, from a run's others.
        batch: things in a batch.
        reuse: batches that each serves.
        first: number of the first batch.
    """
    span = _BLOCK * reuse
    block, made, order = -1, dict[int, T](), np.empty(0, int)
    number = first
    while True:
        if number // span != block:
            block, made = number // span, {}
            rng = np.random.default_rng([seed, block, stream])
            pool = np.arange(_BLOCK * batch)
            order = np.concatenate([rng.permutation(pool) for _ in range(reuse)])
        start = number % span * batch
        wanted = order[start : start + batch]
        for i in wanted:
            if i not in made:
                made[i] = make(np.random.default_rng([seed, block, stream + 1, int(i)]))
        yield number, [made[i] for i in wanted]
        number += 1


class Batches(IterableDataset[Batch]):
    """An endless run of batches, made from batch number `first` on.

    Each pair serves `config.reuse` batches of its block, with other rays and another light each
    time: making a pair costs about as much as learning from it.

    The portraits are read where the batches are made: by the data process, not by the loop.

    Args:
        files: the taught portraits.
        environments: see `load_environments`.
        config: the run.
        first: number of the first batch.
    """

    def __init__(
        self,
        files: Sequence[Path],
        environments: NDArray[np.float64] | None,
        config: TrainConfig,
        first: int = 0,
    ) -> None:
        self._files = files
        self._environments = environments
        self._config = config
        self._first = first
        self._chance = chances(files, config.even, config.even_weight)

    def __iter__(self) -> Iterator[Batch]:
        scenes = [Scene.load(f) for f in self._files]
        config = self._config
        make = partial(self._pair, scenes)
        for number, pairs in served(make, config.seed, 1, config.batch, config.reuse, self._first):
            rng = np.random.default_rng([config.seed, number])
            yield batch_of(pairs, rng, config.patch, self._environments)

    def _pair(self, scenes: Sequence[Scene], rng: np.random.Generator) -> Pair:
        who = scenes[int(rng.choice(len(scenes), p=self._chance))]
        behind = scenes[int(rng.integers(len(scenes)))]
        if self._config.strangers > 0 and rng.random() < self._config.strangers:
            who = repainted(who, scenes[int(rng.integers(len(scenes)))], rng)
        return make_pair(who, rng, self._config.pairs, self._environments, behind)


def loader(dataset: IterableDataset[Batch], workers: int, ahead: int = 6) -> DataLoader[Any]:
    """Batches made in one process beside this one, up to `ahead`, or (`workers` 0) in this one."""
    if workers == 0:
        return DataLoader(dataset, batch_size=None)
    # Spawned: forked, the process would inherit OpenCV's thread pool without its threads.
    return DataLoader(
        dataset, batch_size=None, num_workers=1, prefetch_factor=ahead, worker_init_fn=_quiet,
        multiprocessing_context="spawn",
    )  # fmt: skip


def batch_of(
    pairs: Sequence[Pair],
    rng: np.random.Generator,
    patch: int,
    environments: NDArray[np.float64] | None = None,
) -> Batch:
    """Tensors of a batch of B pairs with V views of M = patch^2 rays each.

    Returns:
        picture uint8 [B, 256, 256, 3]; rotation [B, 3, 3], shift [B, 3], intrinsics [B, 3];
        views: view_rotation [B, V, 3, 3], view_shift [B, V, 3], rays [B, V, M, 2], albedo
        [B, V, M, 3], transfer [B, V, M, 9], depth, known, alpha, alpha_known [B, V, M], stride
        [B, V]; light [B, 9, 3] a random light in the head frame.
    """
    rows: dict[str, list[Any]] = {}

    def put(**values: Any) -> None:
        for name, value in values.items():
            rows.setdefault(name, []).append(value)

    for pair in pairs:
        cuts = [view_of(t, cut_square(rng, patch)) for t in pair.targets]
        put(
            picture=np.ascontiguousarray(pair.picture),
            rotation=pair.rotation,
            shift=pair.shift,
            intrinsics=pair.intrinsics,
            light=random_environment(rng, environments),
            **{name: np.stack([c[name] for c in cuts]) for name in cuts[0]},
        )
    return {
        name: torch.from_numpy(np.stack(v) if name == "picture" else np.stack(v).astype(np.float32))
        for name, v in rows.items()
    }


def rays_of(x: NDArray[np.integer], y: NDArray[np.integer]) -> NDArray[np.float32]:
    """[N, 2] x and y over z of the rays through target pixels."""
    at = np.stack([x, y], -1)
    return np.asarray(((at + 0.5) / TARGET - 0.5) / FOCAL, np.float32)


def cut_square(
    rng: np.random.Generator, patch: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """x, y [`patch`^2] and stride of a square of target pixels, mostly on the person.

    They lie one to four pixels apart.
    """
    stride = int(rng.integers(1, 5))
    reach = (patch - 1) * stride
    x0, y0 = (int(rng.integers(0, TARGET - reach)) for _ in range(2))
    if rng.random() < 0.6:  # towards the face, which the origin is in the middle of
        middle = (TARGET - reach) // 2
        x0, y0 = (x0 + middle) // 2, (y0 + middle) // 2
    y, x = (
        v.ravel()
        for v in np.meshgrid(
            y0 + stride * np.arange(patch), x0 + stride * np.arange(patch), indexing="ij"
        )
    )
    return x, y, stride


def view_of(
    target: Target, square: tuple[NDArray[np.int64], NDArray[np.int64], int]
) -> dict[str, Any]:
    """What is true along the rays of a square of target pixels; see `cut_square`."""
    x, y, stride = square
    return {
        "view_rotation": target.rotation,
        "view_shift": target.shift,
        "rays": rays_of(x, y),
        "albedo": target.albedo[y, x],
        "transfer": target.transfer[y, x],
        "depth": target.depth[y, x],
        "known": target.known[y, x],
        "alpha": target.alpha[y, x],
        "alpha_known": target.alpha_known[y, x],
        "stride": np.float32(stride),
    }


def _quiet(_worker: int) -> None:
    import cv2

    # Ctrl-C and `timeout` send their signal to the whole group, and the process that started this
    # one still wants a batch for the step at hand.
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def fixed_pairs(
    scenes: Sequence[Scene], config: PairConfig, count: int
) -> list[tuple[Scene, Pair]]:
    """The same `count` pairs every time, for looking at; as the scenes are, never mirrored."""
    out = []
    step = max(1, len(scenes) // count)
    for number, scene in enumerate(scenes[::step][:count]):
        rng = np.random.default_rng([7, number])
        out.append((scene, make_pair(scene, rng, config, mirrors=False)))
    return out
