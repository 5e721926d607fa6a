"""The compact model as it runs: OpenVINO and a compiled kernel, no PyTorch."""

from __future__ import annotations

from .compact import RAYS, CompactRuntime, RuntimeConfig, Views
from .stabiliser import Remembered, Stabiliser

__all__ = ["RAYS", "CompactRuntime", "Remembered", "RuntimeConfig", "Stabiliser", "Views"]
