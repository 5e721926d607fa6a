"""A video frame that keeps the decoder's own samples until somebody changes them."""

from __future__ import annotations

from fractions import Fraction
from typing import SupportsIndex

import av
import cv2
import numpy as np

from relume.errors import UsageError
from relume.media.colour import BT709, CAMERA, Colour
from relume.media.convert import (
    half8_from_planes,
    planes_from_rgb,
    put_block,
    read_block,
    rgb8_from_planes,
)
from relume.media.inset import Box
from relume.media.layout import Layout, Plane, empty, normalise, planes
from relume.media.notes import Notes
from relume.media.picture import (
    Floats,
    Pixels,
    check_array,
    check_block,
    check_rectangle,
    read_only,
)
from relume.media.resize import enlarge, shrink

__all__ = ["VideoFrame"]


class VideoFrame:
    """One decoded frame (a `Picture`), upright, with its place in time.

    Samples stay in the decoder's planes. `put` converts just its block, so an untouched frame
    reaches the encoder with the very samples that were decoded. The decoder's memory is never
    written to: the first `put` copies the frame.

    A block whose edges are even (see `align`) changes only its own pixels; at an odd edge in
    subsampled video, the colour of the one neighbouring pixel changes by half as much.
    """

    def __init__(
        self, frame: av.VideoFrame, colour: Colour, pts: int | None, time_base: Fraction
    ) -> None:
        self._frame, self.layout = normalise(frame)
        self._planes = planes(self._frame, self.layout)
        self._own = self._frame is not frame
        self._rgb8: Pixels | None = None
        self._half8: Pixels | None = None
        self._bgr: Pixels | None = None  # what a camera gave
        # The block read last, which is most often the next to be put.
        self._block: tuple[Box, Floats] | None = None
        self.colour = BT709 if self.layout.kind == "rgb" else colour
        """Colour tags of the samples; for RGB, those it gets when it is encoded as YUV."""
        self.pts = pts
        """Presentation time in units of time_base; None where the source knows none."""
        self.time_base = time_base
        """Seconds per unit of pts and duration."""
        self.duration = int(frame.duration or 0)
        """Time on screen in units of time_base; 0 where the source doesn't say."""
        self.number: int | None = None
        """Of a numbered picture; None of others."""
        self.notes: Notes = {}
        """Of a picture's file, its colour profile and EXIF, for the file that it is written to."""
        self.arrived: float | None = None
        """When a camera gave it, by `time.perf_counter`; None for frames of files."""

    @classmethod
    def from_rgb(
        cls, rgb: Plane, pts: int | None = None, time_base: Fraction = Fraction(1, 25)
    ) -> VideoFrame:
        """A frame from uint8 or uint16 RGB(A) [H, W, 3 or 4], or float32 0..1 (kept as 16 bits).

        Args:
            rgb: [H, W, 3 or 4].
            pts: when it is shown, a whole number of `time_base`s; None for the frame after the last
                one written.
            time_base: seconds, a Fraction above 0. Frame i of 25 a second has pts i and time_base
                Fraction(1, 25).

        Raises:
            UsageError: it is no array, or one of another kind, or its time is given otherwise.
        """
        _check_time(pts, time_base)
        alpha = isinstance(rgb, np.ndarray) and rgb.ndim == 3 and rgb.shape[2] == 4
        check_array(rgb[..., :3] if alpha else rgb, (np.uint8, np.uint16, np.float32))
        if rgb.dtype == np.float32:
            rgb = np.rint(np.clip(rgb, 0, 1) * 65535).astype(np.uint16)
        layout = Layout("rgb", 8 if rgb.dtype == np.uint8 else 16, alpha=alpha)
        frame = empty(layout, rgb.shape[1], rgb.shape[0])
        planes(frame, layout)[0][...] = rgb
        result = cls(frame, BT709, pts, time_base)
        result._own = True
        return result

    @classmethod
    def from_bgr(cls, bgr: Pixels, pts: int, time_base: Fraction) -> VideoFrame:
        """A frame from a camera's uint8 BGR [H, W, 3], as 4:2:0 where its size is even.

        What comes after (blocks, the encoder) is then the work of kernels for YUV. Cameras and
        video encoders know no finer colour.
        """
        height, width = bgr.shape[:2]
        if height % 2 or width % 2:
            return cls.from_rgb(np.ascontiguousarray(bgr[..., ::-1]), pts, time_base)
        layout = Layout("yuv", 8, 1, 1)
        frame = empty(layout, width, height)
        packed = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)).reshape(-1)
        begin = 0
        for plane in planes(frame, layout):
            plane[...] = packed[begin : begin + plane.size].reshape(plane.shape)
            begin += plane.size
        result = cls(frame, CAMERA, pts, time_base)
        result._own, result._bgr = True, bgr
        return result

    def __repr__(self) -> str:
        layout, time = self.layout, self.time
        when = "" if time is None else f", {time:g} s"
        return f"<VideoFrame: {self.width}x{self.height} {layout.kind}, {layout.depth} bits{when}>"

    @property
    def width(self) -> int:
        """Pixels in a row, as displayed."""
        return int(self._frame.width)

    @property
    def height(self) -> int:
        """Rows, as displayed."""
        return int(self._frame.height)

    @property
    def time(self) -> float | None:
        """Presentation time in seconds."""
        return None if self.pts is None else float(self.pts * self.time_base)

    @property
    def planes(self) -> list[Plane]:
        """The samples, one array per plane (see `Layout.shapes`). Don't write to them."""
        return self._planes

    @property
    def rgb8(self) -> Pixels:
        """The whole frame as uint8 [H, W, 3]; kept until the next `put`, and read-only."""
        if self._rgb8 is None:
            if self._bgr is not None:
                seen = np.asarray(cv2.cvtColor(self._bgr, cv2.COLOR_BGR2RGB), np.uint8)
            else:
                seen = rgb8_from_planes(self._planes, self.layout, self.colour)
            self._rgb8 = read_only(seen)
        return self._rgb8

    @property
    def half8(self) -> Pixels:
        """See `Picture.half8`; kept until the next `put`."""
        if self._half8 is None:
            if self._bgr is not None:
                half = cv2.cvtColor(shrink(self._bgr, 1, 1), cv2.COLOR_BGR2RGB)
                seen = np.asarray(half, np.uint8)
            else:
                seen = half8_from_planes(self._planes, self.layout, self.colour)
            self._half8 = read_only(seen)
        return self._half8

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        """See `Picture.region`."""
        check_rectangle(self, x0, y0, x1, y1)
        box = (x0, y0, x1, y1)
        if self._block is None or self._block[0] != box:
            block = read_block(self._planes, self.layout, self.colour, box)
            block.flags.writeable = False
            self._block = (box, block)
        return self._block[1]

    def put(self, x0: int, y0: int, rgb: Floats) -> None:
        """See `Picture.put`. A grey frame takes the block's luma."""
        block = check_block(self, x0, y0, rgb)
        box = (x0, y0, x0 + block.shape[1], y0 + block.shape[0])
        old = self.region(*box)
        self._make_own()
        put_block(self._planes, self.layout, self.colour, box, block, old)
        self._rgb8 = self._half8 = self._bgr = self._block = None

    def alpha(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        """Opacity of a rectangle as `region` has it, float32 [h, w] in 0..1; 1 without alpha."""
        check_rectangle(self, x0, y0, x1, y1)
        if not self.layout.alpha:
            return np.ones((y1 - y0, x1 - x0), np.float32)
        return self._opacity()[y0:y1, x0:x1] * np.float32(1 / (2**self.layout.depth - 1))

    def put_alpha(self, x0: int, y0: int, alpha: Floats) -> None:
        """Write opacity [h, w] in 0..1 into a frame that has some, top left corner at x0, y0."""
        self._make_own()
        height, width = alpha.shape
        codes = np.rint(alpha * np.float32(2**self.layout.depth - 1))
        self._opacity()[y0 : y0 + height, x0 : x0 + width] = codes

    def changeable(self) -> list[Plane]:
        """The frame's own planes, to be written to at once: what was kept of older samples (see
        `rgb8` and `region`) is forgotten."""
        self._make_own()
        self._rgb8 = self._half8 = self._bgr = self._block = None
        return self._planes

    def _make_own(self) -> None:
        if not self._own:
            copy = empty(self.layout, self.width, self.height)
            target = planes(copy, self.layout)
            for ours, theirs in zip(target, self._planes, strict=True):
                ours[...] = theirs
            self._frame, self._planes, self._own = copy, target, True

    def oriented(self, orientation: tuple[bool, bool, bool]) -> VideoFrame:
        """This frame transposed, then mirrored left-right, then top-bottom, as asked."""
        transpose, flip_x, flip_y = orientation
        if not any(orientation):
            return self
        source, layout = self._planes, self.layout
        if transpose and layout.shift_x != layout.shift_y:
            # Turned 4:2:2 would be 4:4:0, which no encoder here takes: make it 4:4:4.
            layout = Layout("yuv", layout.depth, alpha=layout.alpha)
            source = [
                p if p.shape == source[0].shape else enlarge(p, 1, 0)[:, : self.width]
                for p in source
            ]
        size = (self.height, self.width) if transpose else (self.width, self.height)
        frame = empty(layout, *size)
        for target, plane in zip(planes(frame, layout), source, strict=True):
            turned = cv2.transpose(plane) if transpose else plane
            if flip_x or flip_y:
                turned = cv2.flip(turned, {(1, 0): 1, (0, 1): 0, (1, 1): -1}[flip_x, flip_y])
            target[...] = turned
        result = VideoFrame(frame, self.colour, self.pts, self.time_base)
        result.duration, result._own = self.duration, True
        return result

    def encoder_frame(self, layout: Layout) -> av.VideoFrame:
        """The frame's samples in the given layout; the decoder's own frame where it fits already.

        Between YUV layouts only depth and sampling change, never the meaning of the codes.
        """
        if layout == self.layout:
            return self._frame
        result = empty(layout, self.width, self.height)
        for target, plane in zip(planes(result, layout), self._converted(layout), strict=True):
            target[...] = plane[: target.shape[0], : target.shape[1]]
        return result

    def rgb_samples(self, layout: Layout) -> Plane:
        """uint8 or uint16 samples [H, W, 3 or 4] of an RGB layout."""
        if self.layout == layout:
            return self._planes[0]
        if layout.depth == 8:
            rgb: Plane = self.rgb8
        else:
            rgb = np.rint(self.region(0, 0, self.width, self.height) * 65535).astype(np.uint16)
        if not layout.alpha:
            return rgb
        return np.concatenate([rgb, self._alpha(layout)[..., None]], 2)

    def _converted(self, layout: Layout) -> list[Plane]:
        if layout.kind == "rgb":
            return [self.rgb_samples(layout)]
        if self.layout.kind == "rgb":
            result = planes_from_rgb(self._planes[0][..., :3], layout, self.colour)
        else:
            result = [_resampled(p, self.layout, layout, not i) for i, p in enumerate(self._yuv())]
        return result + [self._alpha(layout)] * layout.alpha

    def _yuv(self) -> list[Plane]:
        if self.layout.kind == "yuv":
            return self._planes[:3]
        shape = ((self.height + 1) // 2, (self.width + 1) // 2)
        neutral = np.full(shape, 2 ** (self.layout.depth - 1), self.layout.dtype)
        return [self._planes[0], neutral, neutral]

    def _alpha(self, layout: Layout) -> Plane:
        shape = (self.height, self.width)
        if not self.layout.alpha:
            return np.full(shape, 2**layout.depth - 1, layout.dtype)
        scale = (2**layout.depth - 1) / (2**self.layout.depth - 1)
        alpha: Plane = np.rint(self._opacity() * scale).astype(layout.dtype)
        return alpha

    def _opacity(self) -> Plane:
        """[H, W] the samples of alpha, of a layout that has it."""
        return self._planes[0][..., 3] if self.layout.kind == "rgb" else self._planes[3]


def _check_time(pts: object, time_base: object) -> None:
    if not isinstance(pts, SupportsIndex | None):
        raise UsageError(
            f"pts is a whole number of time_bases, not {pts!r}: frame i of 25 a second is"
            " from_rgb(x, i, Fraction(1, 25)); VideoWriter.write(x, time=seconds) takes seconds"
        )
    if not isinstance(time_base, Fraction) or time_base <= 0:
        raise UsageError(
            f"time_base is a fractions.Fraction above 0, such as Fraction(1, 25), not {time_base!r}"
        )


def _resampled(plane: Plane, source: Layout, target: Layout, luma: bool) -> Plane:
    """A YUV plane at another depth and (for chroma) another sampling."""
    shift = target.depth - source.depth
    if shift > 0:
        plane = np.left_shift(plane.astype(target.dtype), shift)
    elif shift < 0:
        rounded = (plane.astype(np.uint32) + (1 << (-shift - 1))) >> -shift
        plane = np.minimum(rounded, 2**target.depth - 1).astype(target.dtype)
    if luma:
        return plane
    from_x, from_y = (source.shift_x, source.shift_y) if source.kind == "yuv" else (1, 1)
    finer_x, finer_y = max(from_x - target.shift_x, 0), max(from_y - target.shift_y, 0)
    if finer_x or finer_y:
        plane = enlarge(plane, finer_x, finer_y)
    return shrink(plane, max(target.shift_x - from_x, 0), max(target.shift_y - from_y, 0))
