"""Faces in a part of the frame: planned as in a picture of their own, put back where that lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..face import TrackedFace
from ..media import Picture
from ..media.inset import Box, Inset
from .engine import Passes, Plan

__all__ = ["PlacedPasses", "PlacedPlan", "within_panel"]


def within_panel(picture: Picture, face: TrackedFace) -> tuple[Picture, TrackedFace]:
    """A face's own picture, and the face in its pixels; see `TrackedFace.panel`."""
    if face.panel is None:
        return picture, face
    return Inset(picture, face.panel), face.within(face.panel)


@dataclass(frozen=True, eq=False)
class PlacedPlan:
    """What is to be done to a part of a frame.

    Attributes:
        plan: the same, in the part's pixels.
        box: where it lies.
    """

    plan: Plan
    box: Box

    def apply(self, picture: Picture, threads: int = 1) -> None:
        """See `Plan.apply`."""
        self.plan.apply(Inset(picture, self.box), threads)


@dataclass(frozen=True, eq=False)
class PlacedPasses:
    """What is known of a face in a part of a frame.

    Attributes:
        passes: the same, in the part's pixels.
        box: where it lies.
    """

    passes: Passes
    box: Box

    def paint(self, picture: Picture, sheets: Mapping[str, NDArray[Any]]) -> None:
        """See `Passes.paint`."""
        x0, y0, x1, y1 = self.box
        parts = {name: sheet[y0:y1, x0:x1] for name, sheet in sheets.items()}
        self.passes.paint(Inset(picture, self.box), parts)
