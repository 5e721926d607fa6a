"""`python -m relume.evaluate.light_estimator -o light.xml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from .train import TrainConfig, export, r_squared, train


@dataclass
class Command:
    """Train the light estimator on made-up people and say how good it is on others."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("light.xml")
    """The network, for OpenVINO; its weights go beside it (.bin)."""
    config: tyro.conf.OmitArgPrefixes[TrainConfig] = field(default_factory=TrainConfig)
    """How it is trained."""

    def run(self) -> None:
        """Do it."""
        trained = train(self.config)
        export(trained.network, self.output)
        shown = " ".join(f"{x:.2f}" for x in r_squared(trained.truth, trained.said))
        print(f"R2 of y z x xy yz 3z2-1 xz x2-y2 on held-out people: {shown}")


if __name__ == "__main__":
    tyro.cli(Command).run()
