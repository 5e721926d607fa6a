"""The compact model's encoders as an OpenVINO network, built from their weights.

The counterpart in PyTorch, which trains them, is `relume.model.compact.encoder`; a test holds the
two together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inference import openvino
from ..model.compact import CompactConfig
from .layers import Layers, Weights

__all__ = ["encoder_network"]


def encoder_network(weights: Weights, config: CompactConfig, eight_bit: bool = False) -> Any:
    """The network, an `openvino.Model`.

    Inputs: `picture` uint8 [1, 256, 256, 3] RGB, and `places` float32 [1, plane, plane, 2], where
    the mean head's front surface is seen in the picture, -1..1 from edge to edge. Output: planes
    float32 [3, plane, plane, albedo + shading channels].

    Args:
        weights: the model's state dict.
        config: its sizes.
        eight_bit: see `Layers`.
    """
    ov = openvino()
    net = Layers(weights, eight_bit)
    ops = net.ops
    n, p, half = config.picture, config.plane, config.picture // 4
    picture = ops.parameter([1, n, n, 3], np.uint8, name="picture")
    places = ops.parameter([1, p, p, 2], np.float32, name="places")
    values = ops.subtract(
        ops.multiply(ops.convert(picture, "f32"), np.float32(2 / 255)), np.float32(1)
    )
    cells = ops.reshape(values, np.array([1, half, 4, half, 4, 3]), False)
    raw = ops.reshape(
        ops.transpose(cells, np.array([0, 5, 2, 4, 1, 3])), np.array([1, 48, half, half]), False
    )
    at = "albedo_encoder."
    x = ops.swish(net.conv(raw, at + "stem.0"))
    x = ops.swish(net.conv(x, at + "stem.2"))
    features = net.conv(x, at + "stem.4")
    x = ops.swish(net.conv(ops.swish(features), at + "code.0", 2))
    x = ops.swish(net.conv(x, at + "code.2", 2))
    x = net.conv(x, at + "code.4", 2)
    x = ops.reduce_mean(x, np.array([2, 3]), False)
    code = ops.swish(net.linear(ops.swish(x), at + "code_out.1"))
    lifted = ops.grid_sample(
        ops.concat([features, raw], 1), places,
        {"align_corners": False, "mode": "bilinear", "padding_mode": "border"},
    )  # fmt: skip
    lift = np.asarray(weights[at + "lift"], np.float32)
    place = (lift.T / np.float32(config.box)).reshape(1, 3, p, p)
    albedo = net.unet(ops.concat([lifted, ops.constant(place)], 1), code, at + "trunk")
    at = "shading_encoder."
    x = net.conv(albedo, at + "enter")
    x = net.residual(x, code, at + "blocks.0")
    shading = net.conv(ops.swish(x), at + "leave")
    planes = ops.concat(
        [
            net.interleaved(albedo, config.albedo_channels, p),
            net.interleaved(shading, config.shading_channels, p),
        ],
        3,
    )
    return ov.Model([ops.result(planes)], [picture, places], "compact")
