"""The network that reads a face's light, on OpenVINO, built from its weights.

The counterpart in PyTorch, which trains it, is `relume.model.light_network`; a test holds the two
together.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..inference import cpu_settings, openvino, own_signal_stack
from ..light import Light
from .layers import Layers, Weights
from .tensors import read_tensors

__all__ = ["LightNetwork", "light_network"]

_ASSET = "assets/networks/light.safetensors"


class LightNetwork:
    """What is shown of a face to the light around it, for each colour channel by itself.

    The picture and its mirror image are both read, so that left and right are told alike.

    Args:
        path: weights that `relume train light` wrote; those that relume carries by default.

    Raises:
        ModelError: they are missing, damaged, or another network's.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._compiled = _carried() if path is None else _compiled(path)
        self._request = self._compiled.create_infer_request()

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """[9, 3] coefficients of radiance in the head frame, each channel's over its first.

        Args:
            features: [3, 3, 64, 64] what is shown of each channel, see `relume.reader.shown`.
        """
        both = np.concatenate([features, features[..., ::-1]])
        self._request.infer([both], share_inputs=True)
        answers = np.array(self._request.get_output_tensor(0).data, np.float64)
        straight, mirrored = answers[:3].T, answers[3:].T
        return (straight + Light(mirrored).mirrored().coefficients) / 2


def light_network(weights: Weights) -> Any:
    """The network, an `openvino.Model`: float32 [6, 3, 64, 64] to [6, 9].

    Args:
        weights: the state dict of `relume.model.light_network.LightNetwork`.
    """
    ov = openvino()
    net = Layers(weights)
    ops = net.ops
    features = ops.parameter([6, 3, 64, 64], np.float32, name="features")
    x = ops.swish(net.conv(features, "enter", 4, margin=2))
    x = ops.swish(net.conv(x, "narrow", 2))
    x = ops.add(x, ops.swish(net.conv(x, "same")))
    x = ops.swish(net.conv(x, "leave", 2))
    x = ops.swish(net.linear(ops.reshape(x, np.array([6, -1]), False), "one"))
    share = ops.softmax(net.linear(x, "two"), 1)
    table = ops.constant(np.asarray(weights["table"], np.float32))
    return ov.Model([ops.result(ops.matmul(share, table, False, False))], [features], "light")


@cache
def _carried() -> Any:
    with resources.as_file(resources.files("relume").joinpath(*_ASSET.split("/"))) as path:
        return _compiled(path)


@own_signal_stack()
def _compiled(path: Path) -> Any:
    weights, _ = read_tensors(path)
    ov = openvino()
    try:
        return ov.Core().compile_model(light_network(weights), "CPU", cpu_settings(1, "f32"))
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} holds no network that reads light ({error})") from error
