"""A rendered view, carried along to the cameras of the frames after it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import spread
from ..geometry import Camera
from ..runtime import Views
from .cells import cell_grid, places, surface_of
from .reading import presence

__all__ = ["RenderedView"]

Floats = NDArray[np.float32]

_FURTHEST = 1.25
"""Cells by which the person may have moved for the view to be carried along: farther, what comes
into sight at the silhouette would be missed."""

_SMOOTH = 1.0
"""Cells over which depth is smoothed before it tells where things move, so that nothing folds."""


class RenderedView:
    """What the volume renderer saw from one camera.

    In the frames after, the same planes are seen by cameras that hardly move about the head: cells
    then move along their depth, at a twentieth of what rendering costs. (Mark, McMillan and
    Bishop, "Post-rendering 3D warping", 1997; looked up backwards here.)

    Args:
        planes: what was rendered; kept as they were given.
        views: the maps.
        camera: that saw them.
        time: when, in seconds.
        before: what was rendered last.
    """

    def __init__(
        self,
        planes: Floats,
        views: Views,
        camera: Camera,
        time: float = 0.0,
        before: RenderedView | None = None,
    ) -> None:
        self.planes = planes
        self._time = self._last = time
        self._views, self._camera = views, camera
        self._known = presence(views)
        depth = spread(views.depth[..., None], self._known)[..., 0]
        smooth = cv2.GaussianBlur(depth, (0, 0), _SMOOTH, borderType=cv2.BORDER_REPLICATE)
        self._surface = surface_of(np.asarray(smooth, np.float32), camera)
        parts = (views.albedo, views.alpha[..., None], views.depth[..., None], views.transfer)
        self._maps = np.concatenate(parts, 2)
        self._place: tuple[Floats, Floats] | None = None  # where the last camera's cells come from
        self._off = None if before is None else self._off_from(before)

    def seen_from(self, camera: Camera) -> Views | None:
        """The view of another camera; None where that is too far off."""
        if np.array_equal(camera.vector, self._camera.vector):
            self._place = None
            return self._views
        at, depth = places(self._surface, self._camera, camera)
        x, y = cell_grid()
        forth = at[0].reshape(x.shape) - x, at[1].reshape(y.shape) - y
        if not all((np.abs(part) * self._known).max() < _FURTHEST for part in forth):
            return None
        # That is where each cell goes; where each comes from is found in two steps.
        back = [cv2.remap(part, x - forth[0], y - forth[1], *_LINEAR) for part in forth]
        maps = self._maps.copy()
        maps[..., 4] += (depth - self._surface[2]).reshape(x.shape)
        u, v = x - back[0], y - back[1]
        self._place = u, v
        out = np.asarray(cv2.remap(maps, u, v, *_LINEAR), np.float32)
        albedo, alpha, z, transfer = np.split(out, (3, 4, 5), 2)
        return Views(albedo, np.ascontiguousarray(transfer), alpha[..., 0].copy(), z[..., 0].copy())

    def settling(self, views: Views, time: float) -> Views:
        """The view that was asked for last, its shape still on the way from the one before.

        New planes make another shape of the same head, which would jump where it is turned.

        Args:
            views: that view.
            time: seconds.
        """
        self._last = time
        share = 1 - (time - self._time) / _SETTLES
        if self._off is None or not 0.0 < share <= 1.0:
            return views
        off = self.carried(self._off) * np.float32(share)
        return replace(views, alpha=views.alpha + off[..., 0], depth=views.depth + off[..., 1])

    def _off_from(self, before: RenderedView) -> Floats | None:
        """[N, N, 2] by how much alpha and depth were otherwise until now; None where that can't be
        told any more."""
        if not 0.0 < self._time - before._last < _SETTLES:
            return None
        seen = before.seen_from(self._camera)
        if seen is None:
            return None
        old = before.settling(seen, self._time)
        alpha, depth = old.alpha - self._views.alpha, old.depth - self._views.depth
        return np.stack([alpha, depth * self._known * presence(old)], 2)

    @property
    def as_rendered(self) -> bool:
        """Whether the camera that was asked for last is the one that was rendered for."""
        return self._place is None

    def carried(self, maps: Floats) -> Floats:
        """Maps [N, N, C] of the rendered view, as the camera that was asked for last sees them."""
        if self._place is None:
            return maps
        x, y = self._place
        return np.asarray(cv2.remap(maps, x, y, *_LINEAR), np.float32)


_SETTLES = 0.5  # seconds over which the shape of new planes comes in

_LINEAR = (cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
