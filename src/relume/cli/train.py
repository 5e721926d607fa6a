"""`relume train`: train the networks and write their weights."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ..errors import MissingDependencyError
from .parse import parse

try:
    import lightning_fabric as _fabric  # noqa: F401
    import safetensors as _safetensors  # noqa: F401
    import torch as _torch  # noqa: F401

    # Their defaults are the options' own.
    from ..train.ablation import AblationConfig
    from ..train.config import DelightConfig, LightConfig, TemporalConfig, TrainConfig
    from ..train.log import Progress
except ImportError as error:
    raise MissingDependencyError(
        "training needs PyTorch, lightning-fabric, safetensors and numba: "
        'pip install "relume[train]"'
    ) from error

__all__ = ["train_command"]


@dataclass
class Compact:
    """Train the compact model; the same command again goes on where the run was.

    Example: relume train compact --taught taught --run runs/first --environments hdri
    """

    config: Annotated[TrainConfig, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Do it."""
        from ..train.loop import train

        code = _shown("training", self.config.steps, lambda told: train(self.config, told))
        if not code:
            run = self.config.run
            told = f"trained; relume train export {run} compact.safetensors writes its weights"
            print(f"{run}: {told}", file=sys.stderr)
        return code


@dataclass
class Temporal:
    """Train the temporal network of a run of `relume train compact`, or go on with it.

    Example: relume train temporal --taught taught --run runs/first --environments hdri
    """

    config: Annotated[TemporalConfig, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Do it."""
        from ..train.temporal import train_temporal

        return _shown("training", self.config.steps, lambda told: train_temporal(self.config, told))


@dataclass
class Delight:
    """Train the network that takes hard light off, for a run of `relume train compact`.

    Example: relume train delight --taught taught --run runs/first --environments hdri
    """

    config: Annotated[DelightConfig, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Do it."""
        from ..train.delight import train_delighter

        return _shown(
            "training", self.config.steps, lambda told: train_delighter(self.config, told)
        )


@dataclass
class Light:
    """Train the network that reads a face's light, or go on with it; it needs no other model.

    Example: relume train light --taught taught --run runs/first --environments hdri
    """

    config: Annotated[LightConfig, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Do it."""
        from ..train.light import train_light

        return _shown("training", self.config.steps, lambda told: train_light(self.config, told))


@dataclass
class Ablation:
    """Train small variants of the compact model side by side, each without one of its parts.

    Example: relume train ablation --taught taught --run runs/parts --environments hdri
    """

    config: Annotated[AblationConfig, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Do it."""
        from ..train.ablation import ablate
        from ..train.ablation_figures import table

        code = _shown("training", self.config.steps, lambda told: ablate(self.config, told))
        print(table(self.config.run))
        return code


@dataclass
class Export:
    """Write a run's weights to a file for `relume relight --weights`.

    Example: relume train export runs/first compact.safetensors
    """

    folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """The run's folder."""
    output: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """The .safetensors file to write."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace the file if it exists."""

    def run(self) -> int:
        """Do it."""
        from ..errors import OutputError
        from ..place import OutputPlace
        from ..train.export import export

        if self.output.suffix != ".safetensors":
            raise OutputError(f"{self.output}: weights are written as .safetensors; name it so")
        OutputPlace(self.output, overwrite=self.overwrite)  # refused before the work, not after
        facts = export(self.folder, self.output)
        told = "{steps:,} steps, {samples:,} pairs of {portraits} portraits".format(**facts)
        print(f"{self.output}: {told}", file=sys.stderr)
        return 0


def train_command(arguments: list[str]) -> int:
    """`relume train ARGUMENTS`; returns the exit code.

    The other commands need neither its settings nor what they import.
    """
    from .process import keep_tensors

    keep_tensors()
    subcommand = tyro.conf.subcommand
    command = parse(
        Annotated[Compact, subcommand("compact")]
        | Annotated[Temporal, subcommand("temporal")]
        | Annotated[Delight, subcommand("delight")]
        | Annotated[Light, subcommand("light")]
        | Annotated[Ablation, subcommand("ablation")]
        | Annotated[Export, subcommand("export")],
        "train",
        arguments or ["--help"],
        "Train the compact model from taught portraits.",
        config=(tyro.conf.OmitSubcommandPrefixes, tyro.conf.FlagCreatePairsOff),
    )
    code: int = command.run()
    return code


def _shown(label: str, steps: int, work: Callable[[Progress], int]) -> int:
    """Do `work` with its steps shown; the exit code, by the signal that it was stopped by."""
    from .progress import training_progress

    with training_progress(label, steps) as advance:
        stopped = work(advance)
    if stopped:
        print("relume: stopped and saved; the same command goes on", file=sys.stderr)
        return 128 + stopped
    return 0
