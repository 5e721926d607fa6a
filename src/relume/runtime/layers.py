"""Layers of OpenVINO networks, by the names that their weights have in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["RANGES", "Layers", "Weights"]

Weights = Mapping[str, NDArray[Any]]


RANGES = "ranges."
"""Before the name of a convolution: the values that it is mostly given, lowest and highest."""


class Layers:
    """Layers by the names that their weights have in PyTorch.

    Args:
        weights: by name.
        eight_bit: whether convolutions whose `RANGES` are known multiply integers of eight bits
            (Jacob et al., "Quantization and training of neural networks for efficient
            integer-arithmetic-only inference", 2018): values evenly over their range, weights
            evenly over that of their output channel.
    """

    def __init__(self, weights: Weights, eight_bit: bool = False) -> None:
        from openvino import opset13

        self.ops: Any = opset13
        self._weights = weights
        self._eight_bit = eight_bit

    def _constant(self, name: str, shape: tuple[int, ...] | None = None) -> Any:
        values = np.asarray(self._weights[name], np.float32)
        return self.ops.constant(values if shape is None else values.reshape(shape))

    def conv(self, x: Any, name: str, stride: int = 1, margin: int | None = None) -> Any:
        """A convolution; zeros around, `margin` wide, or half of the kernel's size."""
        around = self._weights[name + ".weight"].shape[-1] // 2 if margin is None else margin
        pad = [around, around]
        factors = self._constant(name + ".weight")
        if self._eight_bit and RANGES + name in self._weights:
            low, high = np.asarray(self._weights[RANGES + name], np.float32)
            x = self.ops.fake_quantize(x, low, high, low, high, 256)
            most = np.abs(np.asarray(self._weights[name + ".weight"], np.float32))
            top = np.maximum(most.max((1, 2, 3), keepdims=True), np.float32(1e-8))
            factors = self.ops.fake_quantize(factors, -top, top, -top, top, 255)
        y = self.ops.convolution(x, factors, [stride, stride], pad, pad, [1, 1])
        y.set_friendly_name(name)
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

    def unet(self, x: Any, code: Any, name: str) -> Any:
        """`relume.model.compact.blocks.UNet`."""
        x = self.conv(x, name + ".enter")
        skips = []
        levels = sum(key.startswith(f"{name}.shrink.") for key in self._weights) // 2
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
