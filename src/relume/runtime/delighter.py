"""The delighting network as an OpenVINO network, built from its weights.

The counterpart in PyTorch, which trains it, is `relume.model.compact.delighter`; a test holds the
two together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inference import openvino
from ..model.compact import DELIGHT_FEATURES
from .layers import Layers, Weights

__all__ = ["delighter_network", "has_delighter"]

_AT = "delighter."


def has_delighter(weights: Weights) -> bool:
    """Whether weights hold the network; files from before it was there don't."""
    return _AT + "unet.leave.weight" in weights


def delighter_network(weights: Weights, cells: int, eight_bit: bool = False) -> Any:
    """The network, an `openvino.Model`.

    Input: features float32 [1, 33, N, N]. Output: natural logarithm of a factor in linear light,
    float32 [N, N, 3].

    Args:
        weights: the model's state dict.
        cells: N.
        eight_bit: see `Layers`.
    """
    ov = openvino()
    net = Layers(weights, eight_bit)
    ops = net.ops
    features = ops.parameter([1, DELIGHT_FEATURES, cells, cells], np.float32, name="features")
    x = ops.swish(net.conv(features, _AT + "code.0", 2))
    x = net.conv(x, _AT + "code.2", 2)
    x = ops.reduce_mean(x, np.array([2, 3]), False)
    code = ops.swish(net.linear(ops.swish(x), _AT + "code_out.1"))
    answer = net.unet(features, code, _AT + "unet")
    cellwise = ops.transpose(
        ops.reshape(answer, np.array([3, cells, cells]), False), np.array([1, 2, 0])
    )
    return ov.Model([ops.result(cellwise)], [features], "delighter")
