"""The last stage: the temporal network learns to steady planes, on sequences."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ..errors import InputError
from ..model.compact.config import CompactConfig
from ..model.compact.model import CompactModel
from ..model.compact.renderer import Rendered
from . import checkpoint
from .config import TemporalConfig
from .data import Batch, load_environments, loader, taught_files
from .denormals import flushed_denormals
from .log import Progress, ScalarLog, append_line, forget_after, stopped_by_signal
from .losses import root, view_losses
from .optimise import averaged, follow, learning_rate, pictures_of, use_threads
from .sequences import Sequences

__all__ = ["changes", "encoded", "train_temporal", "trained_stabiliser"]

_FOLDER = "temporal"
"""Of a run, in which this stage keeps its own."""


@flushed_denormals()
def train_temporal(config: TemporalConfig, progress: Progress | None = None) -> int:
    """Train the temporal network of a run's newest averaged weights, or go on with it.

    After the paper's last stage (Cai et al., CVPR 2024): reconstruction of the newest frame, and
    losses on what changes from frame to frame and from the start of a sequence to its end, masked
    where the truth changes, too (after Lai et al., ECCV 2018). No flow is needed: all frames are
    rendered from one camera around the head, which holds still in canonical space.

    Args:
        config: the stage.
        progress: told after each step.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: the run has no checkpoint, or nothing is taught.
    """
    use_threads(config.threads)
    newest = checkpoint.latest(config.run / "checkpoints")
    if newest is None:
        raise InputError(f"{config.run} has no checkpoint to steady; `relume train compact` first")
    _, weights, _, facts = checkpoint.load(newest)
    model = CompactModel(CompactConfig.from_facts(facts["config"]["model"]))
    model.load_state_dict(weights)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.requires_grad_(False).eval()
    net = model.stabiliser.requires_grad_(True)
    fabric = Fabric(accelerator="auto" if torch.cuda.is_available() else "cpu", devices=1)
    optimiser = torch.optim.AdamW(net.parameters(), config.learning_rate, betas=(0.9, 0.99))
    home, step = config.run / _FOLDER, 0
    average = {k: v.detach().clone() for k, v in net.state_dict().items()}
    found = checkpoint.latest(home / "checkpoints")
    if found is not None:
        own, average, state, known = checkpoint.load(found)
        net.load_state_dict(own)
        optimiser.load_state_dict(state)
        step = int(known["step"])
        for name in ("scalars.jsonl", "validation.jsonl"):
            forget_after(home / name, step)
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.json").write_text(json.dumps(checkpoint.facts(config), indent=1))
    model.to(fabric.device)
    wrapped, optimiser = fabric.setup(net, optimiser)
    del wrapped  # called through the model, on one device
    environments = load_environments(config.environments)
    frames = model.config.window + 1
    held = Sequences(taught_files(config.taught, held=True), environments, config, frames)
    taught = taught_files(config.taught, held=False)
    batches = iter(loader(Sequences(taught, environments, config, frames, step), config.workers))
    log, stopped = ScalarLog(home / "scalars.jsonl"), stopped_by_signal()
    base = int(facts["step"])
    saved = step_of_last_look = step

    def keep() -> None:
        told = {"config": checkpoint.facts(config), "base": base}
        checkpoint.save(
            home / "checkpoints", step, net.state_dict(), average, optimiser.state_dict(), told
        )

    while step < config.steps and not stopped():
        batch = fabric.to_device(next(batches))
        torch.manual_seed(config.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(config, step)
        albedo, shading = encoded(model, batch, fabric.device.type)
        losses = _losses(model, batch, albedo, shading, config)
        optimiser.zero_grad()
        fabric.backward(torch.stack(list(losses.values())).sum())
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        follow(average, net, min(config.average, step / (step + 10)))
        log.add({k: float(v.detach()) for k, v in losses.items()})
        if step % config.log_steps == 0:
            log.write(step, {})
        if step - saved >= config.save_steps:
            keep()
            saved = step
        if step - step_of_last_look >= config.look_steps:
            step_of_last_look = step
            with averaged(net, average):
                figures = _look(model, held, config, fabric)
            append_line(home / "validation.jsonl", {"step": step, "base": base, **figures})
            fabric.print(f"{step} {figures}", flush=True)
        if progress is not None:
            progress(step, config.steps)
    keep()
    return stopped()


@torch.no_grad()
def encoded(model: CompactModel, batch: Batch, device: str) -> tuple[Tensor, Tensor]:
    """Planes [B, T, 3, H, W, A] and [B, T, 3, H, W, S] of all frames of a batch."""
    b, t = batch["picture"].shape[:2]
    picture = pictures_of(batch["picture"].flatten(0, 1))
    pose = (batch[name].flatten(0, 1) for name in ("rotation", "shift", "intrinsics"))
    with torch.autocast(device, torch.bfloat16):
        albedo, code = model.encode_albedo(picture, *pose)
        shading = model.encode_shading(albedo, code)
    return albedo.float().unflatten(0, (b, t)), shading.float().unflatten(0, (b, t))


def _losses(
    model: CompactModel, batch: Batch, albedo: Tensor, shading: Tensor, config: TemporalConfig
) -> dict[str, Tensor]:
    """Of the newest frame, of it and the one before, of it and the second (the window's start)."""
    window, last = model.config.window, albedo.shape[1] - 1
    seen: dict[int, Rendered] = {}
    for at in (1, last - 1, last):
        if at not in seen:
            start = max(0, at + 1 - window)
            steady = model.stabilise(albedo[:, start : at + 1], shading[:, start : at + 1])
            seen[at] = _rendered(model, batch, *steady, at, config)
    out = view_losses(seen[last], batch, last, batch["light"], config.loss)
    out["short"] = config.short * changes(seen[last], seen[last - 1], batch, last, last - 1, config)
    out["long"] = config.long * changes(seen[last], seen[1], batch, last, 1, config)
    return out


def _rendered(
    model: CompactModel,
    batch: Batch,
    albedo: Tensor,
    shading: Tensor,
    at: int,
    config: TemporalConfig,
) -> Rendered:
    known = (batch["known"][:, at] > 0).float()
    return model.render(
        albedo, shading, batch["view_rotation"], batch["view_shift"], batch["rays"],
        coarse=config.samples[0], fine=config.samples[1], hint=batch["depth"][:, at] * known,
    )  # fmt: skip


def changes(
    one: Rendered, other: Rendered, batch: Batch, at: int, before: int, config: TemporalConfig
) -> Tensor:
    """Mean change between two frames seen by one camera, where the truth stays as it is.

    The mask is exp(-decay |truth - truth before|^2) over albedo and alpha: what really moves may.
    """
    true = [torch.cat([root(batch["albedo"][:, k]), batch["alpha"][:, k, :, None]], -1)
            for k in (at, before)]  # fmt: skip
    mask = torch.exp(-config.decay * ((true[0] - true[1]) ** 2).sum(-1))
    mask = mask * batch["known"][:, at] * batch["known"][:, before]
    assert one.transfer is not None
    assert other.transfer is not None
    gap = (root(one.albedo) - root(other.albedo)).abs().sum(-1)
    gap = gap + (one.transfer - other.transfer).abs().sum(-1) / 3
    gap = gap + (one.alpha - other.alpha).abs()
    return (gap * mask).sum() / (mask.sum() + 1.0)


@torch.no_grad()
def _look(
    model: CompactModel,
    held: Sequences,
    config: TemporalConfig,
    fabric: Fabric,
) -> dict[str, float]:
    """Figures of people kept out, for each frame alone, a plain mean of the window, and steadied.

    `NAME_error`: L1 of square-rooted albedo and of transfer of the newest frame; `NAME_change`: see
    `changes`, from one frame to the next.
    """
    sums: dict[str, float] = {}
    batches = iter(held)
    for _ in range(config.looks):
        batch = fabric.to_device(next(batches))
        albedo, shading = encoded(model, batch, fabric.device.type)
        last = albedo.shape[1] - 1
        for name in ("alone", "mean", "steadied"):
            seen = []
            for at in (last - 1, last):
                cut = slice(max(0, at + 1 - model.config.window), at + 1)
                a, s = albedo[:, cut], shading[:, cut]
                if name == "steadied":
                    planes = model.stabilise(a, s)
                elif name == "mean":
                    planes = a.mean(1), s.mean(1)
                else:
                    planes = a[:, -1], s[:, -1]
                seen.append(_rendered(model, batch, *planes, at, config))
            errors = view_losses(seen[1], batch, last, batch["light"], config.loss)
            for key, value in (
                ("error", errors["albedo"] + errors["transfer"]),
                ("change", changes(seen[1], seen[0], batch, last, last - 1, config)),
            ):
                sums[f"{name}_{key}"] = sums.get(f"{name}_{key}", 0.0) + float(value) / config.looks
    return sums


def trained_stabiliser(run: Path) -> tuple[dict[str, Tensor], int] | None:
    """The averaged weights of a run's temporal network and their steps, if it was trained."""
    found = checkpoint.latest(run / _FOLDER / "checkpoints")
    if found is None:
        return None
    _, average, _, facts = checkpoint.load(found)
    return average, int(facts["step"])
