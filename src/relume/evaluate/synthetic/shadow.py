"""How a person's own head takes light: shadows cast by lamps, radiance transfer from them.

Nothing here uses the radiance transfer that comes with the head model, which is what relume's
engines relight by: shadows are found afresh, by depth maps seen from the lamps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...face import HeadModel
from ...light import lattice, sh_basis
from ...render import rasterise
from .person import Person

__all__ = ["ShadowedHead"]

Floats = NDArray[np.float32]

_SIDE = 96  # pixels of a lamp's depth map
_EXTENT = 1.3  # canonical units that it spans
_BIAS = 0.016  # depth by which a point may lie behind the map and still be lit
_TAPS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]


@dataclass(frozen=True, eq=False)
class ShadowedHead:
    """A person's mesh.

    Attributes:
        model: its topology.
        vertices: [V, 3] canonical.
        normals: [V, 3] unit, outward.
    """

    model: HeadModel
    vertices: Floats
    normals: Floats

    @classmethod
    def of(cls, person: Person) -> ShadowedHead:
        """The person's head with its expression."""
        model = HeadModel.load()
        vertices = model.vertices(person.identity, person.expression)
        return cls(model, vertices, model.normals(vertices))

    def visible(self, direction: NDArray[np.floating]) -> Floats:
        """[V] 0..1, how far each vertex sees a distant lamp at unit `direction` [3].

        A depth map from the lamp (Williams, "Casting curved shadows on curved surfaces", 1978),
        looked up at nine places around each point.
        """
        back = np.asarray(direction, np.float64)
        up = np.array([0.0, 0.0, 1.0]) if abs(back[1]) > 0.9 else np.array([0.0, 1.0, 0.0])
        right = np.cross(up, back)
        right /= np.linalg.norm(right)
        up = np.cross(back, right)
        p = self.vertices.astype(np.float64)
        x = ((p @ right) / _EXTENT + 0.5) * _SIDE
        y = (0.5 - (p @ up) / _EXTENT) * _SIDE
        depth = -(p @ back)
        size = (_SIDE, _SIDE)
        image, mask = rasterise(
            np.stack([x, y], 1), depth, self.model.faces, depth[:, None], size, cull=False
        )
        nearest = np.where(mask, image[..., 0], np.inf)
        lit = np.zeros(len(p))
        for dx, dy in _TAPS:
            column = np.clip((x + dx).astype(int), 0, _SIDE - 1)
            row = np.clip((y + dy).astype(int), 0, _SIDE - 1)
            lit += depth <= nearest[row, column] + _BIAS
        return np.asarray(lit / len(_TAPS), np.float32)

    def diffuse(self, directions: NDArray[np.floating]) -> Floats:
        """[V, D] shading by distant lamps at unit `directions` [D, 3] (head frame), each of
        which gives 1 to a surface that faces it; shadows cast."""
        cosine = np.maximum(self.normals @ np.asarray(directions, np.float32).T, 0.0)
        for k, direction in enumerate(np.asarray(directions)):
            cosine[:, k] *= self.visible(direction)
        return np.asarray(cosine, np.float32)

    def transfer(self, lamps: int = 64) -> Floats:
        """[V, 9] radiance transfer (head frame) from that many evenly spread lamps."""
        directions = lattice(lamps)
        # (1 / pi) sum over lamps of Y_k(w) max(n.w, 0) V (4 pi / count)
        basis = sh_basis(directions) * (4.0 / lamps)
        return np.asarray(self.diffuse(directions) @ basis, np.float32)
