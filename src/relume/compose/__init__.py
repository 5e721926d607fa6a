"""Bringing a relit face back into its frame: colour coding, spreading, tone, warping."""

from .colour import luminance, to_linear, to_srgb
from .spread import spread
from .tone import apply_ratio, relit

__all__ = ["apply_ratio", "luminance", "relit", "spread", "to_linear", "to_srgb"]
