"""Temporal consistency: what is left of a frame when the one before is moved onto it.

After Lai et al., "Learning blind video temporal consistency" (ECCV 2018): a frame is warped by
optical flow onto the next, and the difference is averaged over pixels that both show::

    error = sum M |o_t - warp(o_t-1)| / sum M o_t

Absolute differences over the mean level, so that darker results aren't taken for steadier ones.
Range: 0 upwards; compare with the input video's own, which noise and the flow's faults keep above
0. A frozen picture of a moving person scores badly by the input's flow, and a blurred one well:
read it beside identity.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["consistent", "warp_back", "warping_error"]

Floats = NDArray[np.float32]


def warp_back(before: NDArray[Any], flow: Floats) -> NDArray[Any]:
    """The frame before [H, W, C], moved onto the frame after.

    Args:
        before: the earlier frame.
        flow: [H, W, 2] from each pixel of the later frame to its place in the earlier, in pixels.
    """
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    moved = cv2.remap(
        before,
        x + flow[..., 0],
        y + flow[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved)


def consistent(backward: Floats, forward: Floats) -> NDArray[np.bool_]:
    """[H, W] where the two flows undo each other: pixels that both frames show.

    |b + f(x + b)|^2 < 0.01 (|b|^2 + |f|^2) + 0.5 (Sundaram, Brox, Keutzer, ECCV 2010).

    Args:
        backward: [H, W, 2] from the later frame to the earlier.
        forward: [H, W, 2] from the earlier frame to the later.
    """
    there = warp_back(forward, backward)
    miss = ((backward + there) ** 2).sum(2)
    long = (backward**2).sum(2) + (there**2).sum(2)
    return np.asarray(miss < 0.01 * long + 0.5)


def warping_error(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    flow: Floats,
    mask: NDArray[np.bool_],
) -> float | None:
    """The error of one pair of frames.

    Args:
        before, after: [H, W, 3] neighbouring frames of the result.
        flow: [H, W, 2] as in `warp_back`, from the input video.
        mask: [H, W] pixels that count.

    Returns:
        the error, or None where no pixel counts or all of them are black.
    """
    difference = cv2.absdiff(np.asarray(warp_back(before, flow)), after)[mask]
    level = float(after[mask].sum(dtype=np.float64))
    return float(difference.sum(dtype=np.float64)) / level if level > 0.0 else None
