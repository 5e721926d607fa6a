"""The models that relight, by the names that `relume relight --model` knows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from ..cores import Threads
from ..errors import UsageError
from .engine import Engine

__all__ = ["MODELS", "Model", "ModelOptions", "build_engine", "default_model"]

log = logging.getLogger("relume.models")


@dataclass(frozen=True)
class ModelOptions:
    """What a model may be told; each takes some of these, and None leaves the choice to it."""

    weights: str | None = None
    """imported weights by name, or a file of them"""
    device: Literal["cpu", "cuda", "auto"] | None = None
    """where networks run; auto takes CUDA where PyTorch sees it"""
    precision: Literal["fp32", "bf16", "fp16"] | None = None
    """of convolutions and matrix products"""
    compile: bool | None = None
    """fuse operations with torch.compile; the first frame then takes minutes"""


@dataclass(frozen=True)
class Model:
    """One way of relighting."""

    about: str
    """in words, one line"""
    build: Callable[[ModelOptions, int], Engine]
    """a fresh engine, its networks in so many threads; what it needs is imported here"""
    takes: frozenset[str] = frozenset()
    """names of the `ModelOptions` that it understands"""


def _ratio(options: ModelOptions, threads: int) -> Engine:
    from ..ratio import RatioEngine

    return RatioEngine()


def _compact(options: ModelOptions, threads: int) -> Engine:
    from pathlib import Path

    from ..compact_engine import CompactEngine, CompactEngineConfig
    from ..runtime import RuntimeConfig

    weights = Path(options.weights) if options.weights else None
    return CompactEngine(CompactEngineConfig(weights, runtime=RuntimeConfig(threads=threads)))


def _paper(options: ModelOptions, threads: int) -> Engine:
    from ..model.paper.inference import InferenceConfig  # without PyTorch, says what to install
    from ..paper_engine import load_engine

    inference = InferenceConfig(
        device=options.device or "auto",
        precision=options.precision or "fp32",
        compile=bool(options.compile),
    )
    return load_engine(options.weights, inference)


MODELS = {
    "compact": Model(
        "relume's own networks: take hard light off, know hair and shoulders; real time on a CPU",
        _compact,
        frozenset({"weights"}),
    ),
    "ratio": Model("ratio images: no training, real time on a CPU", _ratio),
    "paper": Model(
        "the published networks, for GPUs; needs imported weights",
        _paper,
        frozenset({"weights", "device", "precision", "compile"}),
    ),
}


def default_model() -> str:
    """The compact model where its compiled kernels are, elsewhere ratio images (with one warning,
    for the picture is another)."""
    from ..native import native

    if native() is not None:
        return "compact"
    _tell_of_ratio()
    return "ratio"


@cache
def _tell_of_ratio() -> None:
    log.warning(
        "without compiled kernels the default model is ratio, not compact, and its picture is"
        " another: hard light of the input stays in it; the compact model (--model compact; in"
        " Python build_engine('compact')) gives the usual one, slowly"
    )


def build_engine(
    name: str | None = None, options: ModelOptions | None = None, threads: int | None = None
) -> Engine:
    """A fresh engine of the model of that name.

    Args:
        name: one of `MODELS`; `default_model` chooses where it isn't given.
        options: what the model is told.
        threads: cores to be used; all that there are by default. See `Threads`. PyTorch, which
            runs `paper`, has a setting of its own.

    Raises:
        UsageError: there is no such model, or it doesn't understand an option.
        MissingDependencyError: a package that the model needs isn't installed.
        ModelError: its weights are missing, damaged or of another network.
    """
    name = default_model() if name is None else name
    model = MODELS.get(name)
    if model is None:
        raise UsageError(f"no model is called {name!r}: choose one of {', '.join(MODELS)}")
    options = options or ModelOptions()
    for field in fields(options):
        if getattr(options, field.name) is not None and field.name not in model.takes:
            able = " or ".join(n for n, m in MODELS.items() if field.name in m.takes)
            raise UsageError(
                f"the {name} model has no choice of {field.name}: leave it out, or use the model"
                f" {able}"
            )
    return model.build(options, Threads.share(threads).network)
