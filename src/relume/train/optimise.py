"""What the steps of every stage share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

__all__ = [
    "Schedule",
    "averaged",
    "cooled",
    "fitted",
    "follow",
    "learning_rate",
    "pictures_of",
    "use_threads",
]


class Schedule(Protocol):
    """Settings that the learning rate comes from."""

    @property
    def learning_rate(self) -> float:
        """Highest."""

    @property
    def warm_up(self) -> int:
        """Steps until then."""

    @property
    def half_life(self) -> float:
        """The rate falls as 1 / sqrt(1 + step / half_life)."""


def fitted(state: dict[str, Any], optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """An optimiser's state of one group without the parameters that this one lacks at its end:
    runs used to keep those of the temporal network, too."""
    count = len(optimiser.state_dict()["param_groups"][0]["params"])
    (group,) = state["param_groups"]
    return {
        "state": {k: v for k, v in state["state"].items() if k < count},
        "param_groups": [{**group, "params": group["params"][:count]}],
    }


def learning_rate(config: Schedule, step: int, first: int = 0) -> float:
    """The rate of step number `step` of a run that begins with step `first` (of older weights)."""
    fall = float((1 + step / config.half_life) ** -0.5)
    return config.learning_rate * min(1.0, (step - first + 1) / config.warm_up) * fall


def cooled(step: int, steps: int, cooldown: int) -> float:
    """Share of the rate that is left to step number `step` when it falls evenly to nothing over
    the last `cooldown` of `steps` steps."""
    return 1.0 if cooldown == 0 else min(1.0, (steps - step) / cooldown)


def use_threads(count: int) -> None:
    """So many threads compute; of more than one, sums depend on which comes first."""
    torch.set_num_threads(count)
    try:
        import numba
    except ImportError:
        return
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(count, most))  # more than there are cores are refused


def pictures_of(pictures: Tensor) -> Tensor:
    """uint8 [B, 256, 256, 3] as the encoder takes them, [B, 3, 256, 256] 0..1, channels last."""
    coded = pictures.permute(0, 3, 1, 2).float() / 255
    return coded.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def follow(average: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    """Move the running mean of a model's weights a little towards them."""
    for name, value in model.state_dict().items():
        if value.dtype.is_floating_point:
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)


@contextmanager
def averaged(model: nn.Module, average: dict[str, Tensor]) -> Iterator[None]:
    """The model has the running mean of its weights meanwhile."""
    own = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(average)
    try:
        yield
    finally:
        model.load_state_dict(own)
