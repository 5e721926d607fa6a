"""What is asked of a method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ...light import Light
from ..clips import Clip

__all__ = ["Condition", "Geometry", "Method", "ReadsLight"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Condition:
    """A light and a view.

    Attributes:
        name: in results and in the names of external frames; no spaces or slashes.
        light: the new light, camera frame of the input; None keeps the input's own.
        turn: yaw, pitch and roll in radians by which the camera is turned.
        truth: the right frames, where they are known.
    """

    name: str
    light: Light | None
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    truth: Callable[[], Iterator[Pixels]] | None = None

    @property
    def turned(self) -> bool:
        """Whether the camera moves."""
        return any(self.turn)


class Method(Protocol):
    """Something that relights."""

    name: str

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """The clip's frames under the condition, uint8 [H, W, 3] of the input's size, in order.

        Nothing learnt in one run may show in the next.

        Raises:
            RelumeError: the method can't do that; the message goes into the report.
        """


@runtime_checkable
class ReadsLight(Protocol):
    """A method that tells in what light a picture was taken."""

    def own_light(self, still: Clip) -> Light:
        """The light of a picture that stands alone, camera frame."""


@runtime_checkable
class Geometry(Protocol):
    """A method that also says where surfaces are."""

    def geometry(self, clip: Clip, condition: Condition) -> Iterator[tuple[Floats, Floats, Floats]]:
        """For each frame depth [H, W] along the crop camera's axis in canonical units, unit
        normals [H, W, 3] in the head frame, and 0 or 1 [H, W] where both are known."""
