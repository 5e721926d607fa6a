"""Checkpoints: folders written aside and renamed; weights as safetensors, nothing pickled loose."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import ModelError

__all__ = ["facts", "latest", "load", "reached", "samples", "save", "shapes"]

_KEPT = 2


def save(
    folder: Path,
    step: int,
    weights: dict[str, Tensor],
    average: dict[str, Tensor],
    optimiser: dict[str, Any],
    extra: dict[str, Any],
) -> Path:
    """Write `folder/step-NNNNNNNN` whole or not at all; older ones but two go.

    Args:
        folder: the run's checkpoints.
        step: steps done.
        weights, average: the model's tensors and their running mean.
        optimiser: its state dict.
        extra: JSON-able facts: configuration, figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step-{step:08d}"
    aside = folder / f".step-{step:08d}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        save_file(_flat(weights), aside / "weights.safetensors")
        save_file(_flat(average), aside / "average.safetensors")
        torch.save(optimiser, aside / "optimiser.pt")
        (aside / "state.json").write_text(json.dumps({"step": step, **extra}, default=str))
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for old in sorted(folder.glob("step-*"))[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def latest(folder: Path) -> Path | None:
    """The newest checkpoint of a run, if it has any."""
    found = sorted(folder.glob("step-*"))
    return found[-1] if found else None


def reached(folder: Path) -> int:
    """The step of a run's newest checkpoint; 0 if it has none."""
    found = latest(folder)
    return int(found.name.removeprefix("step-")) if found else 0


def load(
    path: Path,
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Any], dict[str, Any]]:
    """Weights, their running mean, optimiser state and the facts of a checkpoint.

    Raises:
        ModelError: something is missing or damaged.
    """
    try:
        return (
            load_file(path / "weights.safetensors"),
            load_file(path / "average.safetensors"),
            # A GPU's goes on without one, and is exported there; the optimiser moves it back.
            torch.load(path / "optimiser.pt", map_location="cpu", weights_only=True),
            json.loads((path / "state.json").read_text()),
        )
    except Exception as error:  # safetensors and torch raise their own kinds
        raise ModelError(f"checkpoint {path} can't be read ({error}); remove its folder") from error


def facts(config: Any) -> dict[str, Any]:
    """A configuration dataclass as plain values."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config), default=str))
    return plain


def samples(facts: dict[str, Any]) -> int:
    """Samples that a checkpoint has learnt from; before they were counted, all batches of a run
    were taken to be alike."""
    return int(facts["samples"] if "samples" in facts else facts["step"] * facts["batch"])


def shapes(weights: dict[str, Tensor]) -> dict[str, torch.Size]:
    """Of each tensor; networks of other sizes differ in them."""
    return {name: value.shape for name, value in weights.items()}


def _flat(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.detach().contiguous().clone() for k, v in tensors.items()}
