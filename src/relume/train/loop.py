"""The training loop, on Lightning Fabric."""

from __future__ import annotations

import json
import time
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from ..errors import InputError, ModelError
from ..model.compact.model import CompactModel
from ..model.compact.weights import current, load_compact
from ..stopping import stopped_by_signal
from ..teacher.lines import add_line
from ..teacher.scene import Scene
from . import checkpoint
from .check import check_config
from .config import TrainConfig
from .data import Batches, fixed_pairs, loader, material
from .denormals import flushed_denormals
from .log import (
    Progress,
    ScalarLog,
    done_already,
    forget_after,
    in_words,
    tell_changes,
)
from .losses import view_losses
from .mixed import mixed
from .optimise import (
    averaged,
    cooled,
    fitted,
    follow,
    learning_rate,
    pictures_of,
    use_threads,
)
from .perceptual import PerceptualLoss
from .validate import look, write_strip

__all__ = ["train"]

_PEOPLE = 60


@flushed_denormals()
def train(config: TrainConfig, progress: Progress | None = None) -> int:
    """Run, or go on with, a training run until its steps are done or it is stopped.

    Exact resume: batch n and its sampling noise depend on the seed and n alone, and weights, their
    running mean and the optimiser are kept, so that a run that was cut off goes on from its last
    checkpoint as if it hadn't been (as long as the taught portraits are the same).

    Args:
        config: the run.
        progress: told after each step.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: nothing is taught, or the run's model has other sizes.
        ModelError: `config.start` holds no compact model of these sizes.
        UsageError: see `relume.train.check`.
    """
    check_config(config)
    files, others, environments = material(config)
    use_threads(config.threads)
    fabric = Fabric(accelerator="auto" if torch.cuda.is_available() else "cpu", devices=1)
    torch.manual_seed(config.seed)
    model, step, samples = _begun(config)
    reached = checkpoint.reached(config.run / "checkpoints") or step
    if done_already(config.run, reached, config.steps):
        return 0
    first = step
    model.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    # The temporal network comes last, in a stage of its own.
    optimiser = torch.optim.AdamW(
        [p for name, p in model.named_parameters() if not name.startswith("stabiliser.")],
        config.learning_rate, betas=(0.9, 0.99), weight_decay=config.weight_decay, fused=True,
    )  # fmt: skip
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    found = checkpoint.latest(config.run / "checkpoints")
    if found is not None:
        weights, kept, state, facts = checkpoint.load(found)
        if checkpoint.shapes(current(weights, model)) != checkpoint.shapes(model.state_dict()):
            raise InputError(
                f"{found} is of a model of other sizes; give its sizes as --model options, or"
                " another folder as --run"
            )
        model.load_state_dict(current(weights, model))
        for name, value in current(kept, model).items():
            average[name].copy_(value)
        optimiser.load_state_dict(fitted(state, optimiser))
        step, first = int(facts["step"]), int(facts.get("first", 0))
        samples = checkpoint.samples(facts)
        for name in ("scalars.jsonl", "validation.jsonl"):
            forget_after(config.run / name, step)
        tell_changes(config.run, step, facts["config"], checkpoint.facts(config))
    config.run.mkdir(parents=True, exist_ok=True)
    (config.run / "config.json").write_text(json.dumps(checkpoint.facts(config), indent=1))
    wrapped, optimiser = fabric.setup(model, optimiser)
    del wrapped  # the roles are called one by one, on one device
    started = time.monotonic()
    people = fixed_pairs([Scene.load(f) for f in others], config.pairs, _PEOPLE)
    perceptual = PerceptualLoss().to(fabric.device) if config.loss.perceptual > 0 else None
    batches = iter(loader(Batches(files, environments, config, step), config.workers))
    log = ScalarLog(config.run / "scalars.jsonl")
    learnt = f"{len(files)} portrait{'s' * (len(files) != 1)}"
    kept_out = "1 person" if len(people) == 1 else f"{len(people)} people"
    fabric.print(f"{learnt}, {kept_out} kept out, from step {step}")
    fabric.print(f"ready after {time.monotonic() - started:.0f} s", flush=True)
    saved = time.monotonic()
    model.train()
    with stopped_by_signal() as stopped:
        while step < config.steps and not stopped():
            batch = fabric.to_device(next(batches))
            torch.manual_seed(config.seed * 1_000_003 + step)
            rate = learning_rate(config, step, first) * cooled(step, config.steps, config.cooldown)
            for group in optimiser.param_groups:
                group["lr"] = rate
            joint = step >= config.albedo_steps
            losses = _step(fabric, model, optimiser, batch, config, joint, perceptual)
            step, samples = step + 1, samples + config.batch
            done = step - first
            follow(average, model, min(config.average, done / (done + 20)))
            log.add(losses)
            if step % config.log_steps == 0:
                log.write(step, {"rate": rate})
            if step % config.look_steps == 0:
                _look(config, model, average, people, step, samples, perceptual)
            if time.monotonic() - saved > 60 * config.save_minutes:
                _save(config, first, step, samples, model, average, optimiser, len(files))
                saved = time.monotonic()
            if progress is not None:
                progress(step, config.steps, sum(losses.values()) - losses["norm"])
        _save(config, first, step, samples, model, average, optimiser, len(files))
    return stopped()


def _begun(config: TrainConfig) -> tuple[CompactModel, int, int]:
    """A new run's model and its counts of steps and of samples."""
    if config.start is None:
        return CompactModel(config.model), 0, 0
    model, facts = load_compact(config.start)
    if model.config != config.model:
        raise ModelError(
            f"{config.start} holds a compact model of other sizes than the run's; give its sizes "
            "as --model options, or start without it"
        )
    return model, int(facts.get("steps", 0)), int(facts.get("samples", 0))


def _step(
    fabric: Fabric,
    model: CompactModel,
    optimiser: Any,
    batch: dict[str, Tensor],
    config: TrainConfig,
    joint: bool,
    perceptual: PerceptualLoss | None,
) -> dict[str, float]:
    """One optimiser step; its losses."""
    picture = pictures_of(batch["picture"])
    with mixed(fabric.device):
        albedo, code = model.encode_albedo(
            picture, batch["rotation"], batch["shift"], batch["intrinsics"]
        )
        shading = model.encode_shading(albedo, code) if joint else None
    sums: dict[str, Tensor] = {}
    for view in range(batch["rays"].shape[1]):
        known = (batch["known"][:, view] > 0).float()
        rendered = model.render(
            albedo,
            shading,
            batch["view_rotation"][:, view],
            batch["view_shift"][:, view],
            batch["rays"][:, view],
            coarse=config.samples[0],
            fine=config.samples[1],
            hint=batch["depth"][:, view] * known,
        )
        losses = view_losses(rendered, batch, view, batch["light"], config.loss, perceptual)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0) + value
    total = torch.stack(list(sums.values())).sum()
    optimiser.zero_grad()
    fabric.backward(total)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    if torch.isfinite(norm):  # a step that isn't finite is left out
        optimiser.step()
    return {**{k: float(v.detach()) for k, v in sums.items()}, "norm": float(norm)}


def _look(
    config: TrainConfig,
    model: CompactModel,
    average: dict[str, Tensor],
    people: Any,
    step: int,
    samples: int,
    perceptual: PerceptualLoss | None,
) -> None:
    with averaged(model, average):
        figures, strip = look(model, people, perceptual=perceptual)
    write_strip(config.run / "pictures" / f"step-{step:08d}.png", strip)
    line = {"step": step, "samples": samples, **figures}
    add_line(config.run / "validation.jsonl", line)
    print(in_words(line), flush=True)


def _save(
    config: TrainConfig,
    first: int,
    step: int,
    samples: int,
    model: CompactModel,
    average: dict[str, Tensor],
    optimiser: Any,
    portraits: int,
) -> None:
    checkpoint.save(
        config.run / "checkpoints",
        step,
        model.state_dict(),
        average,
        optimiser.state_dict(),
        {
            "config": checkpoint.facts(config),
            "samples": samples,
            "portraits": portraits,
            "first": first,
        },
    )
