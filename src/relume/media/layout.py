"""Pixel formats: the few that frames are kept in, and how any other becomes one of them.

Kept as they are: planar YUV 4:2:0, 4:2:2 and 4:4:4 of 8 to 16 bits with or without alpha, grey of
8 to 16 bits, and packed RGB(A) of 8 and 16 bits. Everything else (nv12, p010, yuyv, palettes,
planar RGB, ...) is repacked by FFmpeg into the nearest of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import av
import numpy as np
import numpy.typing as npt

from relume.media.colour import FULL

__all__ = ["Layout", "Plane", "empty", "normalise", "parse", "planes"]

Plane = npt.NDArray[Any]
Kind = Literal["yuv", "gray", "rgb"]

_YUV = re.compile(r"yuv(a?)(420|422|444)p(9|10|12|14|16)?(?:le)?$")
_GRAY = re.compile(r"gray(9|10|12|14|16)?(?:le)?$")
_RGB = {"rgb24": (8, False), "rgba": (8, True), "rgb48le": (16, False), "rgba64le": (16, True)}


@dataclass(frozen=True)
class Layout:
    """What a pixel format's name says."""

    kind: Kind
    depth: int
    shift_x: int = 0
    shift_y: int = 0
    alpha: bool = False

    @property
    def name(self) -> str:
        """FFmpeg's name of the format."""
        tail = "" if self.depth == 8 else f"{self.depth}le"
        if self.kind == "gray":
            return f"gray{tail}"
        if self.kind == "rgb":
            return next(n for n, v in _RGB.items() if v == (self.depth, self.alpha))
        sampling = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}[self.shift_x, self.shift_y]
        return f"yuv{'a' if self.alpha else ''}{sampling}p{tail}"

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Integer type that holds a sample."""
        return np.uint8 if self.depth == 8 else np.uint16

    def shapes(self, width: int, height: int) -> list[tuple[int, ...]]:
        """Array shape of each plane."""
        if self.kind == "rgb":
            return [(height, width, 4 if self.alpha else 3)]
        if self.kind == "gray":
            return [(height, width)]
        chroma = (-(-height >> self.shift_y), -(-width >> self.shift_x))
        alpha = [(height, width)] if self.alpha else []
        return [(height, width), chroma, chroma, *alpha]


def parse(name: str) -> Layout | None:
    """The layout of a kept pixel format, None for any other."""
    if name in _RGB:
        return Layout("rgb", _RGB[name][0], alpha=_RGB[name][1])
    if match := _GRAY.match(name):
        return Layout("gray", int(match[1] or 8))
    if match := _YUV.match(name):
        shift_x, shift_y = {"420": (1, 1), "422": (1, 0), "444": (0, 0)}[match[2]]
        return Layout("yuv", int(match[3] or 8), shift_x, shift_y, bool(match[1]))
    return None


def _nearest(format_: Any) -> Layout:
    components = format_.components
    depth = max((c.bits for c in components), default=8)
    alpha = any(c.is_alpha for c in components)
    if format_.has_palette:
        return Layout("rgb", 8, alpha=True)
    if format_.is_rgb or len(components) < 3:
        if len(components) == 1 and not format_.is_rgb:
            return Layout("gray", 8 if depth <= 8 else 16)
        return Layout("rgb", 8 if depth <= 8 else 16, alpha=alpha)
    wide, high = 64 // format_.chroma_width(64), 64 // format_.chroma_height(64)
    shift = {(2, 2): (1, 1), (2, 1): (1, 0)}.get((wide, high), (0, 0))
    depth = 8 if depth <= 8 else next(d for d in (9, 10, 12, 14, 16) if d >= min(depth, 16))
    return Layout("yuv", depth, *shift, alpha)


def normalise(frame: av.VideoFrame) -> tuple[av.VideoFrame, Layout]:
    """The frame in a kept layout: itself where it already is, else a repacked copy."""
    name = frame.format.name
    layout = parse(name)
    if layout is not None:
        return frame, layout
    if name.startswith("yuvj") and (layout := parse(name.replace("yuvj", "yuv"))):
        # The same samples under the deprecated name that also says "full range".
        copy = empty(layout, frame.width, frame.height)
        source = planes(frame, layout)
        for target, plane in zip(planes(copy, layout), source, strict=True):
            target[...] = plane
        copy.color_range = FULL
        return copy, layout
    layout = _nearest(frame.format)
    return frame.reformat(format=layout.name), layout


def empty(layout: Layout, width: int, height: int) -> av.VideoFrame:
    """A frame of that layout with undefined content."""
    return av.VideoFrame(width, height, layout.name)


def planes(frame: av.VideoFrame, layout: Layout) -> list[Plane]:
    """Array views of a frame's planes, in the frame's own memory (see `Layout.shapes`)."""
    size = np.dtype(layout.dtype).itemsize
    views = []
    source: Any = frame.planes
    for plane, shape in zip(source, layout.shapes(frame.width, frame.height), strict=False):
        samples = np.frombuffer(plane, layout.dtype)
        strides = (plane.line_size, *(shape[2] * size for _ in shape[2:]), size)
        views.append(np.lib.stride_tricks.as_strided(samples, shape, strides))
    return views
