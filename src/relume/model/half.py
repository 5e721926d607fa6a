"""Weights files in half precision."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

__all__ = ["save_half"]


def save_half(path: Path, weights: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a state dict as .safetensors in half precision, whole or not at all."""
    half = {k: v.detach().to(torch.float16).contiguous().clone() for k, v in weights.items()}
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file(half, aside, metadata)
        aside.chmod(0o644)  # safetensors makes files that only their owner can read
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
