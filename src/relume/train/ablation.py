"""The ablation: variants of a small compact model, trained side by side on the same batches."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..model.compact import CompactConfig
from ..place import OutputPlace
from ..stopping import stopped_by_signal
from ..teacher.lines import add_line
from ..teacher.scene import Scene
from . import checkpoint
from .ablation_figures import FIGURES, figures
from .check import check_config
from .config import LossConfig, TrainConfig
from .data import Batches, fixed_pairs, load_environments, taught_files
from .denormals import flushed_denormals
from .log import Progress, done_already, forget_after
from .mixed import mixed
from .optimise import averaged, follow, learning_rate, pictures_of, use_threads
from .variants import VARIANTS, VariantModel

__all__ = ["AblationConfig", "ablate"]


@dataclass(frozen=True)
class AblationConfig:
    """Variants of the compact model at half its width, trained side by side.

    Each step trains every variant on the same batch, so that whenever the run ends, all have
    learnt from the same.
    """

    taught: Path
    """Folder of taught portraits (`relume teacher`)."""
    run: Path
    """Folder of the run: its state, and `figures.jsonl`. Goes on where it was."""
    environments: Path | None = None
    """Folder of .hdr surroundings that light some of the inputs."""
    variants: tuple[str, ...] = tuple(VARIANTS)
    """Which variants; the first is what the others are compared with."""
    steps: int = 600
    """Steps in all."""
    albedo_steps: int = 60
    """Steps of the first stage, albedo and density alone."""
    batch: int = 3
    """Pairs a step."""
    portraits: int = 320
    """Portraits to learn from, evenly picked from all of them."""
    people: int = 20
    """People kept out whom the variants are measured on."""
    patch: int = 16
    """Side of the square of rays per view."""
    learning_rate: float = 2e-3
    """Highest learning rate, after the warm-up."""
    warm_up: int = 50
    """Steps until then."""
    half_life: float = 400.0
    """The rate falls as 1 / sqrt(1 + step / half_life)."""
    average: float = 0.98
    """Decay of the running mean of the weights, which is what is measured."""
    look_steps: int = 150
    """Steps between measurements and saved states."""
    seed: int = 0
    """Of the batches and the initial weights."""
    model: CompactConfig = field(
        default_factory=lambda: CompactConfig(
            stem=(24, 16), trunk=(24, 48, 64, 80), code=48, shading_width=24
        )
    )
    """Sizes of the model; half the shipped widths by default."""
    loss: LossConfig = field(default_factory=lambda: LossConfig(perceptual=0.0))
    """Weights of the losses; the perceptual one, which costs most, isn't used."""


class _Trainee:
    """One variant with its optimiser and the running mean of its weights."""

    def __init__(self, name: str, config: AblationConfig) -> None:
        variant = VARIANTS[name]
        torch.manual_seed(config.seed + variant.start)
        self.model: VariantModel = variant.build(config.model)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), config.learning_rate, betas=(0.9, 0.99),
            weight_decay=1e-4, fused=True,
        )  # fmt: skip
        self.average = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.seconds = 0.0
        """CPU seconds of its steps so far."""

    def step(self, batch: dict[str, Tensor], number: int, config: AblationConfig) -> float:
        """Learn from one batch; gives the loss."""
        begun = time.process_time()
        torch.manual_seed(config.seed * 1_000_003 + number)  # all sample the same points
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(config, number)
        total = torch.stack(self._losses(batch, config, number >= config.albedo_steps)).sum()
        self.optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        if torch.isfinite(norm):
            self.optimiser.step()
        follow(self.average, self.model, min(config.average, (number + 1) / (number + 21)))
        self.seconds += time.process_time() - begun
        return float(total.detach())

    def _losses(
        self, batch: dict[str, Tensor], config: AblationConfig, joint: bool
    ) -> list[Tensor]:
        model = self.model
        picture = pictures_of(batch["picture"])
        with mixed(torch.device("cpu")):
            albedo, code = model.encode_albedo(
                picture, batch["rotation"], batch["shift"], batch["intrinsics"]
            )
            shading = model.shading_planes(albedo, code, batch["light"]) if joint else None
        losses: list[Tensor] = []
        for view in range(batch["rays"].shape[1]):
            rendered = model.render(
                albedo, shading, batch["view_rotation"][:, view], batch["view_shift"][:, view],
                batch["rays"][:, view], coarse=8, fine=8,
                hint=batch["depth"][:, view] * (batch["known"][:, view] > 0),
            )  # fmt: skip
            losses += model.losses(rendered, batch, view, config.loss).values()
        return losses

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "seconds": self.seconds,
        }

    def restore(self, state: dict[str, Any] | None) -> bool:
        """Go on from what `state` gave; False where that is of another model."""
        shapes = checkpoint.shapes
        if state is None or shapes(state["model"]) != shapes(self.model.state_dict()):
            return False
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average, self.seconds = state["average"], state["seconds"]
        return True


@flushed_denormals()
def ablate(config: AblationConfig, progress: Progress | None = None) -> int:
    """Run, or go on with, an ablation until its steps are done or it is stopped.

    Figures go into the run's folder; `relume.train.ablation_figures.table` shows them.

    Args:
        config: the run.
        progress: told after each step; the loss is the first variant's.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: a variant isn't known, there are no portraits, or the run is of others.
        UsageError: see `relume.train.check`.
    """
    for name in config.variants:
        if name not in VARIANTS:
            raise InputError(f"there is no variant {name}; there are {', '.join(VARIANTS)}")
    check_config(config)
    files = _thinned(taught_files(config.taught, held=False), config.portraits)
    held = [Scene.load(f) for f in _thinned(taught_files(config.taught, held=True), config.people)]
    environments = load_environments(config.environments)
    use_threads(1)
    config.run.mkdir(parents=True, exist_ok=True)
    log, saved = config.run / FIGURES, config.run / "state.pt"
    trainees = {name: _Trainee(name, config) for name in config.variants}
    step = 0
    if saved.is_file():
        state = torch.load(saved, weights_only=True)
        step = int(state["step"])
        for name, trainee in trainees.items():
            if not trainee.restore(state.get(name)):
                raise InputError(
                    f"{saved} has no {name} of these sizes; give the run's own --variants and"
                    " --model options, or another folder as --run"
                )
        if done_already(config.run, step, config.steps):
            return 0
        forget_after(log, step)
    (config.run / "config.json").write_text(json.dumps(checkpoint.facts(config), indent=1))
    data = TrainConfig(
        config.taught, config.run, batch=config.batch, patch=config.patch, seed=config.seed
    )
    people = fixed_pairs(held, data.pairs, config.people)
    batches = iter(Batches(files, environments, data, step))
    kept = step

    def keep() -> None:
        for name, trainee in trainees.items():
            line = {"step": step, "variant": name, "seconds": trainee.seconds / step}
            add_line(log, {**line, **_measured(trainee, people)})
        _save(saved, {"step": step, **{n: t.state() for n, t in trainees.items()}})

    with stopped_by_signal() as stopped:
        while step < config.steps and not stopped():
            batch = next(batches)
            losses = []
            for trainee in trainees.values():
                trainee.model.train()
                losses.append(trainee.step(batch, step, config))
            step += 1
            if step % config.look_steps == 0:
                keep()
                kept = step
            if progress is not None:
                progress(step, config.steps, losses[0])
        if step != kept:
            keep()
    return stopped()


def _measured(trainee: _Trainee, people: Any) -> dict[str, list[float]]:
    with averaged(trainee.model, trainee.average):
        return figures(trainee.model.eval(), people)


def _thinned(files: list[Path], count: int) -> list[Path]:
    """`count` files, evenly picked."""
    return [files[i] for i in np.linspace(0, len(files) - 1, min(count, len(files))).astype(int)]


def _save(path: Path, state: dict[str, Any]) -> None:
    place = OutputPlace(path, overwrite=True)
    with place.guard():
        torch.save(state, place.partial)
        place.commit()
