"""Training of the compact model from taught portraits.

Needs PyTorch, lightning-fabric, safetensors and numba (`pip install "relume[train]"`). Importing
this package alone imports none of them.
"""

from __future__ import annotations

from .split import HELD_OUT, held_out, kept_out, person

__all__ = ["HELD_OUT", "held_out", "kept_out", "person"]
