"""The model's input: a face's crop at half its size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import CROP

__all__ = ["crop_of"]


def crop_of(
    rgb8: NDArray[np.uint8], crop: NDArray[np.floating], size: int
) -> NDArray[np.uint8] | None:
    """The crop, averaged without aliasing; beyond the frame its border goes on.

    Args:
        rgb8: uint8 [H, W, 3] the frame.
        crop: [2, 3] similarity from frame pixels to those of the 512 crop.
        size: side of the result.

    Returns:
        uint8 [size, size, 3], or None where the frame shows nothing of it.
    """
    k = size / CROP
    matrix = np.asarray(crop, np.float64) * k
    matrix[:, 2] += 0.5 * k - 0.5
    step = 1.0 / float(np.hypot(matrix[0, 0], matrix[1, 0]))  # frame pixels per result pixel
    back = cv2.invertAffineTransform(matrix)
    corners = np.array([[-1, -1], [size, -1], [-1, size], [size, size]], np.float64)
    reach = corners @ back[:, :2].T + back[:, 2]
    height, width = rgb8.shape[:2]
    x0, y0 = np.maximum(np.floor(reach.min(0)) - 2, 0).astype(int)
    x1, y1 = np.minimum(np.ceil(reach.max(0)) + 3, (width, height)).astype(int)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    block = rgb8[y0:y1, x0:x1]
    matrix[:, 2] += matrix[:, :2] @ [x0, y0]
    if step > 1.3:
        shape = max(2, round((x1 - x0) / step)), max(2, round((y1 - y0) / step))
        scale = np.array([(x1 - x0) / shape[0], (y1 - y0) / shape[1]])
        block = np.asarray(cv2.resize(block, shape, interpolation=cv2.INTER_AREA), np.uint8)
        matrix[:, 2] += matrix[:, :2] @ (0.5 * scale - 0.5)
        matrix[:, :2] *= scale
    flags = cv2.INTER_LINEAR if step > 0.8 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpAffine(block, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
