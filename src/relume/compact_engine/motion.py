"""How a face's picture moves from one frame to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..ratio.window import doubled
from .cells import cell_grid

__all__ = ["Motion", "MotionFinder"]

Floats = NDArray[np.float32]
Cells = NDArray[np.uint8]

_AROUND = 1.5
"""Cells over which differences of two pictures are averaged before they tell anything."""

_WIDE = np.ones((7, 7), np.uint8)

_TORN = (1.0, 3.0)
"""Cells that motion differs by within `_WIDE` between which one thing moves before another."""


@dataclass(frozen=True, eq=False)
class Motion:
    """From each of a frame's cells back to the frame before.

    Attributes:
        x, y: [N, N] each, cells of the frame before that show the same.
        trust: [N, N] 0..1 how far they do.
    """

    x: Floats
    y: Floats
    trust: Floats

    def carried(self, maps: NDArray[Any]) -> Any:
        """Maps [N, N(, C)] of the frame before, as this one has them."""
        return cv2.remap(maps, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def after(self, first: Motion) -> Motion:
        """This motion and the one before it as one: back to where that one leads."""
        x, y = self.carried(first.x), self.carried(first.y)
        return Motion(x, y, self.trust * self.carried(first.trust))

    def finer(self) -> Motion:
        """The same between cells half as wide."""
        grid = cell_grid()
        flow = [2 * doubled(at - cell) for at, cell in zip((self.x, self.y), grid, strict=True)]
        y, x = np.indices(flow[0].shape, np.float32)
        return Motion(x + flow[0], y + flow[1], doubled(self.trust))


class MotionFinder:
    """Dense optical flow between cells.

    By dense inverse search (Kroeger et al., "Fast optical flow using dense inverse search", ECCV
    2016) down to the single cell: motion of the face about its crop is mostly less than that.

    Args:
        lost: level, 0..1 sRGB-coded, by which a place looks other than where it came from, between
            which it ceases to be taken for the same.
    """

    def __init__(self, lost: tuple[float, float]) -> None:
        self._lost = lost
        # Closer patches, more steps and means removed cost more and steady no better.
        self._flow: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(0)
        self._flow.setPatchStride(5)
        self._flow.setGradientDescentIterations(5)
        self._flow.setUseMeanNormalization(False)
        self._last: tuple[Cells, Cells, Motion] | None = None

    def __call__(self, before: Cells, cells: Cells) -> Motion:
        """The motion between the cells, uint8 [N, N, 3], of two frames; the last two's is kept."""
        last = self._last
        if last is None or last[0] is not before or last[1] is not cells:
            last = self._last = (before, cells, self._find(before, cells))
        return last[2]

    def _find(self, before: Cells, cells: Cells) -> Motion:
        flow = self._flow.calc(_grey(cells), _grey(before), None)
        x, y = cell_grid()
        motion = Motion(x + flow[..., 0], y + flow[..., 1], np.ones_like(x))
        apart = _grey(cv2.absdiff(motion.carried(before), cells)) * np.float32(1 / 255)
        apart = cv2.GaussianBlur(apart, (0, 0), _AROUND)
        trust = 1 - smoothstep(apart, *self._lost)
        torn = (cv2.dilate(part, _WIDE) - cv2.erode(part, _WIDE) for part in cv2.split(flow))
        trust *= 1 - smoothstep(cv2.max(*torn), *_TORN)
        return Motion(motion.x, motion.y, trust)


def _grey(cells: Any) -> Any:
    return cv2.cvtColor(cells, cv2.COLOR_RGB2GRAY)
