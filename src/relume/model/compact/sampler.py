"""Sampling tri-planes and grids at points, with gradients: compiled for CPU, plain otherwise."""

# numba's decorators and PyTorch's autograd functions carry no types
# mypy: disable-error-code="misc,untyped-decorator,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["sample_grid", "sample_planes"]

_CHUNK = 4096

try:
    from numba import njit, prange

    COMPILED = True
except ImportError:  # the plain version below does the same, about three times slower
    COMPILED = False

    prange = range

    def njit(**_options: Any) -> Any:  # type: ignore[no-redef]
        """A stand-in, so that the loops below still define themselves."""
        return lambda function: function


def sample_planes(planes: Tensor, points: Tensor, box: float) -> Tensor:
    """Sum of three bilinear look-ups per point.

    Args:
        planes: [B, 3, H, W, C] planes xy, xz, zy, channels last; rows go with the second axis of
            each, lowest first, and cells cover [-box, box].
        points: [B, N, 3] canonical points; no gradient flows to them. Beyond the box the border
            goes on.
        box: half the side of the cube that the planes cover.

    Returns:
        [B, N, C] float32.
    """
    if COMPILED and planes.device.type == "cpu":
        out: Tensor = _Planes.apply(planes.float(), points, box)
        return out
    return sample_planes_plain(planes, points, box)


def sample_planes_plain(planes: Tensor, points: Tensor, box: float) -> Tensor:
    """`sample_planes` in plain PyTorch, on any device."""
    b, _, h, w, c = planes.shape
    p = points.detach() / box
    at = torch.stack([p[..., [0, 1]], p[..., [0, 2]], p[..., [2, 1]]], 1).reshape(b * 3, -1, 1, 2)
    image = planes.float().permute(0, 1, 4, 2, 3).reshape(b * 3, c, h, w)
    out = F.grid_sample(image, at, align_corners=False, padding_mode="border")
    return out.reshape(b, 3, c, -1).sum(1).transpose(1, 2)


def sample_grid(grid: Tensor, points: Tensor, box: float) -> Tensor:
    """Trilinear look-up [B, N, C] of a fixed grid [D, H, W, C] over z, y, x at points [B, N, 3].

    No gradient flows to either.
    """
    if COMPILED and points.device.type == "cpu":
        flat = points.detach().float().contiguous().reshape(-1, 3)
        out = torch.empty(len(flat), grid.shape[-1])
        _grid_forward(grid.numpy(), flat.numpy(), box, out.numpy())
        return out.reshape(*points.shape[:-1], -1)
    at = (points.detach() / box).reshape(1, -1, 1, 1, 3)
    image = grid.permute(3, 0, 1, 2)[None]
    out = F.grid_sample(image, at, align_corners=False, padding_mode="border")
    return out.reshape(grid.shape[-1], -1).T.reshape(*points.shape[:-1], -1)


class _Planes(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, planes: Tensor, points: Tensor, box: float) -> Tensor:
        p = planes.detach().contiguous()
        x = points.detach().float().contiguous()
        out = torch.empty(x.shape[0], x.shape[1], p.shape[-1])
        _planes_forward(p.numpy(), x.numpy(), box, out.numpy())
        ctx.save_for_backward(x)
        ctx.shape, ctx.box = p.shape, box
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        out = torch.zeros(ctx.shape)
        g = gradients[0].float().contiguous()
        _planes_backward(g.numpy(), x.numpy(), ctx.box, out.numpy())
        return out, None, None


@njit(cache=True, fastmath=True, inline="always")
def _cell(u: float, size: int) -> tuple[int, float]:
    """Lower cell and the share of the upper one at `u` in [-1, 1]."""
    f = (u * np.float32(0.5) + np.float32(0.5)) * size - np.float32(0.5)
    f = min(max(f, np.float32(0.0)), np.float32(size) - np.float32(1.001))
    low = int(f)
    return low, float(f - low)


@njit(cache=True, fastmath=True, nogil=True, parallel=True)
def _planes_forward(
    planes: NDArray[np.float32], points: NDArray[np.float32], box: float, out: NDArray[np.float32]
) -> None:
    b_count, _, h, w, channels = planes.shape
    n = points.shape[1]
    chunks = (n + _CHUNK - 1) // _CHUNK
    for job in prange(b_count * chunks):
        b = job // chunks
        first = (job % chunks) * _CHUNK
        for i in range(first, min(n, first + _CHUNK)):
            px, py, pz = points[b, i, 0] / box, points[b, i, 1] / box, points[b, i, 2] / box
            for k in range(3):
                u = pz if k == 2 else px
                v = pz if k == 1 else py
                x0, ax = _cell(u, w)
                y0, ay = _cell(v, h)
                a, c = (1 - ax) * (1 - ay), ax * (1 - ay)
                d, e = (1 - ax) * ay, ax * ay
                q00, q01 = planes[b, k, y0, x0], planes[b, k, y0, x0 + 1]
                q10, q11 = planes[b, k, y0 + 1, x0], planes[b, k, y0 + 1, x0 + 1]
                if k == 0:
                    for j in range(channels):
                        out[b, i, j] = a * q00[j] + c * q01[j] + d * q10[j] + e * q11[j]
                else:
                    for j in range(channels):
                        out[b, i, j] += a * q00[j] + c * q01[j] + d * q10[j] + e * q11[j]


@njit(cache=True, fastmath=True, nogil=True, parallel=True)
def _planes_backward(
    gradient: NDArray[np.float32],
    points: NDArray[np.float32],
    box: float,
    out: NDArray[np.float32],
) -> None:
    b_count, _, h, w, channels = out.shape
    n = points.shape[1]
    for job in prange(b_count * 3):
        b = job // 3
        k = job % 3
        for i in range(n):
            u = points[b, i, 2 if k == 2 else 0] / box
            v = points[b, i, 2 if k == 1 else 1] / box
            x0, ax = _cell(u, w)
            y0, ay = _cell(v, h)
            a, c = (1 - ax) * (1 - ay), ax * (1 - ay)
            d, e = (1 - ax) * ay, ax * ay
            q00, q01 = out[b, k, y0, x0], out[b, k, y0, x0 + 1]
            q10, q11 = out[b, k, y0 + 1, x0], out[b, k, y0 + 1, x0 + 1]
            for j in range(channels):
                g = gradient[b, i, j]
                q00[j] += a * g
                q01[j] += c * g
                q10[j] += d * g
                q11[j] += e * g


@njit(cache=True, fastmath=True, nogil=True)
def _grid_forward(
    grid: NDArray[np.float32], points: NDArray[np.float32], box: float, out: NDArray[np.float32]
) -> None:
    depth, height, width, channels = grid.shape
    for i in range(points.shape[0]):
        x0, ax = _cell(points[i, 0] / box, width)
        y0, ay = _cell(points[i, 1] / box, height)
        z0, az = _cell(points[i, 2] / box, depth)
        for j in range(channels):
            out[i, j] = 0
        for dz in range(2):
            wz = az if dz else 1 - az
            for dy in range(2):
                wy = wz * (ay if dy else 1 - ay)
                low, high = grid[z0 + dz, y0 + dy, x0], grid[z0 + dz, y0 + dy, x0 + 1]
                for j in range(channels):
                    out[i, j] += wy * ((1 - ax) * low[j] + ax * high[j])
