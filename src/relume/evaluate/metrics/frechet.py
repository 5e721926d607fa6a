"""Frechet distance of two sets of pictures in a network's features.

    |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2))

Heusel et al., "GANs trained by a two time-scale update rule..." (NeurIPS 2017), who take it over
Inception's pool features and call it FID; with other features it must bear their name. Range 0
(equal means and covariances) upwards; with fewer pictures than features it is far too high, and
comparable at equal numbers only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["frechet_distance"]


def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Distance of two sets of feature vectors [N, D] and [M, D], at least two each.

    Raises:
        ValueError: fewer than two vectors in a set.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if min(len(x), len(y)) < 2:
        raise ValueError("a Frechet distance needs two pictures or more in each set")
    means = float(((x.mean(0) - y.mean(0)) ** 2).sum())
    u = (x - x.mean(0)) / np.sqrt(len(x) - 1)
    v = (y - y.mean(0)) / np.sqrt(len(y) - 1)
    # tr((S_a S_b)^(1/2)) is the sum of the singular values of u v^T, and of r_u r_v^T.
    r_u, r_v = (np.asarray(np.linalg.qr(x, mode="r")) for x in (u, v))
    shared = float(np.linalg.svd(r_u @ r_v.T, compute_uv=False).sum())
    return max(means + float((u**2).sum() + (v**2).sum()) - 2.0 * shared, 0.0)
