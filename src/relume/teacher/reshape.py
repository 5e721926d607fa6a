"""A portrait whose head is bent into another shape: other expressions, other people."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import HeadModel
from ..geometry import FOCAL
from ..render import rasterise
from .portrait import MAP
from .scene import Scene, warped

__all__ = ["expressed", "head_on_map", "random_change", "reshaped"]

Floats = NDArray[np.float32]

_MOST = 0.6
"""Of a blendshape, by which it changes."""


def reshaped(scene: Scene, identity: Floats, expression: Floats) -> Scene:
    """The same portrait, its head of another shape.

    The fitted head's movement carries everything along, dying away outside it. Transfer and
    normals move, but stay as they are otherwise.

    Args:
        scene: the portrait.
        identity: [40] coefficients.
        expression: [47] coefficients.
    """
    bend = _Bend(scene, identity, expression)
    return scene.carried(
        bend, bend.depth(scene), bend(scene.alpha),
        identity=np.asarray(identity, np.float32), expression=np.asarray(expression, np.float32),
    )  # fmt: skip


def expressed(scene: Scene, change: Floats, linear: Floats) -> tuple[Scene, Floats]:
    """The same person with another expression, as far as `relume.teacher.pairs.seen_from` looks.

    Args:
        scene: the portrait.
        change: [47] added to its expression.
        linear: [256, 256, 3] a picture of it, which is moved alike.
    """
    expression = np.asarray(scene.expression + change, np.float32)
    bend = _Bend(scene, scene.identity, expression)
    now = replace(
        scene,
        albedo=bend(scene.albedo).astype(np.float16),
        transfer=bend(scene.transfer).astype(np.float16),
        depth=bend.depth(scene),
        alpha=bend(scene.alpha).astype(np.float16),
        trust=bend(scene.trust).astype(np.float16),
        expression=expression,
    )
    return now, bend(linear)


def head_on_map(
    scene: Scene, identity: Floats, expression: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a head in the portrait's pose lies in its maps.

    Args:
        scene: the portrait.
        identity, expression: [40] and [47] coefficients of `HeadModel`.

    Returns:
        depth [V] along the camera's axis, and pixels [V, 2], (0, 0) the map's upper left corner.
    """
    vertices = HeadModel.load().vertices(identity, expression)
    local = vertices @ scene.rotation.T + scene.shift
    return local[:, 2], (local[:, :2] / local[:, 2:] * FOCAL + 0.5) * MAP


def random_change(rng: np.random.Generator, expression: Floats) -> Floats:
    """[47] a few blendshapes that come or go, most of all the jaw, the lips and the lids."""
    names = HeadModel.load().expression_names
    lively = np.array([("jaw" in n.lower()) or ("mouth" in n.lower()) for n in names], float)
    lids = np.array(["blink" in n.lower() for n in names])
    chance = (0.15 + lively) / (0.15 + lively).sum()
    change = np.zeros(len(expression), np.float32)
    for which in rng.choice(len(names), 4, replace=False, p=chance):
        change[which] = rng.uniform(-_MOST, _MOST)
    opens = [i for i, n in enumerate(names) if n.lower() == "jawopen"]
    if opens and rng.random() < 0.6:
        change[opens[0]] = rng.uniform(-_MOST, _MOST)
    if rng.random() < 0.25:
        change[lids] = rng.uniform(0.3, 0.9)
    return np.asarray(np.clip(expression + change, 0, 1) - expression, np.float32)


class _Bend:
    """How maps of a portrait move when its fitted head takes another shape."""

    def __init__(self, scene: Scene, identity: Floats, expression: Floats) -> None:
        before, at = head_on_map(scene, scene.identity, scene.expression)
        after, to = head_on_map(scene, identity, expression)
        values = np.concatenate([at - to, (after - before)[:, None]], 1).astype(np.float32)
        image, mask = rasterise(to, after, HeadModel.load().faces, values, (MAP, MAP))
        weight = mask.astype(np.float32)
        # Normalised convolution over the edge, with a little weight of standing still everywhere.
        wide = cv2.GaussianBlur(weight, (0, 0), 6.0)
        spread = cv2.GaussianBlur(image * weight[..., None], (0, 0), 6.0) / (wide + 0.02)[..., None]
        field = np.where(mask[..., None], image, spread).astype(np.float32)
        self._field = np.asarray(cv2.GaussianBlur(field, (0, 0), 1.0), np.float32)
        y, x = np.mgrid[:MAP, :MAP].astype(np.float32)
        self._from = x + self._field[..., 0], y + self._field[..., 1]

    def __call__(self, values: NDArray[np.generic]) -> Floats:
        """Maps [256, 256(, C)], moved."""
        return warped(values, *self._from)

    def depth(self, scene: Scene) -> Floats:
        """The portrait's depth map, moved, and the head's own change of depth added."""
        person = (scene.alpha > 0.5).astype(np.float32)
        return self(scene.depth) + self._field[..., 2] * person
