"""Weights files in half precision."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from ..place import OutputPlace

__all__ = ["save_half"]


def save_half(path: Path, weights: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a state dict as .safetensors in half precision, whole or not at all.

    Raises:
        OutputError: it can't be written.
    """
    half = {k: v.detach().to(torch.float16).contiguous().clone() for k, v in weights.items()}
    place = OutputPlace(path, overwrite=True)
    with place.guard():
        place.partial.write_bytes(save(half, metadata))
        place.commit()
