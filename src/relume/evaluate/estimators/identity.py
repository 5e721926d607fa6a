"""Face embeddings by any network that takes the usual aligned 112 x 112 crop."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..results import EstimatorRecord
from .ncnn import read_ncnn
from .network import Runner, read_network

__all__ = ["FaceEmbedding", "five_points", "similarity"]

Floats = NDArray[np.float32]

# Eyes, nose tip and mouth corners in ArcFace's 112 x 112 crop (Deng et al., 2019).
_PLACES = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)


def five_points(landmarks: NDArray[np.floating]) -> Floats:
    """[5, 2] eyes, nose tip and mouth corners out of the 468 landmarks."""
    p = landmarks[:, :2]
    eyes = [p[[33, 133]].mean(0), p[[362, 263]].mean(0)]
    return np.stack([*eyes, p[4], p[61], p[291]]).astype(np.float32)


class FaceEmbedding:
    """An embedding network: MobileFaceNet, ArcFace, MagFace and their like.

    Args:
        path: .onnx or .xml with one input [1, 3, 112, 112], RGB, (value - 127.5) / 127.5; or an
            ncnn .param with its .bin beside it, which scales its input itself.
    """

    def __init__(self, path: Path) -> None:
        self._raw = path.suffix == ".param"  # ncnn files scale 0..255 themselves
        model, digest = read_ncnn(path) if self._raw else read_network(path)
        self._run = Runner(model)
        self.record = EstimatorRecord("identity", path.stem, "", digest)

    def __call__(self, rgb8: NDArray[np.uint8], landmarks: Floats) -> Floats:
        """See `IdentityEstimator`."""
        matrix = similarity(five_points(landmarks).astype(np.float64), _PLACES)
        crop = cv2.warpAffine(rgb8, matrix, (112, 112), borderMode=cv2.BORDER_REPLICATE)
        x = crop.transpose(2, 0, 1)[None].astype(np.float32)
        out = self._run(x if self._raw else (x - 127.5) / np.float32(127.5))[0].reshape(-1)
        return np.asarray(out / np.linalg.norm(out))


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """[2, 3] least-squares similarity (Umeyama, 1991); no random sampling, so it repeats."""
    s, t = source - source.mean(0), target - target.mean(0)
    # In complex numbers a similarity is one factor.
    a = s[:, 0] + 1j * s[:, 1]
    b = t[:, 0] + 1j * t[:, 1]
    factor = (np.conj(a) @ b) / (np.conj(a) @ a).real
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    shift = target.mean(0) - linear @ source.mean(0)
    return np.concatenate([linear, shift[:, None]], 1)
