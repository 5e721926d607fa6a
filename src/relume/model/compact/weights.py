"""The compact model's weights file: half-precision safetensors with sizes and facts inside."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

from ...errors import ModelError
from ..half import save_half
from .config import CompactConfig
from .model import CompactModel

__all__ = ["current", "load_compact", "save_compact"]

_TEMPORAL = "stabiliser."
_BESIDE = ("delighter.", "ranges.")
"""Another network's, and what only integers of eight bits need."""


def save_compact(
    path: Path, config: CompactConfig, weights: dict[str, Tensor], facts: dict[str, Any]
) -> None:
    """Write weights in half precision, whole or not at all.

    Args:
        path: a .safetensors file.
        config: the model's sizes, kept in the metadata.
        weights: the model's state dict.
        facts: JSON-able: steps, samples, validation figures.

    Raises:
        OutputError: it can't be written.
    """
    metadata = {"config": json.dumps(asdict(config)), "facts": json.dumps(facts)}
    save_half(path, weights, metadata)


def current(weights: dict[str, Tensor], model: CompactModel) -> dict[str, Tensor]:
    """Weights as `model` has them: for another temporal network's stand the model's own.

    Earlier ones attended over a window, and none of them was trained to any use.
    """
    own = {k: v.detach().clone() for k, v in model.state_dict().items() if k.startswith(_TEMPORAL)}
    if own.keys() <= weights.keys():
        return weights
    return {k: v for k, v in weights.items() if not k.startswith(_TEMPORAL)} | own


def load_compact(path: Path) -> tuple[CompactModel, dict[str, Any]]:
    """The model, ready to use, and the facts saved with it.

    Raises:
        ModelError: the file is missing, damaged, or of another model.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {
                k: file.get_tensor(k).float()
                for k in file.keys()  # noqa: SIM118
                if not k.startswith(_BESIDE)
            }
        config = CompactConfig.from_facts(json.loads(metadata["config"]))
        model = CompactModel(config)
        model.load_state_dict(current(weights, model))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} holds no compact model ({error})") from error
    except Exception as error:  # safetensors' own kind
        raise ModelError(f"{path} can't be read as safetensors ({error})") from error
    return model.eval(), json.loads(metadata.get("facts", "{}"))
