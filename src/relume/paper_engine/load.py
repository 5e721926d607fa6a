"""The engine from imported weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ModelError
from .engine import PaperEngine

if TYPE_CHECKING:
    from ..model.paper.inference import InferenceConfig

__all__ = ["load_engine"]

KIND = "portrait-relighting"


def load_engine(
    weights: str | None = None, inference: InferenceConfig | None = None
) -> PaperEngine:
    """The published networks with imported weights, ready to relight.

    Args:
        weights: imported weights by name, or a file of them; those of the whole relighting
            network by default.
        inference: device, precision, compilation.

    Raises:
        MissingDependencyError: PyTorch or safetensors isn't installed.
        ModelError: the weights are missing, damaged or of another network, or the device isn't
            there.
        UsageError: a precision that the device has no use for.
    """
    from ..model.checkpoints import find_weights, load_model, weights_info
    from ..model.paper import PortraitRelighter  # without PyTorch, says what to install
    from ..model.paper.inference import FastPortraitRelighter

    info = weights_info(find_weights(weights or KIND))
    if info.kind != KIND:
        raise ModelError(
            f"{info.path}: weights of kind {info.kind}; relighting needs {KIND}"
            " (`relume weights list` tells what was imported)"
        )
    model = load_model(info.path)
    assert isinstance(model, PortraitRelighter)
    return PaperEngine(FastPortraitRelighter(model, inference))
