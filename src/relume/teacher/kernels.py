"""Compiled loops of the pair maker: splatting and shadows by marching a depth map."""

# numba's decorators carry no types
# mypy: disable-error-code="misc,untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["lamp_shading", "shadow", "splat"]

Floats = NDArray[np.float32]


@njit(cache=True, fastmath=True)
def splat(
    points: Floats, values: Floats, focal: float, size: int, tolerance: float
) -> tuple[Floats, Floats, Floats]:
    """Draw points into a picture; the nearest surface wins.

    Each point reaches the four pixel centres around it with bilinear weights; of what reaches a
    pixel, all that lies within `tolerance` behind the nearest is averaged.

    Args:
        points: [N, 3] in camera coordinates (x right, y down, z forward).
        values: [N, C].
        focal: in units of the picture's size; the principal point is its middle.
        size: pixels a side.
        tolerance: in units of `points`.

    Returns:
        mean values [size, size, C], mean depth and summed weight [size, size].
    """
    count, channels = values.shape
    nearest = np.full((size, size), np.float32(1e9))
    for i in range(count):
        z = points[i, 2]
        if z < 0.5:
            continue
        x = (points[i, 0] / z * focal + 0.5) * size - 0.5
        y = (points[i, 1] / z * focal + 0.5) * size - 0.5
        x0, y0 = int(np.floor(x)), int(np.floor(y))
        for dy in range(2):
            for dx in range(2):
                u, v = x0 + dx, y0 + dy
                if 0 <= u < size and 0 <= v < size:
                    w = (1 - abs(x - u)) * (1 - abs(y - v))
                    if w > 0.1 and z < nearest[v, u]:
                        nearest[v, u] = z
    out = np.zeros((size, size, channels), np.float32)
    depth = np.zeros((size, size), np.float32)
    weight = np.zeros((size, size), np.float32)
    for i in range(count):
        z = points[i, 2]
        if z < 0.5:
            continue
        x = (points[i, 0] / z * focal + 0.5) * size - 0.5
        y = (points[i, 1] / z * focal + 0.5) * size - 0.5
        x0, y0 = int(np.floor(x)), int(np.floor(y))
        for dy in range(2):
            for dx in range(2):
                u, v = x0 + dx, y0 + dy
                if 0 <= u < size and 0 <= v < size and z < nearest[v, u] + tolerance:
                    w = (1 - abs(x - u)) * (1 - abs(y - v))
                    weight[v, u] += w
                    depth[v, u] += w * z
                    for c in range(channels):
                        out[v, u, c] += w * values[i, c]
    for v in range(size):
        for u in range(size):
            if weight[v, u] > 0:
                depth[v, u] /= weight[v, u]
                for c in range(channels):
                    out[v, u, c] /= weight[v, u]
    return out, depth, weight


@njit(cache=True, fastmath=True)
def shadow(
    depth: Floats,
    solid: NDArray[np.bool_],
    lamp: Floats,
    near: bool,
    focal: float,
    steps: int,
    jitter: Floats,
) -> Floats:
    """How far a lamp is seen, [N, N] 0 or 1, by marching from each point towards it.

    Args:
        depth: [N, N] distance along the camera's axis.
        solid: [N, N] where the person is; nothing else casts or takes shadow.
        lamp: [3] position (near) or unit direction (distant), camera coordinates.
        near: whether `lamp` is a position.
        focal: in units of the map's size.
        steps: marching steps.
        jitter: [N, N] 0..1, where in its first step each pixel's march begins.
    """
    n = depth.shape[0]
    out = np.ones((n, n), np.float32)
    for v in range(n):
        for u in range(n):
            if not solid[v, u]:
                continue
            z = depth[v, u]
            x = ((u + 0.5) / n - 0.5) * z / focal
            y = ((v + 0.5) / n - 0.5) * z / focal
            if near:
                dx, dy, dz = lamp[0] - x, lamp[1] - y, lamp[2] - z
                reach = np.sqrt(dx * dx + dy * dy + dz * dz)
                dx, dy, dz = dx / reach, dy / reach, dz / reach
                reach = min(reach, 0.55)
            else:
                dx, dy, dz = lamp[0], lamp[1], lamp[2]
                reach = 0.55
            for k in range(steps):
                share = (k + jitter[v, u]) / steps
                s = 0.008 + reach * share * share
                qz = z + dz * s
                if qz < 0.5:
                    break
                a = int(((x + dx * s) / qz * focal + 0.5) * n)
                b = int(((y + dy * s) / qz * focal + 0.5) * n)
                if a < 0 or b < 0 or a >= n or b >= n:
                    break
                if solid[b, a]:
                    behind = qz - depth[b, a]
                    # Thicker than this, the ray passes behind what the photo shows.
                    if 0.006 + 0.03 * s < behind < 0.3:
                        out[v, u] = 0.0
                        break
    return out


@njit(cache=True, fastmath=True)
def lamp_shading(
    depth: Floats,
    normals: Floats,
    lamp: Floats,
    near: bool,
    distance: float,
    seen: Floats,
    skin: NDArray[np.bool_],
    sharpness: float,
    focal: float,
    diffuse: Floats,
    shine: Floats,
) -> None:
    """Add one lamp's cosine shading and its highlight (Blinn-Phong, Schlick's Fresnel).

    Args:
        depth: [N, N]; normals: [N, N, 3] in camera coordinates.
        lamp: as `shadow` takes it; near ones fall off from 1 at `distance`.
        seen: [N, N] how far the lamp is seen.
        skin: [N, N] what takes a highlight.
        sharpness: exponent of the highlight.
        focal: in units of the map's size.
        diffuse, shine: [N, N], added to.
    """
    n = depth.shape[0]
    for v in range(n):
        for u in range(n):
            if seen[v, u] <= 0.0:
                continue
            z = depth[v, u]
            x = ((u + 0.5) / n - 0.5) * z / focal
            y = ((v + 0.5) / n - 0.5) * z / focal
            lx, ly, lz = lamp[0], lamp[1], lamp[2]
            fall = 1.0
            if near:
                lx, ly, lz = lx - x, ly - y, lz - z
                away = np.sqrt(lx * lx + ly * ly + lz * lz)
                lx, ly, lz = lx / away, ly / away, lz / away
                fall = (distance / max(away, 0.2)) ** 2
            nx, ny, nz = normals[v, u, 0], normals[v, u, 1], normals[v, u, 2]
            facing = nx * lx + ny * ly + nz * lz
            if facing <= 0.0:
                continue
            facing *= seen[v, u] * fall
            diffuse[v, u] += facing
            if skin[v, u]:
                length = np.sqrt(x * x + y * y + z * z)
                ex, ey, ez = -x / length, -y / length, -z / length
                hx, hy, hz = lx + ex, ly + ey, lz + ez
                size = np.sqrt(hx * hx + hy * hy + hz * hz) + 1e-6
                glint = max((nx * hx + ny * hy + nz * hz) / size, 0.0) ** sharpness
                grazing = 1.0 - max((ex * hx + ey * hy + ez * hz) / size, 0.0)
                fresnel = 0.04 + 0.96 * grazing**5
                shine[v, u] += glint * (sharpness + 8.0) / 8.0 * fresnel * facing
