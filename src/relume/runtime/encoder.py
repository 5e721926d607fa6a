"""The compact model's encoders as an OpenVINO network, built from their weights.

The counterpart in PyTorch, which trains them, is `relume.model.compact.encoder`; a test holds the
two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..inference import openvino
from ..model.compact import CompactConfig

__all__ = ["encoder_network"]

Weights = Mapping[str, NDArray[Any]]


def encoder_network(weights: Weights, config: CompactConfig) -> Any:
    """The network, an `openvino.Model`.

    Inputs: `picture` uint8 [1, 256, 256, 3] RGB, and `places` float32 [1, plane, plane, 2], where
    the mean head's front surface is seen in the picture, -1..1 from edge to edge. Output: planes
    float32 [3, plane, plane, albedo + shading channels].

    Args:
        weights: the model's state dict.
        config: its sizes.
    """
    ov = openvino()

    net = _Net(weights)
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
    albedo = net.unet(ops.concat([lifted, ops.constant(place)], 1), code, at + "trunk", config)
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


class _Net:
    """Layers by the names that their weights have in PyTorch."""

    def __init__(self, weights: Weights) -> None:
        from openvino import opset13

        self.ops: Any = opset13
        self._weights = weights

    def _constant(self, name: str, shape: tuple[int, ...] | None = None) -> Any:
        values = np.asarray(self._weights[name], np.float32)
        return self.ops.constant(values if shape is None else values.reshape(shape))

    def conv(self, x: Any, name: str, stride: int = 1) -> Any:
        kernel = self._weights[name + ".weight"].shape[-1]
        pad = [kernel // 2, kernel // 2]
        y = self.ops.convolution(
            x, self._constant(name + ".weight"), [stride, stride], pad, pad, [1, 1]
        )
        return self.ops.add(y, self._constant(name + ".bias", (1, -1, 1, 1)))

    def linear(self, x: Any, name: str) -> Any:
        y = self.ops.matmul(x, self._constant(name + ".weight"), False, True)
        return self.ops.add(y, self._constant(name + ".bias"))

    def residual(self, x: Any, code: Any, name: str) -> Any:
        """`relume.model.compact.blocks.FiLMResidual`."""
        ops = self.ops
        channels = len(self._weights[name + ".first.bias"])
        film = ops.reshape(
            self.linear(code, name + ".film"), np.array([1, 2 * channels, 1, 1]), False
        )
        scale, shift = ops.split(film, 1, 2).outputs()
        y = self.conv(ops.swish(x), name + ".first")
        y = ops.add(ops.multiply(y, ops.add(scale, np.float32(1))), shift)
        return ops.add(x, self.conv(ops.swish(y), name + ".second"))

    def unet(self, x: Any, code: Any, name: str, config: CompactConfig) -> Any:
        """`relume.model.compact.blocks.UNet`."""
        x = self.conv(x, name + ".enter")
        skips = []
        levels = len(config.trunk) - 1
        for i in range(levels):
            x = self.residual(x, code, f"{name}.down.{i}")
            skips.append(x)
            x = self.conv(x, f"{name}.shrink.{i}", 2)
        for i in range(2):
            x = self.residual(x, code, f"{name}.middle.{i}")
        for i in range(levels):
            x = self._doubled(self.conv(x, f"{name}.merge.{i}"))
            x = self.residual(self.ops.add(x, skips.pop()), code, f"{name}.up.{i}")
        return self.conv(self.ops.swish(x), name + ".leave")

    def _doubled(self, x: Any) -> Any:
        return self.ops.interpolate(
            x, np.array([2.0, 2.0], np.float32), "nearest", "scales", axes=np.array([2, 3]),
            coordinate_transformation_mode="asymmetric", nearest_mode="floor",
        )  # fmt: skip

    def interleaved(self, planes: Any, channels: int, size: int) -> Any:
        """[1, 3 * C, H, W] to [3, H, W, C]."""
        split = self.ops.reshape(planes, np.array([3, channels, size, size]), False)
        return self.ops.transpose(split, np.array([0, 2, 3, 1]))
