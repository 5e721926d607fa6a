"""One drawn face, and how it goes back into its frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import block_of, carry, mix
from ..face import Matte
from ..media import Picture

__all__ = ["PaperPlan"]

Floats = NDArray[np.float32]

_UNSEEN = 2e-3  # weight below which a pixel is left exactly as it was
_FADE = 40  # pixels of the picture over which it fades out towards its own border


@dataclass(frozen=True, eq=False)
class PaperPlan:
    """A relit face, to be pasted over the one in the frame.

    Attributes:
        crop: [2, 3] from frame pixels to those of `image`.
        image: [S, S, 3] sRGB in 0..1, the face relit.
        alpha: [R, R] its rendered opacity, 0..1.
        share: 0..1, how much of the frame gives way to it at most.
        matte: where the person is in the frame.
        shift: [2] frame pixels by which the person's outline moves where the camera was turned;
            None where it stays.
    """

    crop: NDArray[np.float64]
    image: Floats
    alpha: Floats
    share: float
    matte: Matte
    shift: NDArray[np.float64] | None

    def apply(self, picture: Picture, threads: int = 1) -> None:
        """Paste it, in place; OpenCV shares it out, whatever `threads`."""
        side = self.image.shape[0]
        box = block_of(self.crop, side, picture.width, picture.height)
        if box is None:
            return
        x0, y0, x1, y1 = box
        size = (x1 - x0, y1 - y0)
        to_block = cv2.invertAffineTransform(self.crop) - np.array([[0, 0, x0], [0, 0, y0]])
        old = picture.region(*box)
        new = carry(self.image, to_block, size, cv2.BORDER_REPLICATE)
        person = self.matte.resample(old, np.array([[1.0, 0, -x0], [0, 1.0, -y0]]))
        if self.shift is not None:  # where the person was, and where the person is now
            step = np.concatenate([np.eye(2), self.shift[:, None]], axis=1)
            there = cv2.warpAffine(person, step, size, borderMode=cv2.BORDER_REPLICATE)
            np.maximum(person, np.asarray(there, np.float32), out=person)
        drawn = cv2.warpAffine(self._drawn(side), to_block, size, flags=cv2.INTER_LINEAR)
        # Where both are soft, at hair, a product would count the softness twice.
        weight = np.minimum(person, np.asarray(drawn, np.float32)) * np.float32(self.share)
        weight[weight < _UNSEEN] = 0.0
        if weight.any():
            picture.put(x0, y0, mix(old, new, weight))

    def _drawn(self, side: int) -> Floats:
        """[S, S] where there is something to paste: the rendered opacity, faded at the border."""
        alpha = cv2.resize(self.alpha, (side, side), interpolation=cv2.INTER_LINEAR)
        away = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
        t = np.clip(away / min(_FADE, side / 8), 0.0, 1.0)
        edge = (t * t * (3.0 - 2.0 * t)).astype(np.float32)
        return np.asarray(alpha * edge[:, None] * edge[None, :], np.float32)
