"""The compact model: real time on two CPU cores once exported; PyTorch here, to train and export.

Importing this package alone imports nothing heavy; its modules bring PyTorch in.
"""

from __future__ import annotations

from .config import DELIGHT_FEATURES, CompactConfig

__all__ = ["DELIGHT_FEATURES", "CompactConfig"]
