"""A network learns to read the light that a face is in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..light import LAMBERT
from ..model.light_network import LightNetwork, save_light_network
from . import checkpoint
from .check import check_config
from .config import LightConfig
from .data import Batch, loader, material
from .denormals import flushed_denormals
from .light_data import LightBatches, held_lit
from .log import Progress, done_already
from .optimise import use_threads
from .stage import Stage, trained

__all__ = ["FOLDER", "WEIGHTS", "light_losses", "train_light"]

FOLDER = "light"
"""Of a run, in which this stage keeps its own."""

WEIGHTS = "light.safetensors"
"""File in that folder with the averaged weights, in half precision, as they are carried."""

_FLAT = 0.05
"""Length of the first band, over the first coefficient, of light without a clear direction."""


@flushed_denormals()
def train_light(config: LightConfig, progress: Progress | None = None) -> int:
    """Train the network that reads light, or go on with it; its weights are written at the end.

    Args:
        config: the stage.
        progress: told after each step.

    Returns:
        0, or the number of the signal that stopped it.

    Raises:
        InputError: nothing is taught.
        UsageError: see `relume.train.check`.
    """
    check_config(config)
    home = config.run / FOLDER
    reached = checkpoint.reached(home / "checkpoints")
    if (home / WEIGHTS).is_file() and done_already(home, reached, config.steps):
        return 0
    files, others, environments = material(config)
    use_threads(config.threads)
    torch.manual_seed(config.seed)
    net = LightNetwork()
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    stage = Stage(FOLDER, net, config, 0)
    fabric, sitters = stage.fabric, stage.home / "sitters"
    held = {
        kind: fabric.to_device(batch)
        for kind, batch in held_lit(others, environments, config, sitters / "held").items()
    }
    data = LightBatches(files, environments, config, sitters, stage.step)
    batches = iter(loader(data, config.workers, ahead=24))

    def losses_of(_: int) -> dict[str, Tensor]:
        batch = fabric.to_device(next(batches))
        features = batch["features"].contiguous(memory_format=torch.channels_last)
        losses = light_losses(stage.net(features), batch["light"])
        return {
            "light": losses["light"].mean(),
            "direction": config.direction * losses["direction"].mean(),
        }

    stopped = stage.train(losses_of, lambda: _look(net, held), progress)
    found = trained(config.run, FOLDER)
    if found is not None:
        figures = {"steps": found[1]["step"], "batch": config.batch, "portraits": len(files)}
        save_light_network(stage.home / WEIGHTS, found[0], figures)
    return stopped


def light_losses(answer: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """What a read light is off by.

    Args:
        answer: [B, 9] radiance over the first coefficient.
        truth: the same.

    Returns:
        light: [B] root of the integral of the squared difference of the shadings, as the
        evaluation has it; direction: [B] 1 less the cosine between the first bands, times the
        true one's length up to 1.
    """
    weights = torch.from_numpy(LAMBERT**2).to(answer)
    square = ((answer - truth) ** 2 * weights).sum(1)
    said, true = answer[:, 1:4], truth[:, 1:4]
    cosine = F.cosine_similarity(said, true, dim=1, eps=_FLAT)
    strength = true.norm(dim=1).clamp_max(1.0)
    return {"light": (square + 1e-3).sqrt(), "direction": strength * (1 - cosine)}


@torch.no_grad()
def _look(net: LightNetwork, held: dict[str, Batch]) -> dict[str, float]:
    """Lighting error and median angle in degrees over people kept out, by the kind of light."""
    figures: dict[str, float] = {}
    for kind, batch in held.items():
        answer, truth = net(batch["features"]), batch["light"]
        error = light_losses(answer, truth)["light"].mean()
        cosine = F.cosine_similarity(answer[:, 1:4], truth[:, 1:4], dim=1)
        angle = torch.rad2deg(torch.arccos(cosine.clamp(-1, 1))).median()
        figures |= {
            f"{kind}_error": round(float(error), 4),
            f"{kind}_angle": round(float(angle), 2),
        }
    return figures
