"""`python -m relume.train compact --taught FOLDER --run FOLDER` and `... export RUN OUTPUT`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tyro

from .config import TemporalConfig, TrainConfig


def compact(config: Annotated[TrainConfig, tyro.conf.arg(name="")]) -> None:
    """Train the compact model; goes on where the run was."""
    from .loop import train

    train(config)


def temporal(config: Annotated[TemporalConfig, tyro.conf.arg(name="")]) -> None:
    """Train the temporal network of a run, or go on with it."""
    from .temporal import train_temporal

    train_temporal(config)


def export(run: tyro.conf.Positional[Path], output: tyro.conf.Positional[Path]) -> None:
    """Write a run's newest averaged weights as half-precision safetensors.

    Args:
        run: the run's folder.
        output: the .safetensors file.
    """
    from .export import export as write

    print(json.dumps(write(run, output), indent=1))


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict(
        {"compact": compact, "temporal": temporal, "export": export}
    )
