"""From a run's checkpoint to the weights file that ships."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import torch

from ..errors import InputError
from ..model.compact.config import CompactConfig
from ..model.compact.model import CompactModel
from ..model.compact.weights import current, save_compact
from . import checkpoint
from .calibrate import input_ranges
from .data import taught_files
from .delight import trained_delighter
from .temporal import trained_stabiliser

__all__ = ["export"]

log = logging.getLogger("relume.train")


def export(run: Path, output: Path) -> dict[str, object]:
    """Write a run's newest averaged weights as half-precision safetensors.

    Args:
        run: the run's folder.
        output: the .safetensors file.

    Returns:
        the facts written into it: steps, samples, portraits, and the last validation's figures.

    Raises:
        InputError: the run has no checkpoint yet.
    """
    path = checkpoint.latest(run / "checkpoints")
    if path is None:
        raise InputError(f"{run} has no checkpoint yet; let it train for a few minutes")
    _, average, _, state = checkpoint.load(path)
    config = CompactConfig.from_facts(state["config"]["model"])
    step = int(state["step"])
    facts: dict[str, object] = {
        "steps": step,
        "samples": step * int(state["batch"]),
        "portraits": state["portraits"],
    }
    steadying = trained_stabiliser(run)
    if steadying is not None:
        average.update({f"stabiliser.{k}": v for k, v in steadying[0].items()})
        facts["temporal_steps"] = steadying[1]
    average = current(average, CompactModel(config))
    delighting = trained_delighter(run)
    if delighting is not None:
        average.update({f"delighter.{k}": v for k, v in delighting[0].items()})
        facts["delighter_steps"] = delighting[1]
    taught = Path(state["config"]["taught"])
    if taught.is_dir():
        plain = {name: value.float().numpy() for name, value in average.items()}
        found = input_ranges(plain, config, taught_files(taught, held=False))
        average.update({name: torch.from_numpy(value) for name, value in found.items()})
    else:
        log.warning("%s is gone, so that the weights can't be run with eight bits", taught)
    lines = run / "validation.jsonl"
    if lines.is_file():
        figures = [json.loads(line) for line in lines.read_text().splitlines() if line]
        facts["validation"] = max(
            (v for v in figures if v["step"] <= step), key=lambda v: v["step"], default={}
        )
    save_compact(output, config, average, facts)
    return facts
