"""Layers of OpenVINO networks, by the names that their weights have in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Layers", "Weights"]

Weights = Mapping[str, NDArray[Any]]


class Layers:
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
