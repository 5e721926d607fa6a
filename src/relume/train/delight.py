"""The delighting stage: a network learns to take off the light that nine coefficients can't say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor

from ..compact_engine.delight import ALBEDO
from ..errors import InputError
from ..model.compact.config import CompactConfig
from ..model.compact.delighter import Delighter
from ..model.compact.model import CompactModel
from ..model.compact.weights import current, save_compact
from . import checkpoint
from .config import DelightConfig
from .data import Batch, load_environments, loader, taught_files
from .delight_data import DelightBatches, held_samples
from .denormals import flushed_denormals
from .log import Progress, ScalarLog, append_line, forget_after, stopped_by_signal
from .optimise import averaged, follow, learning_rate, use_threads

__all__ = ["delight_losses", "train_delighter", "trained_delighter"]

_FOLDER = "delighter"
"""Of a run, in which this stage keeps its own."""


@flushed_denormals()
def train_delighter(config: DelightConfig, progress: Progress | None = None) -> int:
    """Train the delighting network for a run's newest averaged weights, or go on with it.

    Args:
        config: the stage.
        progress: told after each step.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: the run has no checkpoint, nothing is taught, or the model shows no face yet.
    """
    use_threads(config.threads)
    newest = checkpoint.latest(config.run / "checkpoints")
    if newest is None:
        raise InputError(
            f"{config.run} has no checkpoint to work with; `relume train compact` first"
        )
    _, weights, _, facts = checkpoint.load(newest)
    sizes = CompactConfig.from_facts(facts["config"]["model"])
    home, step = config.run / _FOLDER, 0
    home.mkdir(parents=True, exist_ok=True)
    base = home / "base.safetensors"
    save_compact(base, sizes, current(weights, CompactModel(sizes)), {"steps": facts["step"]})
    torch.manual_seed(config.seed)
    net = Delighter(sizes)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fabric = Fabric(accelerator="auto" if torch.cuda.is_available() else "cpu", devices=1)
    optimiser = torch.optim.AdamW(
        net.parameters(), config.learning_rate, betas=(0.9, 0.99),
        weight_decay=config.weight_decay, fused=True,
    )  # fmt: skip
    average = {k: v.detach().clone() for k, v in net.state_dict().items()}
    found = checkpoint.latest(home / "checkpoints")
    if found is not None:
        own, average, state, known = checkpoint.load(found)
        if own.keys() != net.state_dict().keys():
            raise InputError(f"{found} is of another delighting network; remove {home}")
        net.load_state_dict(own)
        optimiser.load_state_dict(state)
        step = int(known["step"])
        for name in ("scalars.jsonl", "validation.jsonl"):
            forget_after(home / name, step)
    (home / "config.json").write_text(json.dumps(checkpoint.facts(config), indent=1))
    wrapped, optimiser = fabric.setup(net, optimiser)
    environments = load_environments(config.environments)
    held = fabric.to_device(
        held_samples(taught_files(config.taught, held=True), environments, config, base)
    )
    files = taught_files(config.taught, held=False)
    data = DelightBatches(files, environments, config, base, step)
    # A block's first batches are all new and slow to make, its later ones quick.
    batches = iter(loader(data, config.workers, ahead=24))
    log, stopped, saved = ScalarLog(home / "scalars.jsonl"), stopped_by_signal(), step

    def keep() -> None:
        told = {"config": checkpoint.facts(config), "base": int(facts["step"])}
        checkpoint.save(
            home / "checkpoints", step, net.state_dict(), average, optimiser.state_dict(), told
        )

    while step < config.steps and not stopped():
        batch = fabric.to_device(next(batches))
        rate = learning_rate(config, step)
        for group in optimiser.param_groups:
            group["lr"] = rate
        features = batch["features"].clone()
        features[batch["hidden"], ALBEDO] = 0
        with torch.autocast(fabric.device.type, torch.bfloat16):
            answer = wrapped(features.contiguous(memory_format=torch.channels_last))
        losses = delight_losses(answer, batch)
        optimiser.zero_grad()
        fabric.backward(losses["log"] + config.edges * losses["edges"])
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        if torch.isfinite(norm):  # a step that isn't finite is left out
            optimiser.step()
        step += 1
        follow(average, net, min(config.average, step / (step + 20)))
        log.add({k: float(v.detach()) for k, v in losses.items()})
        if step % config.log_steps == 0:
            log.write(step, {"rate": rate})
        if step - saved >= config.save_steps:
            keep()
            saved = step
        if step % config.look_steps == 0:
            with averaged(net, average):
                figures = _look(net, held, fabric)
            append_line(
                home / "validation.jsonl", {"step": step, "base": int(facts["step"]), **figures}
            )
            fabric.print(f"{step} {figures}", flush=True)
        if progress is not None:
            progress(step, config.steps)
    if step > saved or found is None:
        keep()
    return stopped()


def delight_losses(answer: Tensor, batch: Batch) -> dict[str, Tensor]:
    """L1 of the logarithm and of its differences between neighbours, at one and two cells.

    What a channel's mean over the face is off by is the source light's and doesn't count.

    Args:
        answer: [B, 3, N, N].
        batch: see `relume.train.delight_data.delight_sample`.
    """
    weight = batch["weight"]
    gap = answer - batch["target"]
    total = weight.sum((2, 3), keepdim=True).clamp_min(1)
    gap = gap - (gap * weight).sum((2, 3), keepdim=True) / total
    log = (gap.abs() * weight).sum() / weight.sum() / 3
    edges = torch.zeros((), device=gap.device)
    for scale in (1, 2):
        part, share = (F.avg_pool2d(x, scale) for x in (gap, weight))
        right = (part[..., 1:] - part[..., :-1]).abs() * share[..., 1:] * share[..., :-1]
        down = (part[..., 1:, :] - part[..., :-1, :]).abs() * share[..., 1:, :] * share[..., :-1, :]
        edges = edges + (right.sum() + down.sum()) / share.sum() / 3
    return {"log": log, "edges": edges}


@torch.no_grad()
def _look(net: Delighter, held: Batch, fabric: Fabric) -> dict[str, float]:
    """Both losses over people kept out, and as `NAME_ratio` what they are without the network."""
    rows: dict[str, list[float]] = {}
    count = len(held["features"])
    for first in range(0, count, 32):
        batch = {k: v[first : first + 32] for k, v in held.items()}
        with torch.autocast(fabric.device.type, torch.bfloat16):
            answer = net(batch["features"].contiguous(memory_format=torch.channels_last))
        for end, given in (("", answer), ("_ratio", torch.zeros_like(answer))):
            for name, value in delight_losses(given, batch).items():
                rows.setdefault(name + end, []).append(float(value))
    return {name: round(float(np.mean(values)), 5) for name, values in rows.items()}


def trained_delighter(run: Path) -> tuple[dict[str, Tensor], int] | None:
    """The averaged weights of a run's delighting network and their steps, if it was trained."""
    found = checkpoint.latest(run / _FOLDER / "checkpoints")
    if found is None:
        return None
    _, average, _, facts = checkpoint.load(found)
    return average, int(facts["step"])
