"""What the later stages share: one network learns, the rest of the model held still."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ..errors import InputError
from ..runtime.tensors import read_tensors
from ..stopping import stopped_by_signal
from ..teacher.lines import add_line
from . import checkpoint
from .log import (
    Progress,
    ScalarLog,
    forget_after,
    in_words,
    tell_changes,
)
from .optimise import Schedule, averaged, follow, learning_rate

__all__ = ["Stage", "StageConfig", "newest_weights", "started_with", "trained"]

_SETTLING = 20
"""Steps over which the running mean's memory grows at first."""


class StageConfig(Schedule, Protocol):
    """Settings that every stage has."""

    @property
    def run(self) -> Path:
        """Folder of the run."""

    @property
    def steps(self) -> int:
        """In all."""

    @property
    def weight_decay(self) -> float:
        """Of AdamW."""

    @property
    def average(self) -> float:
        """Decay of the running mean of the weights."""

    @property
    def save_steps(self) -> int:
        """Between checkpoints."""

    @property
    def look_steps(self) -> int:
        """Between validations."""

    @property
    def log_steps(self) -> int:
        """Between lines of scalars."""


def newest_weights(run: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A run's newest averaged weights, and the facts of their checkpoint.

    Raises:
        InputError: it has no checkpoint.
    """
    newest = checkpoint.latest(run / "checkpoints")
    if newest is None:
        raise InputError(f"{run} has no checkpoint to go on from; `relume train compact` first")
    _, average, _, facts = checkpoint.load(newest)
    return average, facts


def trained(run: Path, name: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The averaged weights that a stage has reached, and the facts of its checkpoint, if any."""
    found = checkpoint.latest(run / name / "checkpoints")
    if found is None:
        return None
    _, average, _, facts = checkpoint.load(found)
    return average, facts


def started_with(facts: dict[str, Any], folder: str) -> tuple[dict[str, Tensor], int]:
    """What the weights file that a run began from (`--start`) holds of a later stage's network.

    Args:
        facts: of one of the run's checkpoints.
        folder: of the stage; its network's weights have names that begin so.

    Returns:
        Its weights, and the steps that they learnt for; none if the run began from no file, or the
        file is gone or holds none.
    """
    start = facts["config"].get("start")
    if start is None or not Path(start).is_file():
        return {}, 0
    tensors, told = read_tensors(Path(start))
    weights = {
        name.removeprefix(f"{folder}."): torch.from_numpy(values)
        for name, values in tensors.items()
        if name.startswith(f"{folder}.")
    }
    return weights, int(json.loads(told["facts"]).get(f"{folder}_steps", 0))


class Stage:
    """One network's training, in a folder of the run: resumes exactly, keeps checkpoints, scalars,
    figures and a running mean of the weights.

    Args:
        name: of the folder.
        net: what learns; as it was left, if it has begun.
        config: the stage's settings.
        base: step of the run's weights that it is trained on.
        first: steps that the network has learnt for elsewhere.

    Attributes:
        home: the folder.
        step: steps done.
        fabric: moves networks and data to the device.
        net: what learns, as it is to be called.

    Raises:
        InputError: what was begun is of another network.
    """

    def __init__(
        self, name: str, net: nn.Module, config: StageConfig, base: int, first: int = 0
    ) -> None:
        self.home, self.step, self._config, self._base = config.run / name, first, config, base
        self._first = first
        self.fabric = Fabric(accelerator="auto" if torch.cuda.is_available() else "cpu", devices=1)
        net.to(self.fabric.device)
        optimiser = torch.optim.AdamW(
            net.parameters(), config.learning_rate, betas=(0.9, 0.99),
            weight_decay=config.weight_decay, fused=True,
        )  # fmt: skip
        self._average = {k: v.detach().clone() for k, v in net.state_dict().items()}
        found = checkpoint.latest(self.home / "checkpoints")
        if found is not None:
            own, average, state, known = checkpoint.load(found)
            if checkpoint.shapes(own) != checkpoint.shapes(net.state_dict()):
                raise InputError(f"{found} is of another network; remove {self.home}")
            net.load_state_dict(own)
            for name, value in average.items():
                self._average[name].copy_(value)
            optimiser.load_state_dict(state)
            self.step, self._first = int(known["step"]), int(known.get("first", 0))
            for file in ("scalars.jsonl", "validation.jsonl"):
                forget_after(self.home / file, self.step)
            tell_changes(self.home, self.step, known["config"], checkpoint.facts(config))
        self._saved = self.step if found is not None else None
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "config.json").write_text(json.dumps(checkpoint.facts(config), indent=1))
        self.net, self._optimiser = self.fabric.setup(net, optimiser)
        self._bare = net

    def train(
        self,
        losses_of: Callable[[int], dict[str, Tensor]],
        look: Callable[[], dict[str, float]],
        progress: Progress | None,
    ) -> int:
        """Go on until the last step or a signal.

        Args:
            losses_of: step number `n`'s losses, weighed, which add up.
            look: figures of people kept out.
            progress: told after each step.

        Returns:
            0, or the number of the signal that stopped it.
        """
        config, log = self._config, ScalarLog(self.home / "scalars.jsonl")
        with stopped_by_signal() as stopped:
            while self.step < config.steps and not stopped():
                rate = learning_rate(config, self.step, self._first)
                losses = losses_of(self.step)
                self._move(rate, torch.stack(list(losses.values())).sum())
                log.add({k: float(v.detach()) for k, v in losses.items()})
                if self.step % config.log_steps == 0:
                    log.write(self.step, {"rate": rate})
                if self.step % config.look_steps == 0:
                    with averaged(self._bare, self._average):
                        line = {"step": self.step, "base": self._base, **look()}
                    add_line(self.home / "validation.jsonl", line)
                    self.fabric.print(in_words(line), flush=True)
                if self.step - (self._saved or self._first) >= config.save_steps:
                    self._keep()
                if progress is not None:
                    total = sum(float(v.detach()) for v in losses.values())
                    progress(self.step, config.steps, total)
            if self.step not in (self._first, self._saved):
                self._keep()
        return stopped()

    def _move(self, rate: float, loss: Tensor) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad()
        self.fabric.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(self._bare.parameters(), 1.0)
        if torch.isfinite(norm):  # a step that isn't finite is left out
            self._optimiser.step()
        self.step += 1
        done = self.step - self._first
        memory = min(self._config.average, done / (done + _SETTLING))
        follow(self._average, self._bare, memory)

    def _keep(self) -> None:
        told = {"config": checkpoint.facts(self._config), "base": self._base, "first": self._first}
        checkpoint.save(
            self.home / "checkpoints", self.step, self._bare.state_dict(), self._average,
            self._optimiser.state_dict(), told,
        )  # fmt: skip
        self._saved = self.step
