"""How a video's numbers mean colours: matrix, range, and the two affine maps to and from RGB.

Codes are those of ITU-T H.273 (the ones FFmpeg and every container use). Of transfer curves only
HDR's are ever applied (`relume.media.hdr`); others are carried along as a tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from relume.media.picture import Floats

__all__ = [
    "BT709",
    "CAMERA",
    "FULL",
    "LIMITED",
    "UNSPECIFIED",
    "Colour",
    "rgb_from_yuv",
    "yuv_from_rgb",
]

LIMITED, FULL = 1, 2  # FFmpeg's AVColorRange
UNSPECIFIED = 2  # H.273 for matrix, primaries and transfer

# Luma weights of red and blue (H.273 table 4).
_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
_MATRIX_NAMES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m"} | {
    0: "rgb",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
}
_PRIMARIES_NAMES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "p3-d65"}
_TRANSFER_NAMES = {1: "bt709", 4: "gamma22", 6: "smpte170m", 8: "linear", 13: "srgb"} | {
    14: "bt2020-10",
    15: "bt2020-12",
    16: "pq",
    18: "hlg",
}


@dataclass(frozen=True)
class Colour:
    """Colour tags as the file has them, and what they are taken to mean.

    Attributes:
        matrix: H.273 matrix coefficients as tagged.
        range: 0 untagged, 1 limited ("tv"), 2 full ("pc").
        primaries: H.273 colour primaries as tagged.
        transfer: H.273 transfer characteristics as tagged.
        high_definition: decides between BT.709 and BT.601 where no matrix is tagged.
    """

    matrix: int = UNSPECIFIED
    range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    high_definition: bool = False

    @property
    def full(self) -> bool:
        """Whether codes span the whole of their integer range."""
        return self.range == FULL

    @property
    def known_matrix(self) -> bool:
        """Whether the tagged matrix is one that relume can convert exactly (or untagged)."""
        return self.matrix in _WEIGHTS or self.matrix in (0, UNSPECIFIED)

    @property
    def weights(self) -> tuple[float, float]:
        """Luma weights of red and blue; untagged video is BT.709 when high definition, else 601."""
        return _WEIGHTS.get(self.matrix, _WEIGHTS[1 if self.high_definition else 6])

    def describe(self) -> dict[str, str]:
        """Readable names of the four tags; "unknown" where the file says nothing."""
        return {
            "matrix": _MATRIX_NAMES.get(self.matrix, "unknown"),
            "range": {LIMITED: "limited", FULL: "full"}.get(self.range, "unknown"),
            "primaries": _PRIMARIES_NAMES.get(self.primaries, "unknown"),
            "transfer": _TRANSFER_NAMES.get(self.transfer, "unknown"),
        }


BT709 = Colour(matrix=1, range=LIMITED, primaries=1, transfer=1, high_definition=True)
CAMERA = Colour(matrix=6, range=LIMITED, primaries=1, transfer=1, high_definition=False)
"""What OpenCV makes of a camera's picture: BT.601's matrix."""


@cache
def yuv_from_rgb(colour: Colour, depth: int) -> Floats:
    """Affine map [3, 4] from RGB 0..1 to integer codes of the given bit depth (H.273 eq. 38-47)."""
    red, blue = colour.weights
    luma = np.array([red, 1 - red - blue, blue])
    rows = np.stack(
        [
            luma,
            (np.array([0, 0, 1.0]) - luma) / (2 * (1 - blue)),
            (np.array([1.0, 0, 0]) - luma) / (2 * (1 - red)),
        ]
    )
    step = 2.0 ** (depth - 8)
    if colour.full:
        scale, black = np.full(3, 2.0**depth - 1), 0.0
    else:
        scale, black = np.array([219, 224, 224]) * step, 16 * step
    offset = np.array([black, 128 * step, 128 * step])
    return _kept(np.concatenate([rows * scale[:, None], offset[:, None]], 1))


@cache
def rgb_from_yuv(colour: Colour, depth: int, white: float = 1.0) -> Floats:
    """Affine map [3, 4] from integer codes to RGB 0..white: the inverse of `yuv_from_rgb`."""
    forward = yuv_from_rgb(colour, depth).astype(np.float64)
    inverse = np.linalg.inv(forward[:, :3])
    offset = -inverse @ forward[:, 3]
    return _kept(np.concatenate([inverse, offset[:, None]], 1) * white)


def _kept(matrix: NDArray[np.floating]) -> Floats:
    """As it is to be handed out again and again: nobody may write to it."""
    matrix = matrix.astype(np.float32)
    matrix.flags.writeable = False
    return matrix
