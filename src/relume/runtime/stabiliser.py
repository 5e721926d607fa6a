"""The temporal network in NumPy: tri-planes steadied by attention over a window of frames.

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


@dataclass(frozen=True, eq=False)
class Remembered:
    """One frame in the window: its planes as encoded, and its tokens.

    Attributes:
        planes: [3, plane, plane, albedo + shading channels].
        tokens: [P, P, 4 * attention] queries of both branches, then keys; empty for a network that
            averages plainly.
    """

    planes: Floats
    tokens: Floats


class Stabiliser:
    """Each patch of the newest planes becomes a mixture of that patch over the window.

    Args:
        weights: the model's state dict.
        config: its sizes.

    Raises:
        KeyError: a tensor is missing.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], config: CompactConfig) -> None:
        at = "stabiliser."

        def tensor(name: str) -> Floats:
            return np.asarray(weights[at + name], np.float32)

        channels = config.albedo_channels + config.shading_channels
        # Planes are stored channels last: one matrix for each of the three.
        enter = tensor("embed.0.weight")[:, :, 0, 0]
        self._enter = np.ascontiguousarray(
            enter.reshape(-1, 3, channels).transpose(1, 2, 0)
        )  # 3, channels, width
        self._enter_bias = tensor("embed.0.bias")
        mixed = tensor("embed.3.weight")  # width, width, 3, 3
        self._around = np.ascontiguousarray(mixed.transpose(2, 3, 1, 0).reshape(-1, len(mixed)))
        self._around_bias = tensor("embed.3.bias")
        leave = np.concatenate([tensor("query.weight"), tensor("key.weight")])[:, :, 0, 0]
        self._leave = np.ascontiguousarray(leave.T)
        self._leave_bias = np.concatenate([tensor("query.bias"), tensor("key.bias")])
        self._age = tensor("age")
        self.config = config
        asked = 2 * config.attention
        # As the network starts out: nothing is asked for, and all frames count alike.
        self._plain = not (
            self._leave[:, :asked].any() or self._leave_bias[:asked].any() or np.ptp(self._age) > 0
        )

    def remember(self, planes: Floats) -> Remembered:
        """What the window keeps of encoded planes."""
        if self._plain:
            return Remembered(planes, np.empty((0, 0, 0), np.float32))
        p, patch = self.config.plane, self.config.patch
        x = np.matmul(planes.reshape(3, p * p, -1), self._enter).sum(0) + self._enter_bias
        x /= 1 + np.exp(-np.clip(x, -30, 30))  # SiLU
        cells = p // patch
        x = x.reshape(cells, patch, cells, patch, -1).mean((1, 3))
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        views = [padded[i : i + cells, j : j + cells] for i in range(3) for j in range(3)]
        x = np.concatenate(views, 2) @ self._around + self._around_bias
        return Remembered(planes, np.asarray(x @ self._leave + self._leave_bias, np.float32))

    def weights(self, window: Sequence[Remembered]) -> Floats:
        """[2, T, P, P] share of each frame of the window, newest last, for either branch."""
        size = self.config.attention
        query = _halves(window[-1].tokens[..., : 2 * size])
        keys = np.stack([_halves(r.tokens[..., 2 * size :]) for r in window])  # T P P 2 size
        score = (keys * query).sum(-1) / np.float32(size**0.5)
        score = score.transpose(3, 0, 1, 2) + self._age[:, -len(window) :, None, None]
        score = np.exp(score - score.max(1, keepdims=True))
        return np.asarray(score / score.sum(1, keepdims=True), np.float32)

    def stabilise(self, window: Sequence[Remembered]) -> Floats:
        """The newest frame's planes, steadied.

        Args:
            window: up to `config.window` frames, newest last.
        """
        newest = window[-1].planes
        if len(window) == 1:
            return newest
        if self._plain:
            out = window[0].planes + newest
            for frame in window[1:-1]:
                out += frame.planes
            out *= np.float32(1 / len(window))
            return out
        share = self.weights(window)
        size, albedo = self.config.plane, self.config.albedo_channels
        channels = newest.shape[-1]
        out = np.zeros_like(newest)
        for number, frame in enumerate(window):
            fine = [cv2.resize(branch[number], (size, size)) for branch in share]
            both = np.empty((size, size, channels), np.float32)
            both[..., :albedo] = fine[0][..., None]
            both[..., albedo:] = fine[1][..., None]
            out += frame.planes * both
        return out


def _halves(tokens: Floats) -> Floats:
    """[P, P, 2 size] to [P, P, 2, size]: the branches apart."""
    return tokens.reshape(*tokens.shape[:2], 2, -1)
