"""Optical flow: OpenCV's DIS, or a network such as RAFT where the user gives one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from ..results import EstimatorRecord
from .network import Runner, read_network

__all__ = ["DisFlow", "NetworkFlow"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class DisFlow:
    """Kroeger et al., "Fast optical flow using dense inverse search" (ECCV 2016), medium preset."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.record = EstimatorRecord("flow", "OpenCV DIS, medium", cv2.__version__, "")

    def __call__(self, later: Pixels, earlier: Pixels) -> Floats:
        """See `FlowEstimator`."""
        a, b = (cv2.cvtColor(x, cv2.COLOR_RGB2GRAY) for x in (later, earlier))
        empty = np.zeros((*a.shape, 2), np.float32)
        # The last flow must not be a start for this one: figures would hang on the order.
        return np.asarray(self._dis.calc(a, b, empty), np.float32)


class NetworkFlow:
    """RAFT and its like.

    Args:
        path: .onnx or .xml with two inputs [1, 3, H, W], RGB 0..255, sides multiples of 8, whose
            last output is the flow [1, 2, H, W] from the first to the second.
    """

    def __init__(self, path: Path) -> None:
        model, digest = read_network(path)
        if len(model.inputs) != 2:
            raise ModelError(f"{path}: a flow network takes two pictures, not {len(model.inputs)}")
        self._run = Runner(model)
        self.record = EstimatorRecord("flow", path.stem, "", digest)

    def __call__(self, later: Pixels, earlier: Pixels) -> Floats:
        """See `FlowEstimator`."""
        height, width = later.shape[:2]
        pad = ((0, -height % 8), (0, -width % 8), (0, 0))
        pair = [
            np.pad(x, pad, mode="edge").transpose(2, 0, 1)[None].astype(np.float32)
            for x in (later, earlier)
        ]
        flow = self._run(*pair)[-1][0].transpose(1, 2, 0)
        return np.ascontiguousarray(flow[:height, :width])
