"""Published weights: read safely, checked against the networks, kept as safetensors."""

from .header import WeightsInfo, weights_info
from .importing import ImportReport, import_weights
from .kinds import KINDS, Kind
from .store import (
    find_weights,
    list_weights,
    load_model,
    save_weights,
    verify_weights,
    weights_folder,
)

__all__ = [
    "KINDS",
    "ImportReport",
    "Kind",
    "WeightsInfo",
    "find_weights",
    "import_weights",
    "list_weights",
    "load_model",
    "save_weights",
    "verify_weights",
    "weights_folder",
    "weights_info",
]
