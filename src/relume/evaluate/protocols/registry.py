"""The protocols by name."""

from __future__ import annotations

from .accuracy import LIGHT_ACCURACY
from .base import Spec
from .pictures import RECONSTRUCTION, TRANSFER
from .portraits import PORTRAITS
from .reading import LIGHT_READING
from .synthetic import SYNTHETIC
from .videos import ABLATION, INPUT_VIEW, NOVEL_VIEWS
from .yale import YALE_B

__all__ = ["PROTOCOLS"]

PROTOCOLS: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        NOVEL_VIEWS,
        RECONSTRUCTION,
        TRANSFER,
        INPUT_VIEW,
        ABLATION,
        PORTRAITS,
        YALE_B,
        LIGHT_READING,
        SYNTHETIC,
        LIGHT_ACCURACY,
    )
}
"""In the order of the paper's tables, then relume's own."""
