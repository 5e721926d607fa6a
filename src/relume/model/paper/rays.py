"""Rays of a batch of cameras, in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["camera_rays", "orthographic_rays"]


def camera_rays(cameras: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """Rays through the pixel centres of pinhole cameras.

    Args:
        cameras: [N, 25], cam2world (16) then intrinsics (9), row-major; x right, y down, z
            forward; intrinsics in units of image size.
        resolution: pixels in a row and in a column.

    Returns:
        Origins and unit directions, both [N, resolution^2, 3], row-major.
    """
    n = cameras.shape[0]
    pose = cameras[:, :16].reshape(n, 4, 4)
    k = cameras[:, 16:].reshape(n, 3, 3)
    fx, skew, cx = (k[:, 0, i : i + 1] for i in range(3))
    fy, cy = (k[:, 1, i : i + 1] for i in (1, 2))
    step = (torch.arange(resolution, device=cameras.device, dtype=cameras.dtype) + 0.5) / resolution
    v, u = (t.reshape(1, -1) for t in torch.meshgrid(step, step, indexing="ij"))
    x = (u - cx + cy * skew / fy - skew * v / fy) / fx
    y = (v - cy) / fy
    view = torch.stack([x, y, torch.ones_like(x), torch.ones_like(x)], dim=2)
    origins = pose[:, None, :3, 3].expand(-1, view.shape[1], -1)
    # By way of world space, as published: another order of rounding moves samples of sharp
    # surfaces by more than it should.
    world = (view @ pose.transpose(1, 2))[..., :3]
    return origins, torch.nn.functional.normalize(world - origins, dim=2)


def orthographic_rays(view: int, resolution: int, extent: float = 0.7) -> tuple[Tensor, Tensor]:
    """Parallel rays for a look at the planes from the front, above or the side.

    Args:
        view: 0 looks along -z, 1 along -y, 2 along -x.
        resolution: pixels in a row and in a column.
        extent: height and width of the view in canonical units.

    Returns:
        Origins and directions, both [1, resolution^2, 3], row-major, rows from top to bottom.
    """
    grid = (torch.arange(resolution) + 0.5) / resolution * extent - extent / 2
    v, u = (t.reshape(-1) for t in torch.meshgrid(-grid, grid, indexing="ij"))
    far = torch.full_like(u, 2.8)
    origins = ((u, v, far), (u, far, v + 0.2), (far, u, v + 0.2))[view]
    directions = torch.zeros(u.numel(), 3)
    directions[:, (2, 1, 0)[view]] = -1.0
    return torch.stack(origins, dim=1)[None], directions[None]
