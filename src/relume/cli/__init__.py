"""The command line: `relume relight | light | track | info | demo`."""

from .main import main

__all__ = ["main"]
