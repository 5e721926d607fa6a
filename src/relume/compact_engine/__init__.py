"""The compact model as an engine: what `relume relight` uses."""

from .engine import CompactEngine, CompactEngineConfig

__all__ = ["CompactEngine", "CompactEngineConfig"]
