"""dlib's face embedding (King, 2017): what installs from a package index without a choice of files.

Weights are those of the package `face-recognition-models` (public domain), which dlib runs. Its
embeddings of strangers lie 0.6 apart or more, so their cosine is about 0.8, not near 0: compare
its figures with each other alone.
"""

from __future__ import annotations

from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import MissingDependencyError
from ..results import EstimatorRecord
from .identity import similarity
from .network import sha256_of

__all__ = ["DlibEmbedding"]

Floats = NDArray[np.float32]

_FILE = "models/dlib_face_recognition_resnet_model_v1.dat"
_SIDE, _PADDING = 150, 0.25
# Corners of the eyes and the base of the nose among the 468, and where dlib's crop has them, as
# shares of its side without the padding.
_POINTS = (263, 362, 33, 133, 2)
_PLACES = np.array(
    [[0.8596, 0.2135], [0.6461, 0.2290], [0.1206, 0.2137], [0.3341, 0.2291], [0.4901, 0.6278]]
)


class DlibEmbedding:
    """128 numbers from the 150 x 150 crop.

    Raises:
        MissingDependencyError: dlib or its weights aren't installed.
    """

    def __init__(self) -> None:
        spec = find_spec("face_recognition_models")
        if spec is None or spec.origin is None or find_spec("dlib") is None:
            raise MissingDependencyError(
                'no face embedding was given: pip install "relume[identity]" for dlib\'s, or name'
                " a network's file (identity)"
            )
        # The package itself imports what current setuptools no longer have; its files are enough.
        self._path = Path(spec.origin).parent / _FILE
        version = metadata.version("face-recognition-models")
        self.record = EstimatorRecord("identity", "dlib ResNet", version, sha256_of(self._path))

    @cached_property
    def _network(self) -> Any:
        import dlib

        return dlib.face_recognition_model_v1(str(self._path))

    def __call__(self, rgb8: NDArray[np.uint8], landmarks: Floats) -> Floats:
        """See `IdentityEstimator`."""
        places = (_PLACES + _PADDING) * (_SIDE / (1 + 2 * _PADDING)) - 0.5
        matrix = similarity(landmarks[list(_POINTS), :2].astype(np.float64), places)
        crop = cv2.warpAffine(rgb8, matrix, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
        out = np.asarray(self._network.compute_face_descriptor(crop), np.float32)
        return np.asarray(out / np.linalg.norm(out))
