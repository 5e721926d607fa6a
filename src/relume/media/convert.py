"""Between planes of integer codes and RGB, for whole frames and for blocks.

Chroma is taken as centred between its luma samples and interpolated linearly. What `put_block`
writes is the *change* that a block brings (averaged over each chroma sample's footprint), so a
block that comes back as it was read leaves every code as it was.
"""

from __future__ import annotations

import cv2
import numpy as np

from relume.media.colour import Colour, rgb_from_yuv, yuv_from_rgb
from relume.media.layout import Layout, Plane
from relume.media.picture import Floats, Pixels

__all__ = ["planes_from_rgb", "put_block", "read_block", "rgb8_from_planes"]

Box = tuple[int, int, int, int]

# Luma that moves by less than this many codes is left alone, so that codes outside the range
# that RGB can express (super-whites) survive a block that didn't mean to change them.
_STILL = 0.25


def rgb8_from_planes(planes: list[Plane], layout: Layout, colour: Colour) -> Pixels:
    """Whole frame as uint8 [H, W, 3]."""
    height, width = planes[0].shape[:2]
    if layout.kind == "rgb":
        return _to_8(planes[0][..., :3], layout.depth)
    matrix = rgb_from_yuv(colour, layout.depth, white=255)
    if layout.kind == "gray":
        row = matrix[:1, [0, 3]] + [[0, matrix[0, 1:3].sum() * 2.0 ** (layout.depth - 1)]]
        codes = np.arange(2**layout.depth)
        table = np.rint(np.clip(codes * row[0, 0] + row[0, 1], 0, 255)).astype(np.uint8)
        return cv2.merge([table[planes[0]]] * 3)
    size = (planes[1].shape[1] << layout.shift_x, planes[1].shape[0] << layout.shift_y)
    full = [planes[0]]
    for plane in planes[1:3]:
        wide = plane if size == plane.shape[::-1] else cv2.resize(plane, size)
        full.append(wide[:height, :width])
    rgb = cv2.transform(cv2.merge(full), matrix)
    return rgb if layout.depth == 8 else np.minimum(rgb, 255).astype(np.uint8)


def read_block(planes: list[Plane], layout: Layout, colour: Colour, box: Box) -> Floats:
    """A rectangle (x0, y0, x1, y1) as float32 [h, w, 3] within 0..1."""
    x0, y0, x1, y1 = box
    top = planes[0][y0:y1, x0:x1]
    if layout.kind == "rgb":
        return top[..., :3].astype(np.float32) / np.float32(2**layout.depth - 1)
    matrix = rgb_from_yuv(colour, layout.depth)
    luma = top.astype(np.float32)
    if layout.kind == "gray":
        middle = matrix[:, 1:3].sum(1) * 2.0 ** (layout.depth - 1)
        grey = luma * matrix[0, 0] + np.float32(matrix[0, 3] + middle[0])
        return np.clip(cv2.merge([grey] * 3), 0, 1)
    chroma = [_upsampled(plane, layout, box) for plane in planes[1:3]]
    rgb = cv2.transform(cv2.merge([luma, *chroma]), matrix)
    return np.clip(rgb, 0, 1, out=rgb)


def _upsampled(plane: Plane, layout: Layout, box: Box) -> Plane:
    x0, y0, x1, y1 = box
    if not layout.shift_x:
        return plane[y0:y1, x0:x1].astype(np.float32)
    # One sample of margin makes a block's values those of the whole frame.
    left, top = max((x0 >> layout.shift_x) - 1, 0), max((y0 >> layout.shift_y) - layout.shift_y, 0)
    part = plane[top : -(-y1 >> layout.shift_y) + 1, left : -(-x1 >> layout.shift_x) + 1]
    size = (part.shape[1] << layout.shift_x, part.shape[0] << layout.shift_y)
    wide = cv2.resize(part.astype(np.float32), size)
    row, column = y0 - (top << layout.shift_y), x0 - (left << layout.shift_x)
    return wide[row : row + y1 - y0, column : column + x1 - x0]


def put_block(
    planes: list[Plane], layout: Layout, colour: Colour, corner: tuple[int, int], block: Floats
) -> None:
    """Write a block (within 0..1) into the planes, with its top left pixel at corner (x, y)."""
    (x0, y0), (height, width) = corner, block.shape[:2]
    box = (x0, y0, x0 + width, y0 + height)
    top = planes[0][y0 : y0 + height, x0 : x0 + width]
    highest = 2**layout.depth - 1
    if layout.kind == "rgb":
        top[..., :3] = np.rint(block * highest)
        return
    matrix = yuv_from_rgb(colour, layout.depth)
    change = cv2.transform(block - read_block(planes, layout, colour, box), matrix[:, :3].copy())
    luma = cv2.transform(block, matrix[:1])
    np.copyto(top, np.rint(luma).astype(layout.dtype), where=np.abs(change[..., 0]) >= _STILL)
    if layout.kind == "gray":
        return
    part = np.ascontiguousarray(change[..., 1:])
    if layout.shift_x:
        part = _averaged(part, layout, box, planes[0].shape)
    left, upper = x0 >> layout.shift_x, y0 >> layout.shift_y
    for index, plane in enumerate(planes[1:3]):
        view = plane[upper : upper + part.shape[0], left : left + part.shape[1]]
        view[...] = np.clip(np.rint(view + part[..., index]), 0, highest)


def _averaged(change: Floats, layout: Layout, box: Box, frame: tuple[int, ...]) -> Plane:
    """Mean change over each chroma sample; pixels outside the block count as unchanged."""
    x0, y0, x1, y1 = box
    step_x, step_y = 1 << layout.shift_x, 1 << layout.shift_y
    before_x, after_x, before_y, after_y = x0 % step_x, -x1 % step_x, y0 % step_y, -y1 % step_y
    # A frame of odd size has half-empty chroma samples at its far edges: repeat there.
    beyond_x, beyond_y = x1 == frame[1], y1 == frame[0]
    if (beyond_x and after_x) or (beyond_y and after_y):
        change = cv2.copyMakeBorder(
            change, 0, after_y * beyond_y, 0, after_x * beyond_x, cv2.BORDER_REPLICATE
        )
        after_x, after_y = after_x * (not beyond_x), after_y * (not beyond_y)
    if before_x or after_x or before_y or after_y:
        change = cv2.copyMakeBorder(
            change, before_y, after_y, before_x, after_x, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
        )
    size = (change.shape[1] // step_x, change.shape[0] // step_y)
    return cv2.resize(change, size, interpolation=cv2.INTER_AREA)


def planes_from_rgb(rgb: Plane, layout: Layout, colour: Colour) -> list[Plane]:
    """Planes of a YUV or grey layout (without alpha) from uint8 or uint16 RGB [H, W, 3]."""
    white = np.iinfo(rgb.dtype).max
    matrix = yuv_from_rgb(colour, layout.depth)
    matrix[:, :3] /= white
    if rgb.dtype == np.uint8 and layout.depth > 8:
        rgb = rgb.astype(np.uint16)
    yuv = cv2.transform(np.ascontiguousarray(rgb), matrix)
    full = cv2.split(np.minimum(yuv, 2**layout.depth - 1).astype(layout.dtype))
    if layout.kind == "gray":
        return [full[0]]
    return [full[0], *(shrink(plane, layout.shift_x, layout.shift_y) for plane in full[1:])]


def shrink(plane: Plane, shift_x: int, shift_y: int) -> Plane:
    """A plane averaged over 2x2, 2x1 or 1x1 samples; odd edges repeat."""
    height, width = plane.shape
    odd_x, odd_y = width & shift_x, height & shift_y
    if odd_x or odd_y:
        plane = cv2.copyMakeBorder(plane, 0, odd_y, 0, odd_x, cv2.BORDER_REPLICATE)
    if not shift_x and not shift_y:
        return plane
    size = (plane.shape[1] >> shift_x, plane.shape[0] >> shift_y)
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def _to_8(rgb: Plane, depth: int) -> Pixels:
    if depth == 8:
        return np.ascontiguousarray(rgb)
    return cv2.convertScaleAbs(rgb, alpha=255 / (2**depth - 1))
