"""DPR's light estimate (Zhou et al., ICCV 2019), when its weights are given. Needs PyTorch."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from ...face import CROP, TrackedFace
from ...light import from_dpr
from ..results import EstimatorRecord
from .crop import unrolled
from .network import sha256_of

__all__ = ["DprLight", "load_dpr"]


def load_dpr(path: Path) -> Any:
    """DPR's network from its .t7 file or from imported weights (.safetensors).

    Raises:
        ModelError: the file isn't DPR's.
        MissingDependencyError: PyTorch isn't installed.
    """
    from ...model.checkpoints import import_weights, load_model

    if path.suffix == ".safetensors":
        return load_model(path)
    with tempfile.TemporaryDirectory() as folder:
        report = import_weights(path, "dpr", Path(folder))
        if report.written is None:
            raise ModelError(f"{path}: not DPR's weights: {len(report.missing)} tensors missing")
        return load_model(report.written)


class DprLight:
    """Grey light in linear light, converted from DPR's display-referred vector.

    Args:
        path: see `load_dpr`.
    """

    def __init__(self, path: Path) -> None:
        self.network = load_dpr(path)
        self.record = EstimatorRecord("light", "DPR", "512", sha256_of(path))

    def __call__(self, rgb8: NDArray[np.uint8], face: TrackedFace) -> NDArray[np.float64]:
        """See `LightEstimator`."""
        import torch

        with torch.no_grad():
            vector = self.network.estimate(torch.from_numpy(crop_tensor(rgb8, face)))[0].numpy()
        return unrolled(from_dpr(vector).coefficients[:, :1], face.pose.roll)


def crop_tensor(rgb8: NDArray[np.uint8], face: TrackedFace) -> NDArray[np.float32]:
    """[1, 3, 512, 512] the face's crop in -1..1."""
    crop = cv2.warpAffine(rgb8, face.crop, (CROP, CROP), borderMode=cv2.BORDER_REPLICATE)
    return (crop.transpose(2, 0, 1)[None] / np.float32(127.5) - 1).astype(np.float32)
