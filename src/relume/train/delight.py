"""The delighting stage: a network learns to take off the light that nine coefficients can't say."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor

from ..compact_engine.delight import ALBEDO
from ..model.compact.config import CompactConfig
from ..model.compact.delighter import Delighter
from ..model.compact.model import CompactModel
from ..model.compact.weights import current, save_compact
from . import checkpoint
from .check import check_config
from .config import DelightConfig
from .data import Batch, loader, material
from .delight_data import DelightBatches, held_samples
from .denormals import flushed_denormals
from .log import Progress, done_already
from .mixed import mixed
from .optimise import use_threads
from .stage import Stage, newest_weights, started_with

__all__ = ["FOLDER", "delight_losses", "train_delighter"]

FOLDER = "delighter"
"""Of a run, in which this stage keeps its own."""


@flushed_denormals()
def train_delighter(config: DelightConfig, progress: Progress | None = None) -> int:
    """Train the delighting network for a run's newest averaged weights, or go on with it.

    Of a run that began from a weights file, it begins from the file's, and counts its steps on.

    Args:
        config: the stage.
        progress: told after each step.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: the run has no checkpoint, nothing is taught, or the model shows no face yet.
        UsageError: see `relume.train.check`.
    """
    check_config(config)
    files, others, environments = material(config)
    use_threads(config.threads)
    weights, facts = newest_weights(config.run)
    sizes = CompactConfig.from_facts(facts["config"]["model"])
    torch.manual_seed(config.seed)
    net = Delighter(sizes)
    begun, first = started_with(facts, FOLDER)
    if checkpoint.shapes(begun) == checkpoint.shapes(net.state_dict()):
        net.load_state_dict(begun)
    else:
        first = 0
    reached = checkpoint.reached(config.run / FOLDER / "checkpoints") or first
    if done_already(config.run / FOLDER, reached, config.steps):
        return 0
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    stage = Stage(FOLDER, net, config, int(facts["step"]), first)
    base = stage.home / "base.safetensors"
    save_compact(base, sizes, current(weights, CompactModel(sizes)), {"steps": facts["step"]})
    fabric = stage.fabric
    held = fabric.to_device(held_samples(others, environments, config, base))
    data = DelightBatches(files, environments, config, base, stage.step)
    # A block's first batches are all new and slow to make, its later ones quick.
    batches = iter(loader(data, config.workers, ahead=24))

    def losses_of(_: int) -> dict[str, Tensor]:
        batch = fabric.to_device(next(batches))
        features = batch["features"].clone()
        features[batch["hidden"], ALBEDO] = 0
        with mixed(fabric.device):
            answer = stage.net(features.contiguous(memory_format=torch.channels_last))
        losses = delight_losses(answer, batch)
        return {"log": losses["log"], "edges": config.edges * losses["edges"]}

    return stage.train(losses_of, lambda: _look(net, held, fabric), progress)


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
        with mixed(fabric.device):
            answer = net(batch["features"].contiguous(memory_format=torch.channels_last))
        for end, given in (("", answer), ("_ratio", torch.zeros_like(answer))):
            for name, value in delight_losses(given, batch).items():
                rows.setdefault(name + end, []).append(float(value))
    return {name: round(float(np.mean(values)), 5) for name, values in rows.items()}
