"""People who don't exist: a portrait's head reshaped, its face another's, its skin of another tone.

Networks that see few people learn those by heart. (Faces exchanged on a fitted mesh: Blanz et al.,
"Exchanging faces in images", Eurographics 2004.)
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import HeadModel
from ..render import rasterise
from .portrait import MAP
from .reshape import head_on_map, random_change, reshaped
from .scene import Scene

__all__ = ["repainted", "stranger"]

Floats = NDArray[np.float32]

_LEAST = np.float32(0.004)
"""Albedo of what is all but black."""

_RANGE = 6.0
"""Largest factor by which a place's albedo changes."""

_SKIN = (0.02, 0.65)
"""Albedo between which skin lies, in any channel."""

_HOLES = 25
"""Pixels across of eyes and mouth, which go along with the skin around them."""

_SEAM = 4.0
"""Pixels over which one face goes over into the other."""


def stranger(scene: Scene, other: Scene, rng: np.random.Generator) -> Scene:
    """A portrait of nobody, lit as the one that it is made from.

    Args:
        scene: whose head, hair, clothes, camera and light it has.
        other: from whom it has a share of its shape, and in half of the cases the face's albedo.
        rng: all randomness.
    """
    painted = repainted(scene, other, rng)
    share = np.float32(rng.uniform(-0.5, 1.2))
    identity = scene.identity + share * (other.identity - scene.identity)
    expression = scene.expression
    if rng.random() < 0.5:
        expression = expression + random_change(rng, expression)
    return reshaped(painted, identity, expression)


def repainted(scene: Scene, other: Scene, rng: np.random.Generator) -> Scene:
    """A portrait in another tone of skin and, in half of the cases, with another one's face on it.

    Its shape stays, and so its radiance transfer is as true as before, which `reshaped` only moves.

    Args:
        scene: whose head, hair, clothes, camera and light it has.
        other: who may lend the face's albedo.
        rng: all randomness.
    """
    albedo = scene.albedo.astype(np.float32)
    if rng.random() < 0.5:
        albedo = _faced(scene, other, albedo)
    # Another tone: darker and lighter places grow apart or together, each channel by itself a bit.
    power = np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.05, 3))
    scale = np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.05, 3))
    skin = _skin_of(scene)
    tone = np.clip(skin * scale, *_SKIN)
    toned = tone * (np.maximum(albedo, _LEAST) / skin) ** power
    albedo = np.clip(toned, _LEAST, 1.2).astype(np.float32)
    before = np.maximum(scene.albedo.astype(np.float32), _LEAST)
    factor = np.clip(albedo / before, 1 / _RANGE, _RANGE)
    a = scene.alpha.astype(np.float32)[..., None]
    linear = scene.linear.astype(np.float32) * (1 + a * (factor - 1))
    return scene.coloured(np.clip(linear, 0, 4), np.asarray(before * factor, np.float32))


def _faced(scene: Scene, other: Scene, albedo: Floats) -> Floats:
    """The albedo of a portrait with another one's face in the place of its own, as light."""
    _, at = head_on_map(other, other.identity, other.expression)
    depth, to = head_on_map(scene, scene.identity, scene.expression)
    faces = HeadModel.load().faces
    place, mask = rasterise(to, depth, faces, at.astype(np.float32), (MAP, MAP))
    x, y = place[..., 0] - np.float32(0.5), place[..., 1] - np.float32(0.5)
    trust = other.trust.astype(np.float32) * other.skin
    shown = mask & scene.skin & (cv2.remap(trust, x, y, cv2.INTER_LINEAR) > 0.5)
    circle = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_HOLES, _HOLES))
    face = cv2.morphologyEx(shown.astype(np.float32), cv2.MORPH_CLOSE, circle)
    inner = cv2.erode(face * mask, np.ones((9, 9), np.uint8))
    weight = cv2.GaussianBlur(inner, (0, 0), _SEAM)[..., None]
    tone = other.albedo.astype(np.float32) * (_skin_of(scene) / _skin_of(other))
    theirs = cv2.remap(tone, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(albedo + weight * (theirs - albedo), np.float32)


def _skin_of(scene: Scene) -> Floats:
    """[3] typical albedo of skin: the mesh's skin is in part covered by dark hair."""
    albedo = scene.albedo.astype(np.float32)
    where = albedo[scene.skin] if scene.skin.any() else albedo.reshape(-1, 3)
    return np.asarray(np.maximum(np.quantile(where, 0.7, axis=0), _LEAST), np.float32)
