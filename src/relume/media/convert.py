"""Between planes of integer codes and RGB, for whole frames and for blocks.

Chroma is taken as centred between its luma samples and interpolated linearly. What `put_block`
writes is the *change* that a block brings (averaged over each chroma sample's footprint), so a
block that comes back as it was read leaves every code as it was.

YUV blocks are the compiled kernels' work. Their stand-ins, and all else, go band by band:
temporaries that fit the cache cost a third of whole-frame ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from relume.media.colour import Colour, rgb_from_yuv, yuv_from_rgb
from relume.media.hdr import Curve, code_table, curve_of, view_table
from relume.media.inset import Box
from relume.media.layout import Layout, Plane
from relume.media.picture import Floats, Pixels
from relume.media.resize import enlarge, shrink
from relume.native import native

__all__ = [
    "half8_from_planes",
    "planes_from_rgb",
    "put_block",
    "read_block",
    "rgb8_from_planes",
]

# Luma that moves by less than this many codes is left alone, so that codes outside the range
# that RGB can express (super-whites) survive a block that didn't mean to change them.
_STILL = 0.25
_BAND = 48  # rows; even


def _bands(box: Box) -> Iterator[Box]:
    """The box cut into bands, none of which ends inside a chroma row."""
    x0, y0, x1, y1 = box
    top = y0
    while top < y1:
        bottom = min(top - top % 2 + _BAND, y1)
        yield x0, top, x1, bottom
        top = bottom


def rgb8_from_planes(planes: list[Plane], layout: Layout, colour: Colour) -> Pixels:
    """Whole frame as uint8 [H, W, 3], sRGB-coded (see `relume.media.hdr`), as all that follow."""
    if layout.kind == "rgb":
        return _to_8(planes[0][..., :3], layout.depth)
    if layout.kind == "gray":
        scale, offset = _grey_map(layout, colour)
        codes = np.arange(2**layout.depth) * scale + offset
        table = np.rint(np.clip(codes, 0, 1) * 255).astype(np.uint8)
        return np.repeat(table[planes[0]][..., None], 3, 2)
    height, width = planes[0].shape
    result = np.empty((height, width, 3), np.uint8)
    compiled = native()
    if compiled is not None:
        matrix, view = rgb_from_yuv(colour, layout.depth), view_table(colour)
        block = np.empty((_BAND, width, 3), np.float32)
        for box in _bands((0, 0, width, height)):
            rows = slice(box[1], box[3])
            part = block[: box[3] - box[1]]
            compiled.read_yuv(*planes[:3], layout.shift_x, layout.shift_y, *box, matrix, view, part)
            cv2.convertScaleAbs(part, result[rows], alpha=255)
        return result
    matrix = rgb_from_yuv(colour, layout.depth, white=255)
    for band in _bands((0, 0, width, height)):
        chroma = [_upsampled(plane, layout, band, plane.dtype) for plane in planes[1:3]]
        rows = slice(band[1], band[3])
        yuv = cv2.merge([planes[0][rows], *chroma])
        if layout.depth == 8:
            cv2.transform(yuv, matrix, result[rows])
        else:
            result[rows] = np.minimum(cv2.transform(yuv, matrix), 255)
    return _seen8(result, curve_of(colour))


def _seen8(codes: Pixels, curve: Curve | None) -> Pixels:
    """8-bit codes through a curve."""
    if curve is None:
        return codes
    even = np.arange(256, dtype=np.float32) / np.float32(255)
    table = np.rint(curve.to_view(even) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(codes, table), np.uint8)


def half8_from_planes(planes: list[Plane], layout: Layout, colour: Colour) -> Pixels:
    """Whole frame as uint8 [(H + 1) // 2, (W + 1) // 2, 3]: two by two pixels averaged.

    In 4:2:0 that is chroma's own resolution, which takes a sixth of the whole frame's time.
    """
    if layout.kind != "yuv" or (layout.shift_x, layout.shift_y) != (1, 1):
        return np.ascontiguousarray(shrink(rgb8_from_planes(planes, layout, colour), 1, 1))
    matrix = rgb_from_yuv(colour, layout.depth, white=255)
    compiled = native()
    if compiled is not None:
        half = np.empty((*planes[1].shape, 3), np.uint8)
        compiled.half_yuv(*planes[:3], matrix, view_table(colour), half)
        return half
    yuv = cv2.merge([shrink(planes[0], 1, 1), *planes[1:3]])
    return _seen8(np.minimum(cv2.transform(yuv, matrix), 255).astype(np.uint8), curve_of(colour))


def read_block(planes: list[Plane], layout: Layout, colour: Colour, box: Box) -> Floats:
    """A rectangle (x0, y0, x1, y1) as float32 [h, w, 3] within 0..1."""
    x0, y0, x1, y1 = box
    result = np.empty((y1 - y0, x1 - x0, 3), np.float32)
    if layout.kind == "rgb":
        white = np.float32(2**layout.depth - 1)
        return np.divide(planes[0][y0:y1, x0:x1, :3], white, out=result)
    if layout.kind == "gray":
        scale, offset = _grey_map(layout, colour)
        grey = planes[0][y0:y1, x0:x1].astype(np.float32) * scale + offset
        result[...] = np.clip(grey, 0, 1)[..., None]
        return result
    matrix = rgb_from_yuv(colour, layout.depth)
    compiled = native()
    if compiled is not None:
        view = view_table(colour)
        compiled.read_yuv(*planes[:3], layout.shift_x, layout.shift_y, *box, matrix, view, result)
        return result
    curve = curve_of(colour)
    for band in _bands(box):
        rows = result[band[1] - y0 : band[3] - y0]
        luma = planes[0][band[1] : band[3], x0:x1].astype(np.float32)
        chroma = [_upsampled(plane, layout, band, np.float32) for plane in planes[1:3]]
        cv2.transform(cv2.merge([luma, *chroma]), matrix, rows)
        np.clip(rows, 0, 1, out=rows)
        if curve is not None:
            rows[...] = curve.to_view(rows)
    return result


def _grey_map(layout: Layout, colour: Colour) -> tuple[np.float32, np.float32]:
    """Scale and offset from grey codes to 0..1."""
    matrix = rgb_from_yuv(colour, layout.depth)
    neutral = matrix[0, 1:3].sum() * 2.0 ** (layout.depth - 1)
    return matrix[0, 0], np.float32(matrix[0, 3] + neutral)


def _upsampled(plane: Plane, layout: Layout, box: Box, dtype: Any) -> Plane:
    """Chroma of a box at full resolution."""
    x0, y0, x1, y1 = box
    if not layout.shift_x:
        return plane[y0:y1, x0:x1].astype(dtype, copy=False)
    # One sample of margin makes a box's values those of the whole frame.
    left = max((x0 >> layout.shift_x) - 1, 0)
    top = max((y0 >> layout.shift_y) - layout.shift_y, 0)
    part = plane[top : -(-y1 >> layout.shift_y) + 1, left : -(-x1 >> layout.shift_x) + 1]
    wide = enlarge(part.astype(dtype, copy=False), layout.shift_x, layout.shift_y)
    row, column = y0 - (top << layout.shift_y), x0 - (left << layout.shift_x)
    return wide[row : row + y1 - y0, column : column + x1 - x0]


def put_block(
    planes: list[Plane], layout: Layout, colour: Colour, box: Box, block: Floats, old: Floats
) -> None:
    """Write a block (clipped to 0..1) over a box whose content was read as `old`."""
    x0, y0, x1, y1 = box
    highest = 2**layout.depth - 1
    if layout.kind == "rgb":
        planes[0][y0:y1, x0:x1, :3] = np.rint(np.clip(block, 0, 1) * highest)
        return
    forward = yuv_from_rgb(colour, layout.depth)
    compiled = native()
    if compiled is not None and layout.kind == "yuv":
        compiled.put_yuv(
            *planes[:3], layout.shift_x, layout.shift_y, *box, highest, forward,
            code_table(colour), np.ascontiguousarray(block, np.float32), old,
        )  # fmt: skip
        return
    curve = curve_of(colour) if layout.kind == "yuv" else None
    slopes = np.ascontiguousarray(forward[:, :3])
    for band in _bands(box):
        part_of_block = slice(band[1] - y0, band[3] - y0)
        rows, before = np.clip(block[part_of_block], 0, 1), old[part_of_block]
        if curve is not None:
            rows, before = curve.to_code(rows), curve.to_code(before)
        change = rows - before
        moved = np.abs(cv2.transform(change, slopes[:1])) >= _STILL
        luma = np.rint(cv2.transform(rows, forward[:1])).astype(layout.dtype)
        np.copyto(planes[0][band[1] : band[3], x0:x1], luma, where=moved)
        left, top = x0 >> layout.shift_x, band[1] >> layout.shift_y
        for index, plane in enumerate(planes[1:3], start=1):
            part = cv2.transform(change, slopes[index : index + 1])
            if layout.shift_x:
                part = _averaged(part, layout, band, planes[0].shape)
            target = plane[top : top + part.shape[0], left : left + part.shape[1]]
            target[...] = np.clip(np.rint(target + part), 0, highest)


def _averaged(change: Plane, layout: Layout, box: Box, frame: tuple[int, ...]) -> Plane:
    """Mean change over each chroma sample; pixels outside the box count as unchanged."""
    x0, y0, x1, y1 = box
    step_x, step_y = 1 << layout.shift_x, 1 << layout.shift_y
    before_x, after_x, before_y, after_y = x0 % step_x, -x1 % step_x, y0 % step_y, -y1 % step_y
    # A frame of odd size has half-empty chroma samples at its far edges: repeat there.
    beyond_x, beyond_y = after_x * (x1 == frame[1]), after_y * (y1 == frame[0])
    if beyond_x or beyond_y:
        change = cv2.copyMakeBorder(change, 0, beyond_y, 0, beyond_x, cv2.BORDER_REPLICATE)
    edges = (before_y, after_y - beyond_y, before_x, after_x - beyond_x)
    if any(edges):
        change = cv2.copyMakeBorder(change, *edges, cv2.BORDER_CONSTANT, value=0)
    return shrink(change, layout.shift_x, layout.shift_y)


def planes_from_rgb(rgb: Plane, layout: Layout, colour: Colour) -> list[Plane]:
    """Planes of a YUV or grey layout (without alpha) from uint8 or uint16 RGB [H, W, 3]."""
    forward = yuv_from_rgb(colour, layout.depth).copy()
    forward[:, :3] /= np.iinfo(rgb.dtype).max
    if rgb.dtype == np.uint8 and layout.depth > 8:
        rgb = rgb.astype(np.uint16)
    yuv = cv2.transform(np.ascontiguousarray(rgb), forward)
    full = cv2.split(np.minimum(yuv, 2**layout.depth - 1).astype(layout.dtype))
    return [full[0], *(shrink(plane, layout.shift_x, layout.shift_y) for plane in full[1:])]


def _to_8(rgb: Plane, depth: int) -> Pixels:
    if depth == 8:
        return np.ascontiguousarray(rgb)
    return np.rint(rgb * np.float32(255 / (2**depth - 1))).astype(np.uint8)
