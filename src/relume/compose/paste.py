"""Cutting a face's square out of a frame, and mixing a new picture of it back in."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ..media.inset import Box
from ..media.picture import Picture
from .colour import to_linear, to_srgb

__all__ = ["block_of", "carry", "cut", "mix", "scaled", "shrunk", "step_of"]

Floats = NDArray[np.float32]
Matrix = NDArray[np.floating[Any]]
Image = TypeVar("Image", NDArray[np.float32], NDArray[np.uint8])

_COARSE = 1.5  # pixels of the source under one of the target from which it is shrunk by area first


def scaled(crop: Matrix, old: int, new: int) -> NDArray[np.float64]:
    """A map [2, 3] to the pixels of a square of side `old`, as one to a side of `new`."""
    k = new / old
    matrix = np.asarray(crop, np.float64) * k
    matrix[:, 2] += (k - 1.0) / 2.0  # pixel centres are at whole numbers
    return matrix


def block_of(crop: Matrix, side: int, width: int, height: int, margin: float = 0.0) -> Box | None:
    """The frame's pixels x0, y0, x1, y1 under a square, upper bounds exclusive.

    Args:
        crop: [2, 3] from frame pixels to the square's.
        side: of the square, in its own pixels.
        width, height: of the frame.
        margin: frame pixels added all around.

    Returns:
        Even edges where the frame has them, so that no chroma sample of 4:2:0 video lies half
        inside; None where the square lies outside the frame.
    """
    back = cv2.invertAffineTransform(np.asarray(crop, np.float64))
    low, high = -0.5, side - 0.5
    ends = np.array([[low, low], [low, high], [high, low], [high, high]])
    reach = ends @ back[:, :2].T + back[:, 2] + 0.5
    x0, y0 = np.maximum(np.floor((reach.min(0) - margin) / 2) * 2, 0).astype(int)
    x1, y1 = np.minimum(np.ceil((reach.max(0) + margin) / 2) * 2, (width, height)).astype(int)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    return int(x0), int(y0), int(x1), int(y1)


def step_of(matrix: Matrix) -> float:
    """Pixels of the source from one of the target to the next, under a similarity [2, 3]."""
    return float(1.0 / np.sqrt(abs(np.linalg.det(np.asarray(matrix, np.float64)[:, :2]))))


def shrunk(
    image: Image, matrix: Matrix, size: tuple[int, int]
) -> tuple[Image, NDArray[np.float64]]:
    """An image [h, w(, C)] averaged to `size` (width, height), and the map [2, 3] from its pixels
    as one from the new ones."""
    scale = np.array([image.shape[1] / size[0], image.shape[0] / size[1]])
    moved = np.array(matrix, np.float64)
    moved[:, 2] += moved[:, :2] @ (scale * 0.5 - 0.5)
    moved[:, :2] *= scale
    small: Any = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small, moved


def carry(image: Floats, matrix: Matrix, size: tuple[int, int], border: int) -> Floats:
    """An image [h, w(, C)] moved by a similarity into another of `size` (width, height).

    Cubic; shrunk by area first where it has far more pixels than the target.

    Args:
        image: what to move.
        matrix: [2, 3] from its pixels to the target's.
        size: of the target.
        border: what lies around it, one of OpenCV's BORDER_ kinds.
    """
    step = step_of(matrix)
    if step > _COARSE:
        height, width = (max(1, round(n / step)) for n in image.shape[:2])
        image, matrix = shrunk(image, matrix, (width, height))
    matrix = np.asarray(matrix, np.float64)
    moved = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(moved, np.float32)


def cut(picture: Picture, crop: Matrix, side: int) -> Floats | None:
    """The square [side, side, 3] of a frame, sRGB in 0..1, mirrored beyond the frame's edges.

    Args:
        picture: the frame.
        crop: [2, 3] from frame pixels to the square's.
        side: of the square.

    Returns:
        The square, or None where it lies outside the frame.
    """
    margin = 4.0 * step_of(crop)
    box = block_of(crop, side, picture.width, picture.height, margin)
    if box is None:
        return None
    matrix = np.asarray(crop, np.float64).copy()
    matrix[:, 2] += matrix[:, :2] @ box[:2]
    square = carry(picture.region(*box), matrix, (side, side), cv2.BORDER_REFLECT_101)
    return np.asarray(np.clip(square, 0.0, 1.0), np.float32)


def mix(old: Floats, new: Floats, weight: Floats) -> Floats:
    """Two pictures [h, w, 3], sRGB in 0..1, mixed in linear light.

    Args:
        old: where `weight` [h, w] is 0; such pixels stay exactly as they are.
        new: where it is 1.
        weight: share of the new picture, 0..1.
    """
    share = weight[..., None]
    linear = to_linear(old)
    linear += share * (to_linear(new) - linear)
    return np.asarray(np.where(share > 0.0, to_srgb(linear), old), np.float32)
