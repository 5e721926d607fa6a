"""A z-buffered triangle rasteriser, for meshes of a few thousand small triangles.

Its stand-in in NumPy tests every triangle at all pixel centres of its bounding box, in batches of
boxes of one size; the nearest fragment of each pixel is found by one sort of packed integers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..native import native

__all__ = ["rasterise"]

_BOX_SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512)


def rasterise(
    points: NDArray[np.floating],
    depth: NDArray[np.floating],
    faces: NDArray[np.integer],
    attributes: NDArray[np.floating],
    size: tuple[int, int],
    *,
    cull: bool = True,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Draw per-vertex attributes, interpolated linearly over each triangle.

    Args:
        points: [V, 2] vertex positions in pixels, x right, y down; pixel (0, 0) covers [0, 1)^2.
            Triangles at one that isn't finite are left out.
        depth: [V] distance from the camera; the smaller one hides the larger.
        faces: [F, 3] vertex indices, counter-clockwise seen from outside (y up).
        attributes: [V, C] values to interpolate.
        size: (width, height) in pixels.
        cull: leave out triangles that turn their back to the camera.

    Returns:
        image float32 [H, W, C], zero where nothing was drawn, and mask bool [H, W].

    Raises:
        ValueError: the shapes don't fit, or a face names a vertex that isn't there.
    """
    vertices = len(points)
    if points.shape != (vertices, 2) or depth.shape != (vertices,) or faces.shape[1:] != (3,):
        raise ValueError(
            f"a mesh has points [V, 2], depth [V] and faces [F, 3], not {points.shape}, "
            f"{depth.shape} and {faces.shape}"
        )
    if attributes.ndim != 2 or len(attributes) != vertices or min(size) < 1:
        raise ValueError(f"attributes {attributes.shape} of {vertices} vertices, size {size}")
    if faces.size and not 0 <= faces.min() <= faces.max() < vertices:
        raise ValueError(f"faces name vertices beyond the {vertices} there are")
    compiled = native()
    if compiled is None:
        return rasterise_slowly(points, depth, faces, attributes, size, cull)
    image = np.zeros((size[1], size[0], attributes.shape[1]), np.float32)
    mask = np.zeros((size[1], size[0]), bool)
    compiled.rasterise(
        np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(depth, np.float32),
        np.ascontiguousarray(faces, np.int32),
        np.ascontiguousarray(attributes, np.float32),
        cull,
        image,
        mask,
    )
    return image, mask


def rasterise_slowly(
    points: NDArray[np.floating],
    depth: NDArray[np.floating],
    faces: NDArray[np.integer],
    attributes: NDArray[np.floating],
    size: tuple[int, int],
    cull: bool,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """`rasterise` in NumPy: the kernel's oracle and stand-in."""
    width, height = size
    channels = attributes.shape[1]
    image = np.zeros((height * width, channels), np.float32)
    mask = np.zeros(height * width, bool)

    corners = points.astype(np.float32)[faces]  # F 3 2
    edge1 = corners[:, 1] - corners[:, 0]
    edge2 = corners[:, 2] - corners[:, 0]
    # With y down, a triangle that is counter-clockwise in space has negative area here.
    area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
    low = corners.min(1)
    high = corners.max(1)
    keep = (area < -1e-9) if cull else (np.abs(area) > 1e-9)
    keep &= (high > 0).all(1) & (low[:, 0] < width) & (low[:, 1] < height)
    keep &= np.isfinite(area)
    kept = np.flatnonzero(keep)
    if kept.size == 0:
        return image.reshape(height, width, channels), mask.reshape(height, width)

    first = np.floor(low[kept] - 0.5).astype(np.int32) + 1  # first pixel centre inside the box
    last = np.floor(high[kept] - 0.5).astype(np.int32)
    first = np.maximum(first, 0)
    last = np.minimum(last, [width - 1, height - 1])
    span = (last - first + 1).max(1)

    pixels: list[NDArray[np.int64]] = []
    triangles: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float32]] = []
    smaller = 0
    sizes = [b for b in _BOX_SIZES if b < max(width, height)] + [max(width, height)]
    for box in sizes:
        chosen = np.flatnonzero((span > smaller) & (span <= box))
        smaller = box
        if chosen.size == 0:
            continue
        found = _fragments(corners, area, kept[chosen], first[chosen], last[chosen], box, width)
        pixels.append(found[0])
        triangles.append(found[1])
        weights.append(found[2])
    if not pixels:
        return image.reshape(height, width, channels), mask.reshape(height, width)

    pixel = np.concatenate(pixels)
    triangle = np.concatenate(triangles)
    weight = np.concatenate(weights)
    near = (depth.astype(np.float32)[faces[triangle]] * weight).sum(1)
    winner = _nearest(pixel, near)
    pixel, triangle, weight = pixel[winner], triangle[winner], weight[winner]
    values = attributes.astype(np.float32)[faces[triangle]]  # N 3 C
    image[pixel] = np.einsum("nkc,nk->nc", values, weight)
    mask[pixel] = True
    return image.reshape(height, width, channels), mask.reshape(height, width)


def _fragments(
    corners: NDArray[np.float32],
    area: NDArray[np.float32],
    which: NDArray[np.int64],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    box: int,
    width: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pixels covered by the triangles `which`, each of whose boxes is at most `box` wide."""
    steps = np.arange(box, dtype=np.int32)
    x = first[:, :1] + steps  # T box
    y = first[:, 1:] + steps
    px = (x + 0.5).astype(np.float32)[:, None, :]
    py = (y + 0.5).astype(np.float32)[:, :, None]
    a, b, c = (corners[which, k] for k in range(3))
    inverse = (1.0 / area[which])[:, None, None]

    def share(p: NDArray[np.float32], q: NDArray[np.float32]) -> NDArray[np.float32]:
        """Barycentric weight of the corner opposite the edge p-q."""
        dx = (q[:, 0] - p[:, 0])[:, None, None]
        dy = (q[:, 1] - p[:, 1])[:, None, None]
        value = dx * (py - p[:, 1][:, None, None]) - dy * (px - p[:, 0][:, None, None])
        return np.asarray(value * inverse)

    wa = share(b, c)
    wb = share(c, a)
    wc = 1.0 - wa - wb
    inside = (wa >= 0) & (wb >= 0) & (wc >= 0)
    inside &= (x <= last[:, :1])[:, None, :] & (y <= last[:, 1:])[:, :, None]
    t, row, col = np.nonzero(inside)
    pixel = y[t, row].astype(np.int64) * width + x[t, col]
    weight = np.stack([wa[t, row, col], wb[t, row, col], wc[t, row, col]], 1)
    return pixel, which[t], weight


def _nearest(pixel: NDArray[np.int64], depth: NDArray[np.float32]) -> NDArray[np.int64]:
    """Index of each pixel's nearest fragment."""
    order = np.lexsort((depth, pixel))
    is_first = np.ones(order.size, bool)
    is_first[1:] = pixel[order[1:]] != pixel[order[:-1]]
    return np.asarray(order[is_first])
