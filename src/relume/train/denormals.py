"""Numbers too small to be worth their time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["flushed_denormals"]


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Denormal numbers count as 0 meanwhile: squares of small gradients are, and very slow.

    Also a decorator. The processor's setting is put back, since others rely on such numbers.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
