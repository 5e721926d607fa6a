"""The square around a head in which a frame is changed, at low and at full resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import scaled
from ..face import CROP
from ..geometry import chained
from ..media.inset import Box

__all__ = ["CENTRE", "MARGIN", "RESOLUTION", "Window", "around", "doubled"]

MARGIN = 256
"""Crop pixels that the window reaches beyond the 512-pixel crop on every side."""

RESOLUTION = 128
"""Cells along a side of the low-resolution maps."""

_SIDE = CROP + 2 * MARGIN

CENTRE = slice(2 * MARGIN * RESOLUTION // _SIDE, 2 * (MARGIN + CROP) * RESOLUTION // _SIDE)
"""Where the crop lies along a side of a `doubled` map."""


def to_cells(crop_points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Crop pixels [..., 2] to window cells [..., 2], both counted from the upper left corner."""
    return np.asarray((crop_points + MARGIN) * (RESOLUTION / _SIDE), np.float64)


def around(crop: NDArray[np.floating]) -> NDArray[np.float64]:
    """[2, 3] what a crop would be that takes in all of the window around this one."""
    k = CROP / _SIDE
    to_whole = np.array([[k, 0, k * (MARGIN + 0.5) - 0.5], [0, k, k * (MARGIN + 0.5) - 0.5]])
    return chained(to_whole, crop)


@dataclass(frozen=True, eq=False)
class Window:
    """Where the window lies in one frame.

    Attributes:
        frame_to_cells: [2, 3] affine map from frame pixels to window cells, both with their
            centres at whole numbers.
        x0, y0, x1, y1: the frame's pixels that the window touches, upper bounds exclusive.
    """

    frame_to_cells: NDArray[np.float64]
    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def of(cls, crop: NDArray[np.floating], width: int, height: int) -> Window | None:
        """Window around a crop (2x3, frame to crop pixels), or None outside the frame."""
        k = RESOLUTION / _SIDE
        matrix = np.asarray(crop, np.float64) * k
        matrix[:, 2] += (MARGIN + 0.5) * k - 0.5
        whole = np.full(2, -0.5), np.full(2, RESOLUTION - 0.5)
        return cls(matrix, 0, 0, 0, 0)._spanning(*whole, (0, 0, width, height))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the block of frame pixels."""
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def to_block(self) -> NDArray[np.float64]:
        """[2, 3] from frame pixels to the block's."""
        return np.array([[1.0, 0, -self.x0], [0, 1.0, -self.y0]])

    @property
    def cell(self) -> float:
        """Side of one cell in frame pixels."""
        return float(1.0 / np.sqrt(abs(np.linalg.det(self.frame_to_cells[:, :2]))))

    @property
    def block_to_cells(self) -> NDArray[np.float64]:
        """[2, 3] from the block's pixels to cells, both with their centres at whole numbers."""
        matrix = self.frame_to_cells.copy()
        matrix[:, 2] += matrix[:, :2] @ [self.x0, self.y0]
        return matrix

    def block_to_map(self, side: int) -> NDArray[np.float64]:
        """`block_to_cells` of maps of the window that have so many cells along a side."""
        return scaled(self.block_to_cells, RESOLUTION, side)

    def moved(self, x: int, y: int) -> Window:
        """The same in a frame in whose pixels `x`, `y` this one's first pixel lies."""
        matrix = self.frame_to_cells.copy()
        matrix[:, 2] -= matrix[:, :2] @ [x, y]
        return Window(matrix, self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def strips(self, rows: int) -> Iterator[Window]:
        """The block in strips of at most so many rows, from the top."""
        for y in range(self.y0, self.y1, rows):
            yield replace(self, y0=y, y1=min(y + rows, self.y1))

    def around(self, cells: NDArray[np.bool_]) -> Window | None:
        """The smallest window of this frame whose block holds all marked cells, None for none."""
        rows, columns = np.flatnonzero(cells.any(1)), np.flatnonzero(cells.any(0))
        if rows.size == 0:
            return None
        low = np.array([columns[0], rows[0]]) - 1.0
        high = np.array([columns[-1], rows[-1]]) + 1.0
        return self._spanning(low, high, (self.x0, self.y0, self.x1, self.y1))

    def within(self, x0: float, y0: float, x1: float, y1: float) -> Window | None:
        """The part of the block between these frame pixels, edges even; None for none."""
        low = np.maximum(np.ceil(np.array([x0, y0]) / 2) * 2, (self.x0, self.y0)).astype(int)
        high = np.minimum(np.floor(np.array([x1, y1]) / 2) * 2, (self.x1, self.y1)).astype(int)
        if (high - low).min() < 2:
            return None
        return replace(self, x0=int(low[0]), y0=int(low[1]), x1=int(high[0]), y1=int(high[1]))

    def without(self, other: Window | None) -> list[Window]:
        """The block's pixels that aren't in another one's, as blocks: above, below, left, right;
        whole if there is none."""
        if other is None:
            return [self]
        top, bottom = (min(max(y, self.y0), self.y1) for y in (other.y0, other.y1))
        left, right = (min(max(x, self.x0), self.x1) for x in (other.x0, other.x1))
        parts = [
            (self.x0, self.y0, self.x1, top),
            (self.x0, bottom, self.x1, self.y1),
            (self.x0, top, left, bottom),
            (right, top, self.x1, bottom),
        ]
        return [
            replace(self, x0=x0, y0=y0, x1=x1, y1=y1)
            for x0, y0, x1, y1 in parts
            if x1 > x0 and y1 > y0
        ]

    def _spanning(
        self,
        low: NDArray[np.floating],
        high: NDArray[np.floating],
        limits: Box,
    ) -> Window | None:
        """Window whose block holds the cells from `low` to `high` (x, y) within `limits`."""
        back = cv2.invertAffineTransform(self.frame_to_cells).tolist()
        ends = [(float(x), float(y)) for x in (low[0], high[0]) for y in (low[1], high[1])]
        # Plain numbers, as this runs four times a frame.
        across, down = ([a * x + b * y + c + 0.5 for x, y in ends] for a, b, c in back)
        # Even edges, so that no chroma sample of 4:2:0 video lies half inside.
        x0, x1 = (
            max(2 * floor(min(across) / 2), limits[0]),
            min(2 * ceil(max(across) / 2), limits[2]),
        )
        y0, y1 = max(2 * floor(min(down) / 2), limits[1]), min(2 * ceil(max(down) / 2), limits[3])
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        return Window(self.frame_to_cells, x0, y0, x1, y1)

    def carry(
        self, image: NDArray[np.float32], to_frame: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """An image [h, w] with its own map to frame pixels [2, 3], in this window's cells."""
        return np.asarray(
            cv2.warpAffine(
                image,
                chained(self.frame_to_cells, to_frame),
                (RESOLUTION, RESOLUTION),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )

    def grow(self, cells: NDArray[np.float32]) -> NDArray[np.float32]:
        """A map [M, M(, C)] of the window at the block's full resolution; the edge goes on."""
        # Not warpAffine, which rounds places to 1/32 of a cell: shifts would go in steps.
        matrix = self.block_to_map(cells.shape[0]).astype(np.float32)
        width, height = self.size
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        across, along = (m[0] * x + (m[1] * y + m[2]) for m in matrix)
        # And channel by channel: of two, remap rounds as well.
        flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
        grown = [cv2.remap(c, across, along, flags, borderMode=border) for c in cv2.split(cells)]
        return np.asarray(cv2.merge(grown), np.float32)

    def shrink(self, block: NDArray[Any]) -> NDArray[np.float32]:
        """A full-resolution block [h, w(, C)] averaged into cells; edges repeated."""
        step = self.cell
        if step > 1.5:  # anti-alias before sampling
            width = max(1, round(block.shape[1] / step))
            height = max(1, round(block.shape[0] / step))
            small = cv2.resize(block, (width, height), interpolation=cv2.INTER_AREA)
            scale = np.array([block.shape[1] / width, block.shape[0] / height])
        else:
            small, scale = block, np.ones(2)
        to_block = cv2.invertAffineTransform(self.block_to_cells)
        matrix = to_block / scale[:, None]
        matrix[:, 2] += 0.5 / scale - 0.5
        return np.asarray(
            cv2.warpAffine(
                small,
                matrix,
                (RESOLUTION, RESOLUTION),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )


def doubled(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map [N, N(, C)] with twice as many cells along a side."""
    side = 2 * cells.shape[0]
    return np.asarray(cv2.resize(cells, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)
