"""Bringing a relit face back into its frame: colour coding, spreading, tone, paste-back."""

from .colour import codes_to_linear, luminance, to_linear, to_srgb
from .paste import block_of, carry, cut, mix, scaled, shrunk, step_of
from .spread import spread
from .step import smoothstep
from .tone import GAMMA, lifted, relit

__all__ = [
    "GAMMA",
    "block_of",
    "carry",
    "codes_to_linear",
    "cut",
    "lifted",
    "luminance",
    "mix",
    "relit",
    "scaled",
    "shrunk",
    "smoothstep",
    "spread",
    "step_of",
    "to_linear",
    "to_srgb",
]
