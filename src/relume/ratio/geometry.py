"""The tracked head of one frame: its vertices, how they take light, where they are seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..face import CROP, HeadModel, TrackedFace
from ..geometry import Camera
from ..light import LAMBERT, sh_basis

__all__ = ["TrackedHead"]


@dataclass(frozen=True, eq=False)
class TrackedHead:
    """One face's head mesh in canonical space and the crop camera that sees it.

    Attributes:
        model: the head's topology and radiance transfer.
        camera: camera of the 512-pixel crop.
        vertices: [V, 3] this person's head with this frame's expression.
    """

    model: HeadModel
    camera: Camera
    vertices: NDArray[np.float32]

    @classmethod
    def of(cls, face: TrackedFace, model: HeadModel) -> TrackedHead:
        """The head that the tracker found."""
        return cls(model, face.camera, model.vertices(face.identity, face.expression))

    @cached_property
    def normals(self) -> NDArray[np.float32]:
        """[V, 3] unit outward normals in the head frame."""
        return self.model.normals(self.vertices)

    @cached_property
    def transfer(self) -> NDArray[np.float32]:
        """[V, 9] radiance transfer in the head frame.

        The mean head's, self-shadowing included, corrected by what this head's own normals
        change in the unshadowed part.
        """
        own = sh_basis(self.normals) - _mean_basis(self.model)
        return np.asarray(self.model.transfer + own * LAMBERT.astype(np.float32))

    @cached_property
    def facing(self) -> NDArray[np.float32]:
        """[V] cosine between each normal and the way to the camera."""
        to_camera = self.camera.position - self.vertices
        to_camera /= np.linalg.norm(to_camera, axis=1, keepdims=True)
        return np.asarray((self.normals * to_camera).sum(1), np.float32)

    def seen_from(self, camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Vertices in `camera`: [V, 2] crop pixels and [V] depth in canonical units."""
        depth = camera.to_camera(self.vertices)[:, 2]
        return camera.project(self.vertices) * CROP, depth


@lru_cache(maxsize=1)
def _mean_basis(model: HeadModel) -> NDArray[np.floating]:
    return sh_basis(model.normals(model.mean))
