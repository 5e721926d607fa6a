"""The teacher's head: the full ICT FaceKit mesh, or relume's own light head without it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..face import REGIONS, HeadModel

__all__ = ["ShapeModel"]

Floats = NDArray[np.float32]

SCALE = 0.027
"""Canonical units per centimetre of ICT FaceKit."""

_KEPT = {
    "M_Face": "skin",
    "M_BackHead": "scalp",
    "M_GumsTongue": "mouth",
    "M_Teeth": "mouth",
    "M_ScleraLeft": "eyes",
    "M_ScleraRight": "eyes",
    "M_IrisLeft": "eyes",
    "M_IrisRight": "eyes",
}


@dataclass(frozen=True, eq=False)
class ShapeModel:
    """A morphable head with `HeadModel`'s identity and expression coefficients.

    Attributes:
        mean: [V, 3] mean head in canonical space.
        identity: [40, V, 3] shape modes.
        expression: [47, V, 3] expression shapes.
        faces: [F, 3] triangles, counter-clockwise from outside.
        region: [V] uint8, index into `relume.face.REGIONS`.
        skin: [V] 0..1, how far a vertex is bare skin by which a light can be told.
    """

    mean: Floats
    identity: Floats
    expression: Floats
    faces: NDArray[np.int64]
    region: NDArray[np.uint8]
    skin: Floats

    @classmethod
    def from_head(cls, head: HeadModel | None = None) -> ShapeModel:
        """The light head that comes with relume."""
        h = head or HeadModel.load()
        return cls(h.mean, h.identity, h.expression, h.faces.astype(np.int64), h.region, h.skin)

    @classmethod
    def from_ict(cls, path: Path) -> ShapeModel:
        """ICT FaceKit's light model, 26,719 vertices, from an .npz of its arrays.

        Raises:
            InputError: the file is missing or holds something else.
        """
        head = HeadModel.load()
        if not path.is_file():
            raise InputError(f"{path}: no such file; check the name and the folder")
        try:
            with np.load(path, allow_pickle=False) as z:
                names = [str(n) for n in z["expression_names"]]
                columns = [names.index(n) for n in head.expression_names]
                mean, faces = z["mean"].astype(np.float32), z["faces"].astype(np.int64)
                identity = z["identity"][: len(head.identity)].astype(np.float32) * SCALE
                expression = z["expression"][columns].astype(np.float32) * SCALE
                material = z["face_material"]
                materials = [str(n) for n in z["material_names"]]
                centre = mean[z["landmarks68"][27:60]].mean(0) + np.array([0, 1, -6], np.float32)
        except (
            *(OSError, LookupError, TypeError, ValueError, AttributeError),
            zipfile.BadZipFile,
        ) as error:
            raise InputError(
                f"{path} isn't ICT FaceKit's light model{_why(error)}; it must be an .npz of"
                " mean, identity, expression, expression_names, faces, face_material,"
                " material_names and landmarks68"
            ) from error
        mean = (mean - centre) * np.float32(SCALE)
        kept = np.array([materials[m] in _KEPT for m in material])
        faces, material = faces[kept], material[kept]
        region = np.full(len(mean), REGIONS.index("scalp"), np.uint8)
        for index, name in enumerate(materials):
            if name in _KEPT:
                region[faces[material == index]] = REGIONS.index(_KEPT[name])
        # Finer regions and the skin's weights are the light head's, by nearest vertex.
        outer = np.flatnonzero(np.isin(region, [REGIONS.index("skin"), REGIONS.index("scalp")]))
        near = _nearest(mean[outer], head.mean)
        tagged = head.region[near]
        inner = np.isin(tagged, [REGIONS.index("eyes"), REGIONS.index("mouth")])
        face = region[outer] == REGIONS.index("skin")
        skin = np.zeros(len(mean), np.float32)
        skin[outer] = np.where(face & ~inner, head.skin[near], 0.0)
        region[outer] = np.where(inner, region[outer], tagged)
        quads = faces[:, 3] >= 0
        triangles = np.concatenate([faces[:, :3], faces[quads][:, [0, 2, 3]]])
        used = np.unique(triangles)
        number = np.full(len(mean), -1)
        number[used] = np.arange(len(used))
        return cls(
            mean[used],
            identity[:, used],
            expression[:, used],
            number[triangles],
            region[used],
            skin[used],
        )

    def vertices(self, identity: Floats, expression: Floats) -> Floats:
        """[V, 3] vertices of a person with an expression."""
        out = self.mean.reshape(-1).copy()
        for coefficients, basis in ((identity, self.identity), (expression, self.expression)):
            out += coefficients @ basis[: len(coefficients)].reshape(len(coefficients), -1)
        return out.reshape(-1, 3)

    def normals(self, vertices: Floats) -> Floats:
        """[V, 3] unit outward normals, area-weighted."""
        a, b, c = (vertices[self.faces[:, i]] for i in range(3))
        cross = np.cross(b - a, c - a)
        out = np.zeros_like(vertices)
        for axis in range(3):
            for corner in range(3):
                out[:, axis] += np.bincount(
                    self.faces[:, corner], cross[:, axis], minlength=len(vertices)
                ).astype(np.float32)
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(length, 1e-20), np.float32)


def _why(error: Exception) -> str:
    """What an error says that is of use: NumPy's own words are about how it reads files."""
    if isinstance(error, KeyError):
        return f" ({error.args[0]})"
    return f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""


def _nearest(points: Floats, among: Floats) -> NDArray[np.int64]:
    """Index of the nearest of `among` [M, 3] for each of `points` [N, 3]."""
    square = (among**2).sum(1)
    out = np.empty(len(points), np.int64)
    for start in range(0, len(points), 1024):
        block = points[start : start + 1024]
        out[start : start + 1024] = np.argmin(square - 2.0 * block @ among.T, axis=1)
    return out
