"""Published networks by files of the user's: LPIPS, DISTS, Inception, DECA.

Each is an .onnx or OpenVINO .xml file exported from its own code; what it must take and give is
said beside it. They bear the file's name in reports.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from ...face import CROP, TrackedFace
from ..results import EstimatorRecord
from .crop import unrolled
from .network import Runner, read_network

__all__ = ["DecaLight", "InceptionFeatures", "NetworkDistance"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def _tensor(rgb8: Any, side: int) -> Floats:
    """[1, 3, side, side] 0..255."""
    how = cv2.INTER_AREA if rgb8.shape[0] > side else cv2.INTER_LINEAR
    sized = cv2.resize(rgb8, (side, side), interpolation=how)
    return np.asarray(sized.transpose(2, 0, 1)[None], np.float32)


class NetworkDistance:
    """LPIPS (Zhang et al., CVPR 2018), DISTS (Ding et al., TPAMI 2022) and their like.

    Args:
        role: "lpips" or "dists".
        path: two inputs [1, 3, 256, 256], -1..1 for LPIPS and 0..1 for DISTS; one number out.
    """

    def __init__(self, role: str, path: Path) -> None:
        model, digest = read_network(path)
        if len(model.inputs) != 2:
            raise ModelError(f"{path}: a distance takes two pictures, not {len(model.inputs)}")
        self._run = Runner(model)
        self._signed = role == "lpips"
        self.record = EstimatorRecord(role, path.stem, "", digest)

    def __call__(self, a: Pixels, b: Pixels) -> float:
        """See `PairDistance`."""
        pair = [_tensor(x, 256) / np.float32(255) for x in (a, b)]
        if self._signed:
            pair = [2 * x - 1 for x in pair]
        return float(self._run(*pair)[0].reshape(-1)[0])


class InceptionFeatures:
    """Inception's pool features, for FID.

    Args:
        path: one input [1, 3, 299, 299] in 0..255; 2,048 features out.
    """

    def __init__(self, path: Path) -> None:
        model, digest = read_network(path)
        self._run = Runner(model)
        self.record = EstimatorRecord("inception", path.stem, "", digest)

    def layers(self, rgb8: Pixels) -> list[Floats]:
        """Pooled features alone are there."""
        return []

    def pooled(self, rgb8: Pixels) -> Floats:
        """See `FeatureExtractor`."""
        return self._run(_tensor(rgb8, 299))[0].reshape(-1)


# DECA's order and axes (x right, y up, z to the viewer) to relume's, and its constant factors:
# 1, x, y, z, xy, xz, yz, x2-y2, 3z2-1, each coefficient times basis times Lambert factor.
_DECA_ORDER = [0, 2, 3, 1, 4, 6, 8, 5, 7]


class DecaLight:
    """DECA's light code (Feng et al., SIGGRAPH 2021), three channels.

    Args:
        path: one input [1, 3, 224, 224] in 0..1; the encoder's 236 parameters out, the last 27 of
            which are the light, nine coefficients of three channels each.
    """

    def __init__(self, path: Path) -> None:
        model, digest = read_network(path)
        self._run = Runner(model)
        self.record = EstimatorRecord("light", path.stem, "", digest)

    def __call__(self, rgb8: Pixels, face: TrackedFace) -> NDArray[np.float64]:
        """See `LightEstimator`."""
        crop = cv2.warpAffine(rgb8, face.crop, (CROP, CROP), borderMode=cv2.BORDER_REPLICATE)
        code = self._run(_tensor(crop, 224) / np.float32(255))[0].reshape(-1)
        if code.size < 27:
            raise ModelError(f"DECA's encoder gives 236 parameters, not {code.size}")
        light = code[-27:].reshape(9, 3).astype(np.float64)[_DECA_ORDER]
        light[0] = np.maximum(light[0], 1e-3)
        return unrolled(light, face.pose.roll)
