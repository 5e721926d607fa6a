"""Made-up portraits of the head model."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from relume.compose import to_srgb
from relume.face import REGIONS, HeadModel
from relume.face.fit import Fit
from relume.face.pose import CROP, Pose
from relume.teacher.locate import Located
from relume.teacher.portrait import MAP
from relume.teacher.shape import ShapeModel
from relume.teacher.transfer import RayCaster

__all__ = ["synthetic_face"]

_SKIN = np.array([0.42, 0.26, 0.19], np.float32)
_COLOURS = {"eyes": (0.6, 0.6, 0.6), "mouth": (0.25, 0.08, 0.08), "lips": (0.35, 0.12, 0.11)}


def synthetic_face(light: NDArray[np.floating], seed: int) -> tuple[Located, NDArray[np.float32]]:
    """A bald person of flat colours before a blue-grey wall, as the locator would find them.

    Args:
        light: [9, 3] in the head frame.
        seed: picks the identity.

    Returns:
        the located face and its true linear albedo [256, 256, 3].
    """
    rng = np.random.default_rng(seed)
    head = HeadModel.load()
    identity = (0.7 * rng.standard_normal(len(head.identity))).astype(np.float32)
    expression = np.zeros(len(head.expression), np.float32)
    pose = Pose(0.0, 0.0, 0.0, CROP / 2, CROP / 2, CROP)
    shape = ShapeModel.from_head(head)
    vertices = shape.vertices(identity, expression)
    normals = shape.normals(vertices)
    caster = RayCaster(vertices, shape.faces)
    everywhere = np.arange(len(vertices))
    transfer = caster.transfer(normals, everywhere, 64)
    colour = np.tile(_SKIN * np.float32(rng.uniform(0.4, 1.5)), (len(vertices), 1))
    for name, value in _COLOURS.items():
        colour[shape.region == REGIONS.index(name)] = value
    drawn = caster.draw(pose.camera, MAP, np.concatenate([transfer, colour], 1))
    albedo = np.where(drawn.hit[..., None], drawn.values[..., 9:], np.float32(0.3))
    shading = np.maximum(drawn.values[..., :9] @ light.astype(np.float32), 0.0)
    wall = np.array([0.1, 0.15, 0.2], np.float32)
    linear = np.where(drawn.hit[..., None], albedo * shading, wall).astype(np.float32)
    large = cv2.resize(linear, (CROP, CROP), interpolation=cv2.INTER_LINEAR)
    picture = np.asarray(to_srgb(np.asarray(large, np.float32)) * 255 + 0.5, np.uint8)
    fit = Fit(pose, identity, expression, 0.0)
    inside = np.ones((CROP, CROP), bool)
    return Located(fit, picture, inside, drawn.hit.astype(np.float32)), albedo
