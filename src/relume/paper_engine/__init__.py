"""The published architecture as an engine of the pipeline: crop, encode, draw, paste back.

PyTorch comes in where weights are loaded (`load_engine`), and nowhere before.
"""

from .engine import PaperEngine, PaperEngineConfig
from .load import load_engine
from .network import Network

__all__ = ["Network", "PaperEngine", "PaperEngineConfig", "load_engine"]
