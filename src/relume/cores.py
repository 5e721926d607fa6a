"""How many cores there are, and how many threads each part of a stream gets."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .errors import UsageError

__all__ = ["Threads", "available_cores"]

_MOST_CODEC, _MOST_NETWORK = 8, 4  # more of them gain next to nothing on pictures of this size


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 2


@dataclass(frozen=True)
class Threads:
    """Threads besides the stages' own, of which there is one each."""

    codec: int
    """of the decoder, and of the encoder"""
    network: int
    """of one inference of a large network"""

    @classmethod
    def share(cls, total: int | None = None) -> Threads:
        """Shares of `total` cores, by default all that there are.

        Codecs get half, the other half computes. On fewer than four cores a network stays in its
        stage's thread: the stages keep two busy.

        Raises:
            UsageError: `total` is less than 1.
        """
        if total is not None and total < 1:
            raise UsageError(f"at least one thread is needed, got threads={total}")
        half = (available_cores() if total is None else total) // 2
        return cls(max(1, min(half, _MOST_CODEC)), max(1, min(half, _MOST_NETWORK)))
