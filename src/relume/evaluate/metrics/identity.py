"""Whether a relit face is still the same person: cosine of two face embeddings.

As in Deng et al., "ArcFace" (CVPR 2019). Range -1..1; 1 is the same picture, strangers are near 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["identity_similarity"]


def identity_similarity(a: ArrayLike, b: ArrayLike) -> float:
    """Cosine of two embeddings [D] of any length but zero."""
    u, v = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))
