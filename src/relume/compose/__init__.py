"""Bringing a relit face back into its frame: colour coding, spreading, tone."""

from .colour import luminance, to_linear, to_srgb
from .spread import spread
from .tone import GAMMA, relit

__all__ = ["GAMMA", "luminance", "relit", "spread", "to_linear", "to_srgb"]
