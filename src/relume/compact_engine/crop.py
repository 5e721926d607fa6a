"""A face's crop at a smaller size: the model's input, and the cells of a view."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import block_of, scaled, shrunk, step_of
from ..face import CROP
from ..media import Picture, as_picture

__all__ = ["crop_of"]

_COARSE = 1.3  # pixels under one of the crop from which three by three are averaged first


def crop_of(
    frame: NDArray[np.uint8] | Picture, crop: NDArray[np.floating], size: int
) -> NDArray[np.uint8] | None:
    """The crop, averaged without aliasing; beyond the frame its border goes on.

    Args:
        frame: uint8 [H, W, 3], or a picture.
        crop: [2, 3] similarity from frame pixels to those of the 512 crop.
        size: side of the result.

    Returns:
        uint8 [size, size, 3], or None where the frame shows nothing of it.
    """
    picture = as_picture(frame)
    matrix = scaled(crop, CROP, size)
    step = step_of(matrix)
    if step >= 2.0:
        rgb8, step = picture.half8, step / 2.0
        # Whole numbers are pixels' centres: u = 2 v + 0.5.
        matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5)
        matrix[:, :2] *= 2.0
    else:
        rgb8 = picture.rgb8
    box = block_of(matrix, size, rgb8.shape[1], rgb8.shape[0], 2.0 * step + 2.0)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    matrix[:, 2] += matrix[:, :2] @ [x0, y0]
    block = rgb8[y0:y1, x0:x1]
    # Whole numbers of pixels are averaged in a tenth of the time that broken ones take.
    whole = max(1, min(int(step), x1 - x0, y1 - y0))
    if whole > 1:
        width, height = (x1 - x0) // whole, (y1 - y0) // whole
        block, matrix = shrunk(block[: height * whole, : width * whole], matrix, (width, height))
        step /= whole
    if step > _COARSE:
        block = np.asarray(cv2.blur(block, (3, 3)), np.uint8)
    flags = cv2.INTER_LINEAR if step > 0.8 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpAffine(block, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
