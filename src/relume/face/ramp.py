"""A straight way from 0 to 1."""

from __future__ import annotations

__all__ = ["ramp"]


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, straight in between."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
