"""The template prior: the mean head as a grid of signed distance and radiance transfer."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...face import REGIONS, HeadModel

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
    # In blocks of cells, only points that may be among the nearest of any cell are looked at.
    block = 4
    order = np.arange(size**3).reshape(size, size, size)
    reach = np.sqrt(3) * block * 2 * box / size
    for bz in range(0, size, block):
        for by in range(0, size, block):
            for bx in range(0, size, block):
                which = order[bz : bz + block, by : by + block, bx : bx + block].ravel()
                here = cells[which]
                far = np.linalg.norm(points - here.mean(0), axis=1)
                near = far < np.partition(far, 4)[4] + reach
                out[which] = _nearest_surface(here, points[near], normals[near], transfer[near])
    grid = out.reshape(size, size, size, 10)
    return np.ascontiguousarray(grid)


def _nearest_surface(cells: Floats, points: Floats, normals: Floats, transfer: Floats) -> Floats:
    """[N, 10] signed distance of `cells` [N, 3] to a surface's points and the transfer there."""
    distance = np.linalg.norm(cells[:, None] - points, axis=2)
    nearest = np.argpartition(distance, 3, axis=1)[:, :4]
    distance = np.take_along_axis(distance, nearest, 1)
    gap = cells[:, None] - points[nearest]
    # Four neighbours' planes vote on the sign, so that no thin fold decides alone.
    side = np.where((gap * normals[nearest]).sum(2).mean(1) < 0, -1.0, 1.0)
    weight = 1.0 / (distance + 1e-3)
    weight /= weight.sum(1, keepdims=True)
    mean = (transfer[nearest] * weight[..., None]).sum(1)
    closest = distance.min(1)
    # Near the surface the points are too sparse to measure from; their planes aren't.
    plane = ((gap * normals[nearest]).sum(2) * weight).sum(1)
    far = np.clip(closest / 0.03 - 1.0, 0.0, 1.0)
    signed = far * side * closest + (1 - far) * plane
    return np.concatenate([signed[:, None], mean], 1).astype(np.float32)


def _dense_surface(head: HeadModel) -> tuple[Floats, Floats, Floats]:
    """Points [N, 3] on the mean head's outside, their normals and transfer."""
    # The mouth's inside has no distance of its own.
    outside = head.region != REGIONS.index("mouth")
    faces = head.faces[outside[head.faces].all(1)]
    normals = head.normals(head.mean)

    def with_centres(values: Floats) -> Floats:
        return np.concatenate([values[np.unique(faces)], values[faces].mean(1)])

    n = with_centres(normals)
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-6)
    return with_centres(head.mean), n, with_centres(head.transfer)


@cache
def front_surface(size: int, box: float, grid: int) -> Floats:
    """[H, W] z of the mean head's front surface over x and y of the planes' cells.

    Row 0 is the lowest y. Beside the head the surface falls back smoothly, so that hair and
    shoulders are looked up near where they are.
    """
    from ...compose import spread

    sdf = template_grid(grid, box)[..., 0]
    inside = sdf < 0
    hit = np.asarray(inside.any(0))
    top = grid - 1 - inside[::-1].argmax(0)  # the last cell inside, seen from +z
    above = np.minimum(top + 1, grid - 1)
    rows, columns = np.indices(top.shape)
    a, b = sdf[top, rows, columns], sdf[above, rows, columns]
    part = np.where(b > a, -a / np.maximum(b - a, 1e-6), 0.0)
    z = ((top + np.clip(part, 0, 1) + 0.5) / grid * 2 - 1) * box
    z = np.asarray(np.where(hit, z, 0), np.float32)
    far = _distance(hit) * (2 * box / grid)
    filled = spread(z[..., None], hit.astype(np.float32))[..., 0]
    z = np.where(hit, z, filled - 0.5 * far).clip(-0.3 * box / 0.42, None).astype(np.float32)
    import cv2

    z = np.asarray(cv2.GaussianBlur(z, (0, 0), 1.0), np.float32)
    return np.asarray(cv2.resize(z, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _distance(inside: NDArray[np.bool_]) -> Floats:
    import cv2

    return np.asarray(cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
