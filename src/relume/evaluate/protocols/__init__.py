"""The protocols: what is run on what, and which figures come of it."""

from .base import Context, Limits, Spec
from .registry import PROTOCOLS

__all__ = ["PROTOCOLS", "Context", "Limits", "Spec"]
