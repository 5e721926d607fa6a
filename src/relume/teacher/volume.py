"""The person beyond the fitted mesh: hair, ears' rims and shoulders get plausible volume."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import spread
from ..geometry import Camera
from ..light import LAMBERT, sh_basis

__all__ = ["extend", "inflated_normals"]

Floats = NDArray[np.float32]

_ROUND = 34.0
"""Map pixels over which a silhouette rounds off."""

_HAIR_OCCLUSION = 0.85
"""Share of the sky that hair and cloth see, roughly; the mesh knows nothing of them."""


def extend(
    depth: Floats,
    normals: Floats,
    transfer: Floats,
    mesh: NDArray[np.bool_],
    person: NDArray[np.bool_],
    camera: Camera,
) -> tuple[Floats, Floats, Floats]:
    """Carry depth [N, N], head-frame normals [N, N, 3] and transfer [N, N, 9] outward.

    Depth goes on smoothly from the mesh's outline. Normals come from the person's silhouette,
    inflated like a cushion, and pass into the mesh's over a few pixels. Outside both the person
    and the mesh, values are carried on but mean nothing.
    """
    inner = cv2.erode(mesh.astype(np.uint8), np.ones((3, 3), np.uint8))
    far = spread(depth[..., None], inner.astype(np.float32))[..., 0]
    far = np.asarray(cv2.GaussianBlur(far, (0, 0), 2.0), np.float32)
    away = np.asarray(cv2.distanceTransform((~mesh).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    depth = np.where(mesh, depth, far + 0.0004 * np.minimum(away, 40.0))

    cushion = inflated_normals(person | mesh) @ camera.view_to_head.T.astype(np.float32)
    carried = spread(normals, mesh.astype(np.float32))
    share = np.clip(away / 10.0, 0.0, 1.0)[..., None]
    outer = (1.0 - share) * carried + share * cushion
    outer /= np.maximum(np.linalg.norm(outer, axis=2, keepdims=True), 1e-6)
    outer_transfer = (
        np.asarray(sh_basis(outer.astype(np.float32))) * LAMBERT.astype(np.float32)
    ) * _HAIR_OCCLUSION
    carried_transfer = spread(transfer, mesh.astype(np.float32))
    outer_transfer = (1.0 - share) * carried_transfer + share * outer_transfer
    on = mesh[..., None]
    return (
        depth.astype(np.float32),
        np.where(on, normals, outer).astype(np.float32),
        np.where(on, transfer, outer_transfer).astype(np.float32),
    )


def inflated_normals(inside: NDArray[np.bool_]) -> Floats:
    """[N, N, 3] view-frame normals of a silhouette blown up like a cushion with round edges.

    The picture's border is no silhouette: the person goes on beyond it. (Johnston, "Lumo", 2002.)
    """
    margin = int(_ROUND) + 2
    padded = np.pad(inside.astype(np.uint8), margin, mode="edge")
    distance = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5), np.float32)
    d = np.minimum(distance, _ROUND)
    height = np.sqrt(np.maximum(_ROUND**2 - (_ROUND - d) ** 2, 0.0))
    height = np.asarray(cv2.GaussianBlur(height, (0, 0), 4.0), np.float32)
    gx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    gy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    normal = np.stack([-gx, gy, np.ones_like(height)], -1)[margin:-margin, margin:-margin]
    return np.asarray(normal / np.linalg.norm(normal, axis=2, keepdims=True), np.float32)
