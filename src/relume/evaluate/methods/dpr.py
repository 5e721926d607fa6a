"""DPR as a rival (Zhou et al., ICCV 2019): each frame alone, in the input view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...face import CROP
from ...light import to_dpr
from ..clips import Clip
from ..estimators.dpr import crop_tensor, load_dpr
from .base import Condition, Pixels

__all__ = ["Dpr"]


class Dpr:
    """Relights the face's crop; the crop's border fades into the frame.

    Args:
        path: see `load_dpr`.
    """

    name = "dpr"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._network: Any = None
        ramp = np.minimum(np.arange(CROP), np.arange(CROP)[::-1]).astype(np.float32)
        edge = np.clip(ramp / 24.0, 0.0, 1.0)
        self._weight = np.minimum(edge[:, None], edge[None])

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        if condition.turned:
            raise UsageError("DPR can't move the camera")
        if condition.light is None:
            raise UsageError("DPR needs a light")
        return self._run(clip, to_dpr(condition.light.grey()))

    def _run(self, clip: Clip, vector: NDArray[np.float64]) -> Iterator[Pixels]:
        import torch

        self._network = self._network or load_dpr(self._path)
        light = torch.from_numpy(vector.astype(np.float32))[None]
        for frame, face in zip(clip.frames(), clip.faces, strict=True):
            if face is None:
                yield frame
                continue
            with torch.no_grad():
                out = self._network.relight(torch.from_numpy(crop_tensor(frame, face)), light)
            crop = np.ascontiguousarray((out[0].numpy().transpose(1, 2, 0) + 1) * 127.5)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            back = cv2.warpAffine(crop, face.crop, clip.size, flags=flags)
            weight = cv2.warpAffine(self._weight, face.crop, clip.size, flags=flags)[..., None]
            yield np.clip(np.rint(frame + weight * (back - frame)), 0, 255).astype(np.uint8)
