"""The temporal network in NumPy: what is remembered of a face's planes.

The counterpart in PyTorch, which trains it, is `relume.model.compact.temporal`; a test holds the
two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..model.compact import CompactConfig

__all__ = ["Remembered", "Stabiliser"]

Floats = NDArray[np.float32]

_REACH, _FAINT = 3.0, 1e-3
"""See `relume.model.compact.temporal`, which would bring PyTorch in."""


@dataclass(eq=False)
class Remembered:
    """One frame in the window.

    Attributes:
        planes: [3, plane, plane, albedo + shading channels] as encoded.
        steady: the same with what came before; None until it is steadied.
        usual: [P, P, compared] how much frames differ from what is remembered; None at first.
        count: frames that it stands for.
    """

    planes: Floats
    steady: Floats | None = None
    usual: Floats | None = None
    count: int = 1


class Stabiliser:
    """Each cell of the remembered planes moves a learnt share of the way to the newest ones.

    Args:
        weights: the model's state dict. Without this network's tensors, or untrained, planes are
            averaged plainly: a new frame counts 1 / `config.window`.
        config: its sizes.

    Raises:
        KeyError: a tensor is missing.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], config: CompactConfig) -> None:
        at = "stabiliser."

        def tensor(name: str) -> Floats:
            return np.asarray(weights[at + name], np.float32)

        self.config = config
        self._plain = at + "leave.weight" not in weights or not tensor("leave.weight").any()
        if self._plain:
            return
        self._compare = tensor("compare")
        self._inner = np.ascontiguousarray(tensor("inner.weight")[:, :, 0, 0].T)
        self._inner_bias = tensor("inner.bias")
        around = tensor("around.weight")  # width, width, 3, 3
        self._around = np.ascontiguousarray(around.transpose(2, 3, 1, 0).reshape(-1, len(around)))
        self._around_bias = tensor("around.bias")
        of_shading = np.arange(self._compare.shape[1]) >= config.albedo_channels
        self._branches = np.stack([~of_shading, of_shading]).astype(np.float32)
        """[2, albedo + shading channels] whose they are."""
        self._leave = np.ascontiguousarray(tensor("leave.weight")[:, :, 0, 0].T)

    def stabilise(self, window: Sequence[Remembered]) -> Floats:
        """The newest frame's planes, steadied.

        Args:
            window: frames one after the other, newest last. Only the last but one is looked at if
                it was steadied itself: that remembers all that came before.
        """
        newest = window[-1]
        if len(window) == 1:
            newest.steady = newest.planes
            return newest.planes
        before = window[-2]
        memory = self.stabilise(window[:-1]) if before.steady is None else before.steady
        newest.count = before.count + 1
        gap = newest.planes - memory
        if self._plain:
            gap *= np.float32(1 / min(newest.count, self.config.window))
        else:
            share, newest.usual = self._shares(gap, before.usual, newest.count)
            fine = cv2.resize(share, (self.config.plane, self.config.plane))
            gap *= fine @ self._branches
        gap += memory
        newest.steady = gap
        return gap

    def _shares(self, gap: Floats, usual: Floats | None, count: int) -> tuple[Floats, Floats]:
        """[P, P, 2] how far the newest frame counts, for either branch, and what is usual now."""
        cells, cell = self.config.plane // self.config.cell, self.config.cell
        count = min(count, self.config.window)
        compared = np.matmul(gap.reshape(3, -1, gap.shape[-1]), self._compare).sum(0)
        np.square(compared, out=compared)
        # Rows first: NumPy adds long stretches faster than short ones.
        rows = compared.reshape(cells, cell, -1).sum(1)
        change = rows.reshape(cells, cells, cell, -1).sum(2) * np.float32(cell**-2)
        usual = change if usual is None else usual + (change - usual) * np.float32(1 / count)
        whole = np.broadcast_to(change.mean((0, 1)), change.shape)
        x = np.log(np.concatenate([change, whole, usual], 2) + np.float32(_FAINT))
        x = _silu(x @ self._inner + self._inner_bias)
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        views = [padded[i : i + cells, j : j + cells] for i in range(3) for j in range(3)]
        x += _silu(np.concatenate(views, 2) @ self._around + self._around_bias)
        score = _REACH * np.tanh(x @ self._leave / _REACH)
        return np.asarray(1 / (1 + (count - 1) * np.exp(-score)), np.float32), usual


def _silu(x: Floats) -> Floats:
    return np.asarray(x / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)
