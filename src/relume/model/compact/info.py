"""What a file of the compact model's weights says about itself; needs no PyTorch."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checkpoints.header import read_header
from .config import CompactConfig

__all__ = ["CompactInfo", "compact_info"]


@dataclass(frozen=True)
class CompactInfo:
    """A file that `relume train export` wrote, by its header alone."""

    path: Path
    """the file"""
    config: CompactConfig
    """the model's sizes"""
    facts: dict[str, Any]
    """what was written beside them: steps, samples, portraits, validation"""
    tensors: int
    """how many there are"""
    parameters: int
    """numbers in all tensors together"""
    size: int
    """bytes"""


def compact_info(path: Path) -> CompactInfo | None:
    """The header of the compact model's weights; None where a file holds something else.

    Raises:
        ModelError: it may not be read, or is called .safetensors and is none, or damaged.
    """
    if path.suffix != ".safetensors" or not os.path.isfile(path):
        return None
    header = read_header(path)
    try:
        config = CompactConfig.from_facts(json.loads(header.meta["config"]))
        facts = dict(json.loads(header.meta.get("facts", "{}")))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    parameters = sum(math.prod(entry["shape"]) for entry in header.tensors.values())
    return CompactInfo(path, config, facts, len(header.tensors), parameters, path.stat().st_size)
