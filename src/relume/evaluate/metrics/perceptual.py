"""Perceptual distance of two pictures in a network's features.

The form of LPIPS (Zhang et al., CVPR 2018) without its learnt weights: features of each layer are
brought to unit length at each place, and their squared difference is summed over channels and
averaged over places; the mean over layers is the distance. Range 0 (equal) to 4. It bears the name
of the network it uses, and is not to be compared with published LPIPS figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["feature_distance"]


def feature_distance(a: Sequence[NDArray[np.floating]], b: Sequence[NDArray[np.floating]]) -> float:
    """Distance of two pictures by their features.

    Args:
        a, b: for each layer, features [C, H, W] of equal shapes.
    """
    layers = []
    for x, y in zip(a, b, strict=True):
        u = x / np.sqrt((x.astype(np.float64) ** 2).sum(0, keepdims=True) + 1e-10)
        v = y / np.sqrt((y.astype(np.float64) ** 2).sum(0, keepdims=True) + 1e-10)
        layers.append(float(((u - v) ** 2).sum(0).mean()))
    return float(np.mean(layers))
