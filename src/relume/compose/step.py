"""The smooth step that weights set in with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["smoothstep"]


def smoothstep(
    x: NDArray[np.number] | float, low: float = 0.0, high: float = 1.0
) -> NDArray[np.float32]:
    """0 below `low`, 1 above `high` (or the other way round where `low` is the greater), and a
    cubic without a kink between; any shape."""
    scale = 1.0 / (high - low)
    t = np.asarray(np.multiply(x, scale, dtype=np.float32))
    t -= np.float32(low * scale)
    # Half of np.clip's time where there is little to do.
    np.minimum(np.maximum(t, np.float32(0.0), out=t), np.float32(1.0), out=t)
    return np.asarray(t * t * (np.float32(3.0) - t - t), np.float32)
