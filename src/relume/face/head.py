"""The head: a light morphable mesh in canonical space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError

__all__ = ["LANDMARKS", "REGIONS", "HeadModel"]

REGIONS = ("skin", "eyes", "mouth", "scalp", "neck", "lips")
"""What `HeadModel.region` counts; "mouth" is the mouth's inside."""

# fmt: off
LANDMARKS: tuple[int, ...] = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # lips, outer
    78, 82, 13, 312, 308, 317, 14, 87,  # lips, inner
)
"""Of the 468 tracked landmarks, the 68 that `HeadModel.landmark_indices` are vertices of."""
# fmt: on

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class HeadModel:
    """Mean head, identity and expression blendshapes, and what light does to them.

    Decimated from ICT FaceKit's light model (USC Institute for Creative Technologies, MIT). All
    lengths are canonical units (0.027 per cm); the origin lies inside the head, 6 cm behind the
    middle of nose, eyes and mouth.

    Attributes:
        mean: [V, 3] the mean head.
        identity: [40, V, 3] shape modes, a coefficient of 1 being one standard deviation.
        expression: [47, V, 3] expression shapes, coefficients 0..1.
        expression_names: their ARKit-like names.
        faces: [F, 3] int32 triangles, counter-clockwise from outside.
        region: [V] uint8, index into `REGIONS`.
        skin: [V] 0..1, how far the vertex may be taken for bare skin when a light is fitted.
        transfer: [V, 9] radiance transfer of the mean head in the head frame, self-shadowing
            included; its dot product with a light's coefficients is the shading.
        landmark_indices: [68] int32 vertices that match `LANDMARKS` one by one.
    """

    mean: Floats
    identity: Floats
    expression: Floats
    expression_names: tuple[str, ...]
    faces: NDArray[np.int32]
    region: NDArray[np.uint8]
    skin: Floats
    transfer: Floats
    landmark_indices: NDArray[np.int32]

    @classmethod
    def load(cls) -> HeadModel:
        """The head that comes with relume, read once.

        Raises:
            ModelError: the package's `assets/head.npz` is missing or damaged.
        """
        return _load()

    def vertices(
        self, identity: ArrayLike | None = None, expression: ArrayLike | None = None
    ) -> Floats:
        """[V, 3] float32 vertices of a person with an expression.

        Args:
            identity: up to 40 coefficients; the rest are 0.
            expression: up to 47 coefficients; the rest are 0.
        """
        out = self.mean
        for basis, given in ((self.identity, identity), (self.expression, expression)):
            if given is not None:
                c = np.asarray(given, np.float32)
                if c.ndim != 1 or len(c) > len(basis):
                    raise ValueError(f"at most {len(basis)} coefficients, got shape {c.shape}")
                out = out + (c @ basis[: len(c)].reshape(len(c), -1)).reshape(-1, 3)
        return out if out is not self.mean else out.copy()

    def normals(self, vertices: ArrayLike) -> Floats:
        """[V, 3] unit outward normals of `vertices` [V, 3], smooth (area-weighted)."""
        p = np.asarray(vertices, np.float32)
        a, b, c = (p[self.faces[:, i]] for i in range(3))
        cross = np.cross(b - a, c - a)
        out = np.zeros_like(p)
        for axis in range(3):
            for corner in range(3):
                out[:, axis] += np.bincount(
                    self.faces[:, corner], cross[:, axis], minlength=len(p)
                ).astype(np.float32)
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(length, 1e-20), np.float32)


@cache
def _load() -> HeadModel:
    source = resources.files("relume").joinpath("assets/head.npz")
    try:
        with resources.as_file(source) as path, np.load(path, allow_pickle=False) as z:
            floats = ("mean", "identity", "expression", "skin", "transfer")
            arrays = {name: z[name].astype(np.float32) for name in floats}
            model = HeadModel(
                **arrays,
                expression_names=tuple(str(n) for n in z["expression_names"]),
                faces=z["faces"].astype(np.int32),
                region=z["region"],
                landmark_indices=z["landmark_indices"].astype(np.int32),
            )
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"the head model {source} can't be read ({error}); install relume again"
        ) from error
    for value in (*arrays.values(), model.faces, model.region, model.landmark_indices):
        value.setflags(write=False)  # shared by everybody
    return model
