"""A picture within a frame: one half of a split screen, or what bars leave."""

from __future__ import annotations

from dataclasses import dataclass

from relume.media.picture import Floats, Picture, Pixels, check_block, check_rectangle

__all__ = ["Box", "Inset"]

Box = tuple[int, int, int, int]
"""Columns x0..x1-1 of rows y0..y1-1."""


@dataclass(frozen=True, eq=False)
class Inset:
    """A part of a frame as a `Picture` of its own: what lies beyond isn't seen.

    Attributes:
        frame: the whole, which `put` writes to.
        box: where it lies there; its first column and row even, as `Picture.half8` needs.
    """

    frame: Picture
    box: Box

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        """Rows."""
        return self.box[3] - self.box[1]

    @property
    def rgb8(self) -> Pixels:
        """See `Picture.rgb8`."""
        x0, y0, x1, y1 = self.box
        return self.frame.rgb8[y0:y1, x0:x1]

    @property
    def half8(self) -> Pixels:
        """See `Picture.half8`."""
        x0, y0, x1, y1 = self.box
        return self.frame.half8[y0 // 2 : (y1 + 1) // 2, x0 // 2 : (x1 + 1) // 2]

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        """See `Picture.region`."""
        check_rectangle(self, x0, y0, x1, y1)
        x, y = self.box[:2]
        return self.frame.region(x + x0, y + y0, x + x1, y + y1)

    def put(self, x0: int, y0: int, rgb: Floats) -> None:
        """See `Picture.put`."""
        block = check_block(self, x0, y0, rgb)
        self.frame.put(self.box[0] + x0, self.box[1] + y0, block)
