"""What volume rendering is asked and answers: rays, how they are sampled, maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GROUP", "MOST_STEPS", "VolumeConfig", "VolumeMaps", "VolumeRays"]

GROUP = 16
"""Rays that share their steps."""

MOST_STEPS = 64
"""Steps along a ray that the compiled kernel takes."""

_TILE = 4  # pixels a side: a group

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class VolumeConfig:
    """How rays are sampled.

    Guide rays, one for every 4 x 4 pixels' corner, are looked at first, coarsely. They tell each
    tile which steps can be seen by any of its corners; those and their neighbours alone are
    evaluated. Transfer changes slowly, so samples of little weight share one look at it.
    """

    steps: int = 48
    """Steps along a ray through the whole box, `MOST_STEPS` at most; evaluated at their middles."""
    guide_steps: int = 20
    """The same for guide rays."""
    visible: float = 0.0015
    """Share of a ray's light above which a guide ray's step counts as seen."""
    opaque: float = 0.001
    """Share of the light below which what lies behind is left out."""
    reach: float = 0.36
    """Signed distance to the template, in canonical units, beyond which nothing is looked for: a
    learnt residual of r (of density's argument, 10 r) is below 0.005 per unit beyond
    (10 r + 7.3) / 120. Trained fields had residuals up to 2.9 on portraits; this is for 3.6."""
    lump: float = 0.1
    """Most weight of neighbouring samples that share one look at their transfer."""
    longest: int = 3
    """Most of those samples."""
    least: float = 0.006
    """Weight below which they aren't looked at; the others make up for them."""


@dataclass(frozen=True, eq=False)
class VolumeMaps:
    """What rays see, premultiplied by `alpha`: the background is black.

    Attributes:
        albedo: float32 [M, 3] linear.
        transfer: [M, 9] radiance transfer in the head frame; None where it wasn't asked for.
        alpha: [M].
        depth: [M] along the camera's axis.
    """

    albedo: Floats
    transfer: Floats | None
    alpha: Floats
    depth: Floats


@dataclass(frozen=True, eq=False)
class VolumeRays:
    """Rays in groups that share their steps, and the guide rays that know which.

    Attributes:
        guide: [N, 2] x and y over z, camera coordinates.
        groups: [G, 2, 16] the same of the rays.
        links: int32 [G, K] each group's guide rays.
        order: [M] where each ray asked for lies in the groups' flat order.
    """

    guide: Floats
    groups: Floats
    links: NDArray[np.int32]
    order: NDArray[np.intp]

    @classmethod
    @lru_cache(maxsize=16)
    def image(
        cls, width: int, height: int, focal: float, centre: tuple[float, float]
    ) -> VolumeRays:
        """Rays through pixel centres in rows.

        Args:
            width, height: of the image in pixels.
            focal: focal length in units of the image's width.
            centre: principal point in units of its width and height.
        """
        columns, rows = -(-width // _TILE), -(-height // _TILE)

        def x_of(pixel: NDArray[Any]) -> NDArray[Any]:
            return np.asarray((pixel / width - centre[0]) / focal)

        def y_of(pixel: NDArray[Any]) -> NDArray[Any]:
            return np.asarray((pixel - centre[1] * height) / (width * focal))

        y: NDArray[Any]
        x: NDArray[Any]
        y, x = np.indices((rows + 1, columns + 1)) * _TILE
        guide = np.stack([x_of(np.minimum(x, width)), y_of(np.minimum(y, height))], -1)
        corner = np.arange((rows + 1) * (columns + 1), dtype=np.int32).reshape(rows + 1, -1)
        links = np.stack(
            [corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]], -1
        ).reshape(-1, 4)
        # Pixels beyond the image's far edges repeat the edge.
        y = np.minimum(np.arange(rows * _TILE), height - 1) + 0.5
        x = np.minimum(np.arange(columns * _TILE), width - 1) + 0.5
        grid = np.stack(np.broadcast_arrays(x_of(x)[None], y_of(y)[:, None]))
        tiles = grid.reshape(2, rows, _TILE, columns, _TILE).transpose(1, 3, 0, 2, 4)
        place = np.arange(rows * columns * GROUP).reshape(rows, columns, _TILE, _TILE)
        order = place.transpose(0, 2, 1, 3).reshape(rows * _TILE, -1)[:height, :width].ravel()
        return cls(
            np.ascontiguousarray(guide.reshape(-1, 2), np.float32),
            np.ascontiguousarray(tiles.reshape(-1, 2, GROUP), np.float32),
            np.ascontiguousarray(links),
            order,
        )

    @classmethod
    def single(cls, rays: Floats) -> VolumeRays:
        """Rays [M, 2] of any kind, each its own guide; neighbours in the list should be near."""
        count = len(rays)
        index = np.minimum(np.arange(-(-count // GROUP) * GROUP), count - 1).astype(np.int32)
        groups = rays[index].reshape(-1, GROUP, 2).transpose(0, 2, 1)
        return cls(
            rays, np.ascontiguousarray(groups, np.float32), index.reshape(-1, GROUP),
            np.arange(count),
        )  # fmt: skip
