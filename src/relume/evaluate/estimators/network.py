"""Networks by OpenVINO, from files or built in place."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from ...inference import cpu_settings, openvino, own_signal_stack

__all__ = ["Runner", "read_network", "sha256_of"]

Floats = NDArray[np.float32]


class Runner:
    """A compiled network; single-threaded and in full precision, so that it repeats itself.

    Args:
        model: an `openvino.Model`.
    """

    @own_signal_stack()
    def __init__(self, model: Any) -> None:
        self._compiled = openvino().Core().compile_model(model, "CPU", cpu_settings(1, "f32"))

    def __call__(self, *inputs: Floats) -> list[Floats]:
        """Outputs for inputs, both in the network's order.

        Raises:
            ModelError: the network doesn't take such inputs.
        """
        try:
            out = self._compiled(list(inputs))
        except RuntimeError as error:
            raise ModelError(
                f"a network refuses inputs of shapes {[i.shape for i in inputs]}"
                f" ({str(error).strip()[:200]}); export it for these"
            ) from error
        return [np.array(out[k], np.float32) for k in range(len(self._compiled.outputs))]


def sha256_of(*paths: Path) -> str:
    """SHA-256 of files, one after another."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_network(path: Path) -> tuple[Any, str]:
    """A network from .onnx or .xml (with its .bin beside it), and its hash.

    Raises:
        ModelError: the file is missing, damaged or of another kind.
    """
    if path.suffix not in (".onnx", ".xml"):
        raise ModelError(f"{path}: a network must be an .onnx or an OpenVINO .xml file")
    parts = [path] if path.suffix == ".onnx" else [path, path.with_suffix(".bin")]
    for part in parts:
        if not part.is_file():
            raise ModelError(f"{part}: no such file; check the name")
    try:
        return openvino().Core().read_model(path), sha256_of(*parts)
    except RuntimeError as error:
        raise ModelError(f"{path}: not a network ({str(error).strip()[:200]})") from error
