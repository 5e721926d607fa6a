"""Batches of short sequences from taught portraits; batch number n is the same on every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from ..teacher.lights import random_environment
from ..teacher.scene import Scene
from ..teacher.sequence import make_sequence
from .config import TemporalConfig
from .data import Batch, cut_square, view_of

__all__ = ["Sequences"]


class Sequences(IterableDataset[Batch]):
    """An endless run of batches of sequences, made from batch number `first` on.

    Args:
        files: the taught portraits.
        environments: see `relume.train.data.load_environments`.
        config: the stage.
        frames: frames of a sequence.
        first: number of the first batch.
    """

    def __init__(
        self,
        files: Sequence[Path],
        environments: NDArray[np.float64] | None,
        config: TemporalConfig,
        frames: int,
        first: int = 0,
    ) -> None:
        self._files = files
        self._environments = environments
        self._config = config
        self._frames = frames
        self._first = first

    def __iter__(self) -> Iterator[Batch]:
        number = self._first
        while True:
            yield self._batch(np.random.default_rng([self._config.seed, number, 3]))
            number += 1

    def _batch(self, rng: np.random.Generator) -> Batch:
        """Tensors of B sequences of T frames, seen from one camera a sequence.

        Returns:
            picture uint8 [B, T, 256, 256, 3]; rotation [B, T, 3, 3], shift [B, T, 3], intrinsics
            [B, T, 3] as a tracker would tell them; view_rotation [B, 3, 3], view_shift [B, 3], rays
            [B, M, 2]; albedo [B, T, M, 3], transfer [B, T, M, 9], depth, known, alpha, alpha_known
            [B, T, M]; light [B, 9, 3] head frame.
        """
        config, rows = self._config, dict[str, list[Any]]()
        for _ in range(config.batch):
            who, behind = (Scene.load(self._files[i]) for i in rng.integers(0, len(self._files), 2))
            frames = make_sequence(who, rng, config.pairs, self._frames, self._environments, behind)
            square = cut_square(rng, config.patch)
            row: dict[str, Any] = view_of(frames[0].targets[-1], square)
            for name in ("albedo", "transfer", "depth", "known", "alpha", "alpha_known"):
                row[name] = np.stack([view_of(f.targets[-1], square)[name] for f in frames])
            row["picture"] = np.stack([f.picture for f in frames])
            for name in ("rotation", "shift", "intrinsics"):
                row[name] = np.stack([getattr(f, name) for f in frames])
            row["light"] = random_environment(rng, self._environments)
            for name, value in row.items():
                rows.setdefault(name, []).append(value)
        return {
            name: torch.from_numpy(
                np.stack(v) if name == "picture" else np.stack(v).astype(np.float32)
            )
            for name, v in rows.items()
        }
