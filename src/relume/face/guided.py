"""A mask as a local affine function of a picture's colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..native import native

__all__ = ["guided"]

Floats = NDArray[np.float32]


def guided(rgb: Floats, mask: Floats, radius: int, contrast: float) -> Floats:
    """The guided filter's maps (He, Sun & Tang, ECCV 2010, equations 19 and 20, averaged).

    Args:
        rgb: [H, W, 3] 0..1, what guides.
        mask: [H, W].
        radius: of the windows in pixels, less than H and W.
        contrast: step of colour from which an edge of the picture shapes the mask's.

    Returns:
        [H, W, 4]: the filtered mask is its scalar product with (red, green, blue, 1).
    """
    compiled = native()
    if compiled is None:
        return guided_slowly(rgb, mask, radius, contrast)
    out = np.empty((*mask.shape, 4), np.float32)
    given = (np.ascontiguousarray(x, np.float32) for x in (rgb, mask))
    compiled.guide(*given, radius, contrast**2, out)
    return out


def guided_slowly(rgb: Floats, mask: Floats, radius: int, contrast: float) -> Floats:
    """`guided` in OpenCV and NumPy: the kernel's oracle and stand-in."""
    import cv2

    def mean(x: Any) -> Any:
        return cv2.blur(x, (2 * radius + 1, 2 * radius + 1))

    red, green, blue = cv2.split(rgb)
    colours, person = mean(rgb), mean(mask)
    shared = mean(rgb * mask[..., None]) - colours * person[..., None]
    squares = mean(rgb * rgb) - colours * colours + np.float32(contrast**2)
    across = mean(cv2.merge([red * green, green * blue, blue * red]))
    r, g, b = cv2.split(colours)
    rr, gg, bb = cv2.split(squares)
    rg, gb, br = cv2.split(across - cv2.merge([r * g, g * b, b * r]))
    # The inverse of the symmetric matrix of covariances, by its cofactors.
    c_rr, c_gg, c_bb = gg * bb - gb * gb, bb * rr - br * br, rr * gg - rg * rg
    c_rg, c_gb, c_br = br * gb - rg * bb, rg * br - gb * rr, rg * gb - br * gg
    s_r, s_g, s_b = cv2.split(shared)
    slope = cv2.merge(
        [
            c_rr * s_r + c_rg * s_g + c_br * s_b,
            c_rg * s_r + c_gg * s_g + c_gb * s_b,
            c_br * s_r + c_gb * s_g + c_bb * s_b,
        ]
    )
    slope /= (rr * c_rr + rg * c_rg + br * c_br)[..., None]
    base = person - np.einsum("yxc,yxc->yx", slope, colours)
    return np.asarray(mean(np.dstack([slope, base])), np.float32)
