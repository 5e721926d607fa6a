"""From a run's checkpoint to the weights file that ships."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from ..errors import InputError
from ..model.compact.config import CompactConfig
from ..model.compact.model import CompactModel
from ..model.compact.weights import current, save_compact
from ..teacher.lines import lines_of
from . import checkpoint, delight, temporal
from .calibrate import input_ranges
from .data import taught_files
from .stage import started_with, trained

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
        InputError: there is no such run, or it has no checkpoint yet.
        OutputError: the file can't be written.
    """
    if not run.is_dir():
        raise InputError(f"{run}: no such folder; check the name of the run")
    path = checkpoint.latest(run / "checkpoints")
    if path is None:
        raise InputError(f"{run} has no checkpoint yet; let it train for a few minutes")
    _, average, _, state = checkpoint.load(path)
    config = CompactConfig.from_facts(state["config"]["model"])
    step = int(state["step"])
    _warn_of_beginners(run, step, int(state.get("first", 0)), state["config"])
    facts: dict[str, object] = {
        "steps": step,
        "samples": checkpoint.samples(state),
        "portraits": state["portraits"],
    }
    for prefix, folder in (("stabiliser", temporal.FOLDER), ("delighter", delight.FOLDER)):
        found = trained(run, folder)
        if found is not None:
            average.update({f"{prefix}.{k}": v for k, v in found[0].items()})
            facts[f"{folder}_steps"] = found[1]["step"]
            facts[f"{folder}_base"] = base = found[1]["base"]
            if base != step:
                stage = "temporal" if folder == temporal.FOLDER else "delight"
                log.warning(
                    "%s was trained on the weights of step %d, and these are of step %d; `relume"
                    " train %s` goes on with it", run / folder, base, step, stage,
                )  # fmt: skip
        elif folder == delight.FOLDER:
            begun, steps_before = started_with(state, folder)
            if begun:
                average.update({f"{prefix}.{k}": v for k, v in begun.items()})
                facts[f"{folder}_steps"] = steps_before
                log.warning(
                    "the delighting network is the one of %s, as it was; `relume train delight`"
                    " goes on with it", state["config"]["start"],
                )  # fmt: skip
    average = current(average, CompactModel(config))
    taught = Path(state["config"]["taught"])
    try:
        files = taught_files(taught, held=False)
    except InputError as error:
        log.warning("%s; so the weights can't be run with eight bits", error)
    else:
        with TemporaryDirectory() as folder:
            bare = Path(folder) / "bare.safetensors"
            save_compact(bare, config, average, facts)
            ranges = input_ranges(bare, files)
        average.update({name: torch.from_numpy(value) for name, value in ranges.items()})
    figures = [v for v in lines_of(run / "validation.jsonl") if v["step"] <= step]
    if figures:
        facts["validation"] = max(figures, key=lambda v: v["step"])
    save_compact(output, config, average, facts)
    return facts


def _warn_of_beginners(run: Path, step: int, first: int, config: dict[str, Any]) -> None:
    """Say of weights that have only begun to learn."""
    least = max(int(config["albedo_steps"]), first + int(config["warm_up"]))
    if step <= least:
        log.warning(
            "%s is at step %d, and its first %d (--albedo-steps, --warm-up) are only the beginning:"
            " these weights don't relight well yet", run, step, least,
        )  # fmt: skip
    elif int(config.get("cooldown", 0)) and step < int(config["steps"]):
        log.warning(
            "%s is at step %d of %d: the --cooldown at its end isn't over", run, step,
            int(config["steps"]),
        )  # fmt: skip
