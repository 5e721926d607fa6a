"""Radiance transfer and pixel maps of a mesh, by casting rays with Embree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MissingDependencyError
from ..geometry import Camera
from ..light import sh_basis

__all__ = ["RayCaster", "SurfaceMap", "need_embree"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SurfaceMap:
    """What the rays through a picture's pixel centres hit first.

    Attributes:
        hit: [H, W] bool.
        depth: [H, W] distance along the camera's axis in canonical units; 0 where nothing is.
        values: [H, W, C] interpolated vertex attributes; 0 where nothing is.
    """

    hit: NDArray[np.bool_]
    depth: Floats
    values: Floats


def need_embree() -> Any:
    """Embree's ray intersector.

    Raises:
        MissingDependencyError: trimesh or embreex isn't installed.
    """
    try:
        from trimesh.ray.ray_pyembree import RayMeshIntersector
    except ImportError as error:
        raise MissingDependencyError(
            'the photo teacher casts rays with trimesh and embreex: pip install "relume[teacher]"'
        ) from error
    return RayMeshIntersector


class RayCaster:
    """A mesh in canonical space that rays can be cast at.

    Args:
        vertices: [V, 3].
        faces: [F, 3].

    Raises:
        MissingDependencyError: trimesh or embreex isn't installed.
    """

    def __init__(self, vertices: Floats, faces: NDArray[np.int64]) -> None:
        intersector = need_embree()
        import trimesh

        self.vertices = vertices
        self.faces = faces
        mesh = trimesh.Trimesh(vertices, faces, process=False, validate=False)
        self._caster: Any = intersector(mesh)

    def transfer(
        self, normals: Floats, which: NDArray[np.int64], rays: int, seed: int = 0
    ) -> Floats:
        """Self-shadowed radiance transfer [N, 9], in the head frame, of vertices `which` [N].

        The integral (1 / pi) V(w) Y_k(w) max(n.w, 0) dw is the mean of V Y_k over cosine-weighted
        directions; each vertex turns the same spiral by its own angle, so that what noise there
        is averages out over neighbours. (Sloan, Kautz and Snyder, "Precomputed radiance
        transfer", 2002.)
        """
        n = normals[which].astype(np.float64)
        rng = np.random.default_rng(seed)
        share = (np.arange(rays) + 0.5) / rays
        turn = np.arange(rays) * 2.399963 + rng.uniform(0, 2 * np.pi, (len(n), 1))
        radius = np.sqrt(share)
        helper = np.where(np.abs(n[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
        tangent = np.cross(helper, n)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        other = np.cross(n, tangent)
        directions = (
            (radius * np.cos(turn))[..., None] * tangent[:, None]
            + (radius * np.sin(turn))[..., None] * other[:, None]
            + np.sqrt(1.0 - share)[:, None] * n[:, None]
        )
        origins = self.vertices[which].astype(np.float64) + 0.0015 * n
        origins = np.repeat(origins, rays, axis=0)
        blocked = self._caster.intersects_any(origins, directions.reshape(-1, 3))
        seen = 1.0 - blocked.reshape(len(n), rays, 1).astype(np.float32)
        basis = np.asarray(sh_basis(directions.astype(np.float32)))
        return np.asarray((basis * seen).mean(1), np.float32)

    def draw(self, camera: Camera, size: int, attributes: Floats) -> SurfaceMap:
        """Vertex attributes [V, C] as `camera` sees them, `size` x `size` pixels."""
        at = (np.arange(size) + 0.5) / size
        uv = np.stack(np.meshgrid(at, at), -1).reshape(-1, 2)
        origins, directions = camera.rays(uv)
        triangle = self._caster.intersects_first(np.ascontiguousarray(origins), directions)
        hit = triangle >= 0
        corners = self.faces[triangle[hit]]
        a, b, c = (self.vertices[corners[:, i]].astype(np.float64) for i in range(3))
        d, o = directions[hit], origins[hit]
        ab, ac = b - a, c - a
        normal = np.cross(ab, ac)
        facing = (normal * d).sum(1)
        t = (normal * (a - o)).sum(1) / np.where(np.abs(facing) < 1e-15, 1e-15, facing)
        point = o + t[:, None] * d
        square = np.maximum((normal**2).sum(1), 1e-30)
        v = (np.cross(ab, point - a) * normal).sum(1) / square  # weight of c
        u = (np.cross(point - a, ac) * normal).sum(1) / square  # weight of b
        weight = np.clip(np.stack([1 - u - v, u, v], 1), 0.0, 1.0).astype(np.float32)
        values = np.zeros((size * size, attributes.shape[1]), np.float32)
        values[hit] = np.einsum("nkc,nk->nc", attributes[corners], weight)
        depth = np.zeros(size * size, np.float32)
        depth[hit] = t * (d @ camera.rotation[:, 2])
        return SurfaceMap(
            hit.reshape(size, size),
            depth.reshape(size, size),
            values.reshape(size, size, -1),
        )
