"""The network that reads the light around a face, in PyTorch, which trains it.

As it runs, without PyTorch: `relume.runtime.light_network`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..light import lattice, sh_basis
from .half import save_half

__all__ = ["LightNetwork", "save_light_network"]

_DIRECTIONS = 96
"""Directions, spread evenly, among which light is shared out."""


class LightNetwork(nn.Module):
    """A face laid out flat (`relume.reader.shown`) to the light around the head.

    It answers how the light is shared out among directions all around, so that whatever it says
    is light that could be: nowhere negative.
    """

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3, 48, 8, stride=4, padding=2)
        self.narrow = nn.Conv2d(48, 96, 3, stride=2, padding=1)
        self.same = nn.Conv2d(96, 96, 3, padding=1)
        self.leave = nn.Conv2d(96, 128, 3, stride=2, padding=1)
        self.one = nn.Linear(128 * 4 * 4, 192)
        self.two = nn.Linear(192, _DIRECTIONS)
        table = np.sqrt(4 * np.pi) * np.asarray(sh_basis(lattice(_DIRECTIONS)))
        self.table: Tensor
        self.register_buffer("table", torch.from_numpy(table.astype(np.float32)))

    def forward(self, features: Tensor) -> Tensor:
        """[B, 3, 64, 64] to [B, 9] coefficients of radiance in the head frame over the first."""
        x = F.silu(self.narrow(F.silu(self.enter(features))))
        x = F.silu(self.leave(x + F.silu(self.same(x))))
        x = F.silu(self.one(x.flatten(1)))
        return torch.softmax(self.two(x), 1) @ self.table


def save_light_network(path: Path, weights: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write weights in half precision, whole or not at all.

    Args:
        path: a .safetensors file.
        weights: the network's state dict.
        facts: JSON-able: steps, samples, validation figures.
    """
    save_half(path, weights, {"facts": json.dumps(facts)})
