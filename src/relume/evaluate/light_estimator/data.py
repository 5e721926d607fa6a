"""Made-up people under lamps, drawn once; pictures under any light are sums of those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compose import luminance
from ...face import HeadModel, Pose
from ...light import lattice, rotate_y, sh_basis
from ...light.sh import ODD_IN_X
from ..estimators.crop import SIDE, face_mask, level
from ..synthetic import ShadowedHead, draw, random_person

__all__ = ["LAMPS", "Heads", "draw_heads", "random_weights", "sample"]

Floats = NDArray[np.float32]

LAMPS = 32
"""Lamps around each head."""

_SUPER = 2  # drawn at twice the size


@dataclass(frozen=True, eq=False)
class Heads:
    """N people, float16 to save memory.

    Attributes:
        lamps: [N, LAMPS, 3] unit directions, view frame of the crop's camera.
        diffuse: [N, 64, 64, LAMPS] shading by each, shadows cast.
        normals: [N, 64, 64, 3] view frame.
        albedo: [N, 64, 64] grey, linear.
        mask: [N, 64, 64] the face.
        gloss: [N].
    """

    lamps: Floats
    diffuse: NDArray[np.float16]
    normals: NDArray[np.float16]
    albedo: NDArray[np.float16]
    mask: NDArray[np.float16]
    gloss: Floats


def draw_heads(count: int, seed: int) -> Heads:
    """`count` people at poses and crops as a tracker gives them, in about 0.3 s each."""
    parts = [_draw_head(np.random.default_rng([seed, k])) for k in range(count)]
    lamps, diffuse, normals, albedo, mask, gloss = zip(*parts, strict=True)
    return Heads(
        np.stack(lamps),
        np.stack(diffuse),
        np.stack(normals),
        np.stack(albedo),
        np.stack(mask),
        np.array(gloss, np.float32),
    )


def _draw_head(rng: np.random.Generator) -> tuple[Any, ...]:
    person = random_person(rng)
    head = ShadowedHead.of(person)
    yaw, pitch = float(rng.uniform(-0.7, 0.7)), float(rng.uniform(-0.4, 0.4))
    side = SIDE * _SUPER
    middle = (side - 1) / 2
    shift = rng.normal(0, 0.02 * side, 2)
    pose = Pose(
        yaw,
        pitch,
        float(rng.normal(0, 0.04)),
        middle + shift[0],
        middle + shift[1],
        side * float(np.exp(rng.normal(0, 0.05))),
    )
    to_head = pose.camera.view_to_head
    turn = rotate_y(rng.uniform(0, 2 * np.pi))
    lamps = lattice(LAMPS) @ turn.T + rng.normal(0, 0.1, (LAMPS, 3))
    lamps /= np.linalg.norm(lamps, axis=1, keepdims=True)
    drawn = draw(person, head, pose, (side, side), head.diffuse(lamps @ to_head.T))
    half = (SIDE, SIDE)

    def small(values: Floats) -> NDArray[np.float16]:
        planes = [
            cv2.resize(v, half, interpolation=cv2.INTER_AREA) for v in np.moveaxis(values, 2, 0)
        ]
        return np.stack(planes, 2).astype(np.float16)

    # What a tracker says differs from the truth; the mask is drawn by what it says.
    said = Pose(yaw + rng.normal(0, 0.06), pitch + rng.normal(0, 0.08), 0.0, 0.0, 0.0, 1.0)
    mask = face_mask(HeadModel.load().vertices(person.identity, person.expression), said)
    return (
        lamps.astype(np.float32),
        small(drawn.shading),
        small(drawn.normals @ to_head.astype(np.float32)),
        small(luminance(drawn.albedo)[..., None])[..., 0],
        mask.astype(np.float16),
        person.gloss,
    )


def random_weights(rng: np.random.Generator, lamps: Floats) -> Floats:
    """[LAMPS] how bright each lamp is: hard light (one to three lamps), surroundings of soft lobes,
    or both."""
    out = np.zeros(len(lamps), np.float32)
    kind = rng.random()
    front = lamps[:, 2] > -0.4
    if kind < 0.75:
        for _ in range(1 + int(rng.random() < 0.4) + int(rng.random() < 0.15)):
            out[rng.choice(np.flatnonzero(front))] += rng.uniform(0.3, 1.0)
    if kind > 0.1:
        soft = np.full(len(lamps), rng.uniform(0.02, 0.6))
        for _ in range(rng.integers(1, 5)):
            axis = rng.normal(0, 1, 3) * [1, 0.8, 1] + [0, 0.25, 0.2]
            axis /= np.linalg.norm(axis)
            sharp = np.exp(rng.uniform(np.log(1.0), np.log(12.0)))
            soft += rng.uniform(0.1, 1.5) * np.exp(sharp * (lamps @ axis - 1.0))
        out += (soft * (4.0 / len(lamps)) * rng.uniform(0.1, 1.0)).astype(np.float32)
    elif not out.any():
        out += 1.0
    return out


def sample(
    heads: Heads, indices: NDArray[np.integer], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Inputs [B, 2, 64, 64] and lights [B, 9] over their own c_0, in the crop's view frame."""
    pictures, lights = [], []
    for k in indices:
        weights = random_weights(rng, heads.lamps[k])
        light = np.pi * weights @ sh_basis(heads.lamps[k])
        shading = heads.diffuse[k].astype(np.float32) @ weights
        grey = heads.albedo[k].astype(np.float32) * shading
        gloss = heads.gloss[k]
        if gloss > 0.02:
            grey = grey + gloss * _shine(heads, int(k), weights)
        mask = heads.mask[k].astype(np.float32)
        behind = grey[mask > 0.5].mean() * rng.uniform(0.0, 2.0)
        grey = np.where(heads.albedo[k] > 0.001, grey, behind)
        grey, mask = _spoilt(grey, mask, rng)
        picture = level(np.asarray(grey, np.float32), mask)
        light = light / light[0]
        if rng.random() < 0.5:
            picture, light = picture[:, :, ::-1], light * ODD_IN_X
        picture = _toned(picture, rng)
        pictures.append(picture)
        lights.append(light)
    return np.stack(pictures).astype(np.float32), np.stack(lights).astype(np.float32)


def _shine(heads: Heads, k: int, weights: Floats) -> Floats:
    normals = heads.normals[k].astype(np.float32)
    out = np.zeros((SIDE, SIDE), np.float32)
    for lamp in np.argsort(weights)[-3:]:
        half = heads.lamps[k, lamp] + [0.0, 0.0, 1.0]
        half /= max(float(np.linalg.norm(half)), 1e-6)
        seen = np.clip(heads.diffuse[k, :, :, lamp].astype(np.float32) * 4.0, 0.0, 1.0)
        out += weights[lamp] * seen * np.clip(normals @ half.astype(np.float32), 0, 1) ** 18
    return out


def _spoilt(given: Floats, mask: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Hair over the forehead, glasses, something before the face, light from the room."""
    grey: Any = given.copy()
    level_ = float(grey[mask > 0.5].mean()) if (mask > 0.5).any() else 1.0
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    if rng.random() < 0.35:  # a fringe
        edge = rng.uniform(0.1, 0.38) * SIDE + rng.uniform(-0.4, 0.4) * (x - SIDE / 2)
        hair = np.clip((edge - y) / 2, 0, 1)
        grey = grey * (1 - hair * rng.uniform(0.5, 0.95))
    if rng.random() < 0.25:  # a beard
        low = np.clip((y - rng.uniform(0.55, 0.7) * SIDE) / 4, 0, 1)
        grey = grey * (1 - low * rng.uniform(0.2, 0.8))
    if rng.random() < 0.2:  # glasses
        for side in (-1, 1):
            at = (SIDE / 2 + side * rng.uniform(8, 11), SIDE * rng.uniform(0.4, 0.46))
            d = np.hypot((x - at[0]) / 8, (y - at[1]) / 6)
            grey = grey * (1 - np.clip(1 - np.abs(d - 1) * 7, 0, 1) * rng.uniform(0.4, 0.9))
    if rng.random() < 0.15:  # a hand, a microphone
        across, down, r = *rng.uniform(0, SIDE, 2), rng.uniform(3, 12)
        inside = np.hypot(x - across, y - down) < r
        grey = np.where(inside, level_ * rng.uniform(0.1, 2.0), grey)
    grey = grey + level_ * max(0.0, rng.normal(0, 0.04))
    if rng.random() < 0.5:  # the waves of real skin
        coarse = rng.normal(0, rng.uniform(0, 0.12), (8, 8)).astype(np.float32)
        grey = grey * np.exp(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))
    if rng.random() < 0.5:
        grey = cv2.GaussianBlur(grey, (0, 0), float(rng.uniform(0.3, 1.2)))
    grey = grey + level_ * rng.normal(0, rng.uniform(0, 0.05), grey.shape)
    shift = rng.integers(-2, 3, 2)
    return np.asarray(grey, np.float32), np.roll(mask, tuple(shift), (0, 1))


def _toned(picture: Floats, rng: np.random.Generator) -> Floats:
    """Another camera's tone curve: gamma, contrast, blown highlights."""
    coded = np.maximum(picture[0] + 1.0, 0.0)
    coded = coded ** np.exp(rng.normal(0, 0.12))
    white = rng.uniform(1.3, 3.0)
    coded = np.minimum(coded, white)
    out = picture.copy()
    out[0] = (coded - 1.0) * np.exp(rng.normal(0, 0.08)) * picture[1]
    return out
