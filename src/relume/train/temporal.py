"""The last stage: the temporal network learns to steady planes, on sequences."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from ..model.compact.config import CompactConfig
from ..model.compact.model import CompactModel
from ..model.compact.weights import current
from ..stopping import stopped_by_signal
from . import checkpoint
from .check import check_config
from .config import TemporalConfig
from .data import material
from .denormals import flushed_denormals
from .log import Progress, done_already
from .optimise import use_threads
from .sequences import VALUES, Encoded, encode_sequences, load_sequence, values_of
from .stage import Stage, newest_weights

__all__ = ["FOLDER", "change", "train_temporal"]

FOLDER = "temporal"
"""Of a run, in which this stage keeps its own."""

_DECAY = 50.0
"""How fast what changes ceases to count as unrest where the truth changes, too: exp(-decay times
its squared change)."""


@flushed_denormals()
def train_temporal(config: TemporalConfig, progress: Progress | None = None) -> int:
    """Train the temporal network of a run's newest averaged weights, or go on with it.

    All else is held still, so that sequences are encoded once and kept. No flow is needed: all
    frames are rendered from one camera around the head, which holds still in canonical space.

    Args:
        config: the stage.
        progress: told after each step.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: the run has no checkpoint, nothing is taught, or the disk is full.
        UsageError: see `relume.train.check`.
    """
    check_config(config)
    reached = checkpoint.reached(config.run / FOLDER / "checkpoints")
    if done_already(config.run / FOLDER, reached, config.steps):
        return 0
    files, others, environments = material(config)
    use_threads(config.threads)
    weights, facts = newest_weights(config.run)
    torch.manual_seed(config.seed)
    model = CompactModel(CompactConfig.from_facts(facts["config"]["model"]))
    model.load_state_dict(current(weights, model))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.requires_grad_(False).eval()
    base = int(facts["step"])
    stage = Stage(FOLDER, model.stabiliser.requires_grad_(True), config, base)
    fabric = stage.fabric
    model.to(fabric.device)  # the network is called through it, on one device
    folder = _sequences(stage.home, base)
    with stopped_by_signal() as stopped:
        held, taught = (
            encode_sequences(model, portraits, environments, config, folder / name, count, stopped)
            for portraits, name, count in (
                (others, "held", config.held),
                (files, "taught", config.sequences),
            )
        )
    if stopped():
        return stopped()

    def losses_of(step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([config.seed, step, 4])
        chosen = rng.choice(len(taught), min(config.batch, len(taught)), replace=False)
        batch = [fabric.to_device(load_sequence(taught[i])) for i in chosen]
        return _losses(model, batch, rng, config)

    return stage.train(losses_of, lambda: _look(model, held, config, fabric), progress)


def _sequences(home: Path, base: int) -> Path:
    """Where sequences encoded by the weights of step `base` are; those of others go."""
    folder = home / "sequences" / f"step-{base:08d}"
    for other in folder.parent.glob("step-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _losses(
    model: CompactModel, batch: Sequence[Encoded], rng: np.random.Generator, config: TemporalConfig
) -> dict[str, Tensor]:
    """Of one frame, the one before it and an earlier one: how far each is from what can be
    expected, and how far the change between them is from the true one."""
    count = batch[0]["planes"].shape[0]
    last = int(rng.integers(min(3, count - 1), count))
    first = int(rng.integers(1, max(2, last - 1)))
    at = [rng.choice(len(s["rays"]), config.rays, replace=False) for s in batch]
    planes = torch.stack([s["planes"][: last + 1] for s in batch]).float()
    steady = model.stabiliser.steadied(planes)
    gaps, known = dict[int, Tensor](), dict[int, Tensor]()
    for t in {first, last - 1, last}:
        seen = _seen(model, batch, steady[t], t, at, config)
        rows = [torch.stack([s[n][t, i] for s, i in zip(batch, at, strict=True)])
                for n in ("target", "known")]  # fmt: skip
        gaps[t], known[t] = seen - rows[0], rows[1]

    def mean(gap: Tensor, weight: Tensor) -> Tensor:
        return (gap.abs() * weight).sum() / (weight.sum() / VALUES + 1)

    one = sum((mean(gaps[t], known[t]) for t in gaps), torch.zeros(())) / len(gaps)
    short = mean(gaps[last] - gaps[last - 1], known[last] * known[last - 1])
    long = mean(gaps[last] - gaps[first], known[last] * known[first])
    return {"frame": one, "short": config.short * short, "long": config.long * long}


def _seen(
    model: CompactModel,
    batch: Sequence[Encoded],
    planes: Tensor,
    frame: int,
    at: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.int64]]],
    config: TemporalConfig,
) -> Tensor:
    """[B, M, 13] what planes [B, 3, H, W, A + S] show along M of the stored rays of a frame."""
    sizes = [model.config.albedo_channels, model.config.shading_channels]
    albedo, shading = planes.split(sizes, -1)
    rotation, shift = (torch.stack([s[n] for s in batch]) for n in ("rotation", "shift"))
    rays = torch.stack([s["rays"][i] for s, i in zip(batch, at, strict=True)])
    depth = torch.stack([s["depth"][frame, i] for s, i in zip(batch, at, strict=True)])
    coarse, fine = config.samples
    return values_of(
        model.render(albedo, shading, rotation, shift, rays, coarse=coarse, fine=fine, hint=depth)
    )


def change(one: Tensor, other: Tensor, sequence: Encoded, at: int, before: int) -> Tensor:
    """Mean change between two frames seen by one camera, where the truth stays as it is.

    Args:
        one, other: [R, 13] what they show along the stored rays; see `relume.train.sequences`.
        sequence: their truth.
        at, before: their numbers.
    """
    true = sequence["values"][at] - sequence["values"][before]
    moved = torch.cat([true[:, :3], true[:, -1:]], -1).square().sum(-1)
    mask = torch.exp(-_DECAY * moved)
    mask = mask * sequence["known"][at, :, 0] * sequence["known"][before, :, 0]
    return ((one - other).abs().sum(-1) * mask).sum() / (mask.sum() + 1.0)


@torch.no_grad()
def _look(
    model: CompactModel, held: Sequence[Path], config: TemporalConfig, fabric: Fabric
) -> dict[str, float]:
    """Figures of people kept out: of frames alone, the plain mean of the last `window`, the running
    mean that the network starts as, and the network.

    `NAME_error`: L1 of square-rooted albedo and of transfer of the newest frame; `NAME_change`: see
    `change`, from the frame before; both less those of the mean as `NAME_error_gain` and so on,
    with the standard error of that over sequences as `NAME_error_sure`.
    """
    rows: dict[str, list[float]] = {}
    for path in held:
        sequence = fabric.to_device(load_sequence(path))
        planes = sequence["planes"][None].float()
        last, window = planes.shape[1] - 1, model.config.window
        steadied, running = model.stabiliser.steadied(planes), _running(planes, window)
        everything = [np.arange(len(sequence["rays"]))]
        known = sequence["known"][last, :, :1]
        for name, mixed in {
            "alone": planes[0, [last - 1, last]],
            "mean": torch.stack(
                [planes[0, max(0, t + 1 - window) : t + 1].mean(0) for t in (last - 1, last)]
            ),
            "running": torch.cat(running[-2:]),
            "steadied": torch.cat(steadied[-2:]),
        }.items():
            before, now = (
                _seen(model, [sequence], mixed[k : k + 1], t, everything, config)[0]
                for k, t in enumerate((last - 1, last))
            )
            error = (now - sequence["values"][last])[:, : VALUES - 1].abs() * known
            figures = {
                "error": error.sum() / (known.sum() + 1),
                "change": change(now, before, sequence, last, last - 1),
            }
            for key, value in figures.items():
                rows.setdefault(f"{name}_{key}", []).append(float(value))
    out = {name: float(np.mean(values)) for name, values in rows.items()}
    for name in ("running", "steadied"):
        for key in ("error", "change"):
            gain = np.subtract(rows[f"{name}_{key}"], rows[f"mean_{key}"])
            out[f"{name}_{key}_gain"] = float(gain.mean())
            out[f"{name}_{key}_sure"] = float(gain.std() / len(gain) ** 0.5)
    return out


def _running(planes: Tensor, window: int) -> list[Tensor]:
    """As `Stabiliser.steadied` before it has learnt anything."""
    out = [planes[:, 0]]
    for number in range(1, planes.shape[1]):
        out.append(out[-1] + (planes[:, number] - out[-1]) / min(number + 1, window))
    return out
