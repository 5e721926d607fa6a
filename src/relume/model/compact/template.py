"""The template prior: the mean head as a grid of signed distance and radiance transfer."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...face import HeadModel

__all__ = ["front_surface", "template_grid"]

Floats = NDArray[np.float32]


@cache
def template_grid(size: int, box: float) -> Floats:
    """[D, H, W, 10] over z, y, x of the cube [-box, box]^3: signed distance to the mean head
    (negative inside) and, of the nearest point of its surface, the radiance transfer.

    Cell centres lie at ((i + 0.5) / size * 2 - 1) * box.
    """
    head = HeadModel.load()
    at = ((np.arange(size) + 0.5) / size * 2 - 1) * box
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    cells = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    points, normals, transfer = _dense_surface(head)
    out = np.empty((len(cells), 10), np.float32)
    square = (points**2).sum(1)
    for start in range(0, len(cells), 4096):
        block = cells[start : start + 4096]
        near = np.argpartition(square - 2.0 * block @ points.T, 4, axis=1)[:, :4]
        gap = block[:, None] - points[near]
        distance = np.linalg.norm(gap, axis=2)
        # Four neighbours' planes vote on the sign, so that no thin fold decides alone.
        side = np.sign((gap * normals[near]).sum(2).mean(1))
        out[start : start + 4096, 0] = np.where(side == 0, 1, side) * distance.min(1)
        weight = 1.0 / (distance + 1e-3)
        weight /= weight.sum(1, keepdims=True)
        out[start : start + 4096, 1:] = (transfer[near] * weight[..., None]).sum(1)
    grid = out.reshape(size, size, size, 10)
    # Below the cut neck the mesh is open: the bust goes on down.
    return np.ascontiguousarray(grid)


def _dense_surface(head: HeadModel) -> tuple[Floats, Floats, Floats]:
    """Points [N, 3] on the mean head's outside, their normals and transfer."""
    outside = ~np.isin(head.region, (2,))  # the mouth's inside has no distance of its own
    faces = head.faces[outside[head.faces].all(1)]
    normals = head.normals(head.mean)
    weights = np.array(
        [[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32
    )
    weights /= weights.sum(1, keepdims=True)

    def spread(values: Floats) -> Floats:
        return np.asarray(
            np.einsum("fkc,wk->fwc", values[faces], weights).reshape(-1, values.shape[1]),
            np.float32,
        )

    n = spread(normals)
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-6)
    return spread(head.mean), n, spread(head.transfer)


@cache
def front_surface(size: int, box: float, grid: int) -> Floats:
    """[H, W] z of the mean head's front surface over x and y of the planes' cells.

    Row 0 is the lowest y. Beside the head the surface falls back smoothly, so that hair and
    shoulders are looked up near where they are.
    """
    from ...compose import spread

    sdf = template_grid(grid, box)[..., 0]
    inside = sdf < 0
    hit = inside.any(0)
    top = grid - 1 - inside[::-1].argmax(0)  # the last cell inside, seen from +z
    above = np.minimum(top + 1, grid - 1)
    rows, columns = np.indices(top.shape)
    a, b = sdf[top, rows, columns], sdf[above, rows, columns]
    part = np.where(b > a, -a / np.maximum(b - a, 1e-6), 0.0)
    z = ((top + np.clip(part, 0, 1) + 0.5) / grid * 2 - 1) * box
    z = np.where(hit, z, 0).astype(np.float32)
    far = _distance(hit) * (2 * box / grid)
    filled = spread(z[..., None], hit.astype(np.float32))[..., 0]
    z = np.where(hit, z, filled - 0.5 * far).clip(-0.3 * box / 0.42, None).astype(np.float32)
    import cv2

    z = np.asarray(cv2.GaussianBlur(z, (0, 0), 1.0), np.float32)
    return np.asarray(cv2.resize(z, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _distance(inside: NDArray[np.bool_]) -> Floats:
    import cv2

    return np.asarray(cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
