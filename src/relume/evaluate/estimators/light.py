"""The light network that comes with relume, trained on made-up people alone."""

from __future__ import annotations

from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ...face import TrackedFace
from ...light import LAMBERT
from ..results import EstimatorRecord
from .crop import light_input, unrolled
from .network import Runner, read_network

__all__ = ["RenderedHeadsLight"]


class RenderedHeadsLight:
    """Grey light, camera frame, the first coefficient 1.

    Trained by `relume.evaluate.light_estimator`; how good it is stands in docs/evaluation.md.
    """

    def __init__(self) -> None:
        source = resources.files("relume").joinpath("assets/evaluate")
        with resources.as_file(source) as folder:
            model, digest = read_network(folder / "light.xml")
            self._run = Runner(model)
        self.record = EstimatorRecord("light", "rendered-heads light network", "1", digest)

    def __call__(self, rgb8: NDArray[np.uint8], face: TrackedFace) -> NDArray[np.float64]:
        """See `LightEstimator`."""
        return self.upright(light_input(rgb8, face), face.pose.roll)

    def upright(self, picture: NDArray[np.float32], roll: float = 0.0) -> NDArray[np.float64]:
        """The light [9, 1] in an input [2, 64, 64], turned back by the crop's roll (radians)."""
        out = self._run(picture[None])[0][0]
        return unrolled(np.concatenate([[1.0], out / LAMBERT[1:]])[:, None], roll)
