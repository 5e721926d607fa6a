"""Published weights: read safely, checked against the networks, kept as safetensors."""

from .importing import ImportReport, import_weights
from .kinds import KINDS, Kind
from .store import (
    WeightsInfo,
    list_weights,
    load_model,
    verify_weights,
    weights_folder,
    weights_info,
)

__all__ = [
    "KINDS",
    "ImportReport",
    "Kind",
    "WeightsInfo",
    "import_weights",
    "list_weights",
    "load_model",
    "verify_weights",
    "weights_folder",
    "weights_info",
]
