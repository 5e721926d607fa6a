"""What the engine asks of the networks."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera

__all__ = ["Network"]

Floats = NDArray[np.float32]


class Network(Protocol):
    """Portraits encoded once, drawn under any light from any camera; a test gives a fake.

    `relume.model.paper.inference.FastPortraitRelighter` is the real one.
    """

    @property
    def side(self) -> int:
        """Pixels in a row and in a column of the pictures that go in."""

    def encode(self, image: Floats, /) -> Any:
        """A crop [side, side, 3], sRGB in 0..1, as what can be drawn."""

    def next_frame(self, frame: Any, camera: Camera, light: Floats, person: int = 0, /) -> Any:
        """The next frame of a person's video, encoded, under a light [9] of DPR's kind."""

    def reset(self, person: int = 0, /) -> None:
        """Forget a person's frames."""

    def picture(self, drawn: Any, /) -> Floats:
        """The drawn crop [S, S, 3], sRGB in 0..1."""

    def alpha(self, drawn: Any, /) -> Floats:
        """Its opacity [R, R], 0..1."""
