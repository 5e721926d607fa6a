"""The network and its training. Needs PyTorch (`pip install "relume[train]"`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingDependencyError
from ...inference import openvino
from ...light import LAMBERT
from ..estimators.crop import SIDE
from .data import draw_heads, sample

__all__ = ["TrainConfig", "Trained", "build", "export", "r_squared", "train"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TrainConfig:
    """How the estimator is trained."""

    heads: int = 1000
    """People drawn to train on."""
    held_out: int = 100
    """Other people, to measure on."""
    steps: int = 1800
    """Steps of training; they and the drawing took about nine minutes of one core."""
    batch: int = 48
    """Pictures a step."""
    rate: float = 2e-3
    """Highest learning rate."""
    channels: tuple[int, ...] = (16, 32, 64, 96)
    """Channels after each halving."""
    hidden: int = 96
    """Features of the last hidden layer."""
    seed: int = 1
    """Of all randomness."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What training gave.

    Attributes:
        network: the PyTorch module, in evaluation mode.
        truth: [M, 9] held-out lights.
        said: [M, 9] what the network says of their pictures.
    """

    network: Any
    truth: Floats
    said: Floats


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise MissingDependencyError(
            'training the light estimator needs PyTorch: pip install "relume[train]"'
        ) from None
    return torch


def build(config: TrainConfig) -> Any:
    """The network: [N, 2, 64, 64] to [N, 8], the coefficients 1 to 8 over the first, each times
    its Lambert factor."""
    nn = _torch().nn
    layers: list[Any] = []
    before = 2
    for width in config.channels:
        for stride, inner in ((2, before), (1, width)):
            layers += [
                nn.Conv2d(inner, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
        before = width
    side = SIDE // 2 ** len(config.channels)
    layers += [nn.Flatten(), nn.Dropout(0.1), nn.Linear(before * side * side, config.hidden)]
    layers += [nn.ReLU(), nn.Linear(config.hidden, 8)]
    return nn.Sequential(*layers)


def train(config: TrainConfig, say: Callable[[str], None] = print) -> Trained:
    """Draw people, train, measure on others.

    Raises:
        MissingDependencyError: PyTorch isn't installed.
    """
    torch = _torch()
    torch.manual_seed(config.seed)
    start = time.monotonic()
    heads = draw_heads(config.heads, config.seed)
    others = draw_heads(config.held_out, config.seed + 1_000_000)
    say(f"{config.heads} + {config.held_out} heads in {time.monotonic() - start:.0f} s")
    network = build(config)
    optimiser = torch.optim.AdamW(network.parameters(), config.rate, weight_decay=1e-3)
    rng = np.random.default_rng(config.seed)
    factors = LAMBERT[1:].astype(np.float32)
    start, running = time.monotonic(), 0.0
    for step in range(config.steps):
        done = step / config.steps
        for group in optimiser.param_groups:
            group["lr"] = config.rate * min(step / 100, 1.0) * (0.5 + 0.5 * np.cos(np.pi * done))
        pictures, lights = sample(heads, rng.integers(config.heads, size=config.batch), rng)
        target = torch.from_numpy(lights[:, 1:] * factors)
        loss = torch.nn.functional.smooth_l1_loss(
            network(torch.from_numpy(pictures)), target, beta=0.1
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        running += (loss.item() - running) / min(step + 1, 100)
        if (step + 1) % 200 == 0:
            say(f"step {step + 1}: loss {running:.4f}, {time.monotonic() - start:.0f} s")
    network.eval()
    rng = np.random.default_rng(config.seed + 2)
    pictures, truth = sample(others, np.arange(config.held_out).repeat(20), rng)
    with torch.no_grad():
        out = network(torch.from_numpy(pictures)).numpy() / factors
    said = np.concatenate([np.ones_like(out[:, :1]), out], 1)
    return Trained(network, truth, said)


def export(network: Any, path: Path) -> None:
    """Write the network for OpenVINO: `path` (.xml) and its weights beside it (.bin, half
    precision)."""
    ov = openvino()
    example = _torch().zeros(1, 2, SIDE, SIDE)
    model = ov.convert_model(network, example_input=example, input=[1, 2, SIDE, SIDE])
    ov.save_model(model, path, compress_to_fp16=True)


def r_squared(truth: Floats, said: Floats) -> NDArray[np.float64]:
    """[8] share of each coefficient's variance (1 to 8) that is explained; below 0 where the mean
    would be the better guess."""
    miss = ((truth - said)[:, 1:] ** 2).sum(0)
    spread = ((truth - truth.mean(0))[:, 1:] ** 2).sum(0)
    return np.asarray(1.0 - miss / np.maximum(spread, 1e-12), np.float64)
