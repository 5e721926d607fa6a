"""A person seen by a camera: what is true at every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...face import REGIONS, Pose
from ...light import Light
from ...render import rasterise
from .person import Person
from .shadow import ShadowedHead

__all__ = ["Drawn", "draw", "highlights", "sh_shading"]

Floats = NDArray[np.float32]

_SHARPNESS = 18.0  # exponent of the highlights


@dataclass(frozen=True, eq=False)
class Drawn:
    """Maps of one person from one camera, [H, W, ...]; zero where nobody is.

    Attributes:
        pose: where the head is in the frame.
        alpha: bool, where the person is.
        albedo: [.., 3] linear.
        normals: [.., 3] unit, head frame.
        depth: distance along the camera's axis, canonical units.
        shading: [.., K] the values that were asked for.
    """

    pose: Pose
    alpha: NDArray[np.bool_]
    albedo: Floats
    normals: Floats
    depth: Floats
    shading: Floats

    def lit(self, shading: Floats, gloss: Floats | None = None) -> Floats:
        """[H, W, 3] linear picture: albedo times `shading` [.., 3 or 1], plus `gloss`."""
        out = self.albedo * np.maximum(shading, 0.0)
        return np.asarray(out if gloss is None else out + gloss, np.float32)


def draw(
    person: Person,
    head: ShadowedHead,
    pose: Pose,
    size: tuple[int, int],
    values: Floats | None = None,
) -> Drawn:
    """Draw a person.

    Args:
        person: who.
        head: `ShadowedHead.of(person)`, which may serve several drawings.
        pose: of the head in the frame; pixel centres at whole numbers.
        size: (width, height) of the frame.
        values: [V, K] further values at the vertices, e.g. radiance transfer.
    """
    values = np.zeros((len(head.vertices), 0), np.float32) if values is None else values
    camera = pose.camera
    depth = camera.to_camera(head.vertices)[:, 2]
    attributes = np.concatenate(
        [person.albedo, head.normals, depth[:, None], head.vertices, _eyes(head), values], 1
    )
    points = pose.project(head.vertices) + 0.5
    image, mask = rasterise(points, depth, head.model.faces, attributes, size)
    normals = image[..., 3:6]
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    grain = _grain(person.grain, image[..., 7:10]) * mask
    albedo = np.clip(image[..., :3] * (1.0 + grain[..., None]), 0.0, 1.0)
    _irises(albedo, image[..., 7:10], image[..., 10] > 0.5, person, head)
    return Drawn(
        pose,
        mask,
        albedo,
        normals,
        image[..., 6],
        np.ascontiguousarray(image[..., 11:]),
    )


def highlights(head: ShadowedHead, pose: Pose, direction: NDArray[np.floating]) -> Floats:
    """[V] highlight of a lamp at `direction` [3] (head frame), shadows cast (Blinn, 1977)."""
    towards = pose.camera.position - head.vertices
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    half = towards + np.asarray(direction)
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-9)
    shine = np.clip((head.normals * half).sum(1), 0.0, 1.0) ** _SHARPNESS
    return np.asarray(shine * head.visible(direction), np.float32)


def sh_shading(drawn: Drawn, light: Light) -> Floats:
    """[H, W, 3] shading under a light, where `Drawn.shading` starts with radiance transfer."""
    c = light.to_head(drawn.pose.viewer).coefficients.astype(np.float32)
    return np.asarray(np.maximum(drawn.shading[..., :9] @ c, 0.0), np.float32)


def _eyes(head: ShadowedHead) -> Floats:
    """[V, 1] 1 at the eyes."""
    return np.asarray(head.model.region == REGIONS.index("eyes"), np.float32)[:, None]


def _irises(
    albedo: Floats, places: Floats, eyes: NDArray[np.bool_], person: Person, head: ShadowedHead
) -> None:
    """Draw irises and pupils, which are finer than the mesh."""
    landmarks = head.vertices[head.model.landmark_indices]
    for side in (slice(36, 42), slice(42, 48)):
        gap = np.hypot(*np.moveaxis(places[..., :2] - landmarks[side, :2].mean(0), 2, 0))
        albedo[eyes & (gap < 0.0155)] = person.iris
        albedo[eyes & (gap < 0.006)] = 0.01


def _grain(seed: int, places: Floats) -> Floats:
    """[H, W] fine texture that clings to the skin: a sum of waves over canonical places."""
    rng = np.random.default_rng(seed)
    k = (rng.normal(0, 1, (3, 12)) * np.linspace(60, 220, 12)).astype(np.float32)
    phase = rng.uniform(0, 6.3, 12).astype(np.float32)
    return np.asarray(0.02 * np.sin(places @ k + phase).sum(2), np.float32)
