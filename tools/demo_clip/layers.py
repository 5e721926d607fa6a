"""Cutting the photograph into layers: studio, body, neck, head."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from relume.compose import spread
from relume.face.networks import Network

from .portrait import COLLAR, HEIGHT, JAW, NECK, RING, WIDTH

__all__ = ["Layers", "cut"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Layers:
    """Pictures float32 [H, W, 3] in 0..255, and how far each covers what is behind, [H, W] 0..1."""

    studio: Floats
    body: Floats
    body_alpha: Floats
    neck: Floats
    neck_alpha: Floats
    head: Floats
    head_alpha: Floats


def cut(picture: NDArray[np.uint8]) -> Layers:
    """Layers that give `picture` again when they are laid over each other."""
    image = picture.astype(np.float32)
    person = _person(picture)
    inside = (person > 0.5).astype(np.uint8)
    bare = cv2.dilate(inside, _disc(13)) == 0
    behind = spread(image, bare.astype(np.float32))
    grain = _grain(image)
    studio = image + (behind + grain - image) * _soft(cv2.dilate(inside, _disc(9)), 2.0)[..., None]

    outline = _head_outline()
    edge = _polygon(outline)
    alpha, colour = _matte(image, person, behind)
    head_alpha = alpha * _soft(edge, 1.0)

    # The body, with what the head and the neck cover filled in from round about; behind the
    # neck the suit's ring goes on.
    covered = np.maximum(cv2.dilate(edge, _disc(4)), cv2.dilate(_polygon(NECK), _disc(4)))
    below = _polygon(RING)
    body_alpha = np.maximum(person, covered) * _soft(below, 1.0)
    body = spread(image, ((covered == 0) & (person > 0.9) & (below > 0)).astype(np.float32))

    # The neck goes on under the jaw; its foot lies in the black of the collar.
    high = np.clip((412 - np.arange(HEIGHT, dtype=np.float32)) / 14, 0, 1)[:, None]
    collar = _polygon(COLLAR)
    neck_alpha = (_soft(collar, 1.0) * (1 - high) + _soft(collar, 3.5) * high) * person
    skin = cv2.erode(_polygon(NECK), _disc(4)) * (1 - cv2.dilate(edge, _disc(4)))
    under = spread(image, skin.astype(np.float32))
    # The jaw's shadow lies on what it hides.
    hidden = _soft(cv2.dilate(edge, _disc(4)), 1.5)[..., None]
    shadow = 1 - 0.16 * _soft(cv2.erode(edge, _disc(2)), 7.0)[..., None]
    neck = image + (under * shadow - image) * hidden
    return Layers(studio, body, body_alpha, neck, neck_alpha, colour, head_alpha)


def _head_outline() -> Floats:
    """Outline of all that may belong to the head: down to the jaw, and all above.

    Where no neck is behind the jaw the line keeps clear of it and leaves the edge to the matte.
    """
    left = [(370, 0), (370, 330), (440, 330), (447, 360), (459, 366)]
    right = [(654, 396), (670, 372), (690, 345), (780, 338), (780, 0)]
    return np.concatenate([np.float32(left), JAW[3:14], np.float32(right)])


def _grain(image: Floats) -> Floats:
    """[H, W, 3] fine structure of the bare studio wall, mirrored over the whole frame."""
    wall = image[40:240, 770:910]
    fine = wall - cv2.GaussianBlur(wall, (0, 0), 6)
    tile = np.concatenate([fine, fine[:, ::-1]], 1)
    tile = np.concatenate([tile, tile[::-1]], 0)
    return np.tile(tile, (2, 5, 1))[:HEIGHT, :WIDTH]


def _person(picture: NDArray[np.uint8]) -> Floats:
    """[H, W] 0..1: a coarse matte by the segmentation network, sharpened by graph cut."""
    network = Network("selfie_segmentation", 0.0, 1.0)
    square = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(network(square)[0].reshape(256, 256), (WIDTH // 2, HEIGHT // 2))
    marks = np.where(coarse > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[cv2.erode(coarse, _disc(7)) > 0.9] = cv2.GC_FGD
    marks[cv2.dilate(coarse, _disc(8)) < 0.1] = cv2.GC_BGD
    half = cv2.resize(picture, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    cv2.setRNGSeed(1)
    cv2.grabCut(half, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    big = cv2.GaussianBlur(cv2.resize(found, (WIDTH, HEIGHT)), (0, 0), 2.5)
    return np.clip((big - 0.5) * 3 + 0.5, 0, 1)


def _matte(image: Floats, person: Floats, behind: Floats) -> tuple[Floats, Floats]:
    """Alpha [H, W] and the person's own colour [H, W, 3] where hair and studio mix.

    In a band about the outline each colour is taken for a mixture of the studio's and of the
    person's nearby; where the two are alike the coarse matte stands.
    """
    inside = (person > 0.5).astype(np.uint8)
    core = cv2.erode(inside, _disc(7)).astype(np.float32)
    near = spread(image, core)
    across = near - behind
    length = (across**2).sum(-1)
    mixed = np.clip(((image - behind) * across).sum(-1) / np.maximum(length, 1.0), 0, 1)
    trust = np.clip((np.sqrt(length) - 40) / 60, 0, 1)
    band = _soft(cv2.dilate(inside, _disc(9)), 2.0) * (1 - _soft(core.astype(np.uint8), 1.5))
    alpha = person + (mixed - person) * trust * band
    alpha = np.clip((alpha - 0.08) / 0.84, 0, 1)
    clean = (image - behind * (1 - alpha)[..., None]) / np.maximum(alpha, 0.25)[..., None]
    solid = np.clip((alpha - 0.25) / 0.5, 0, 1)[..., None]
    colour = near + (np.clip(clean, 0, 255) - near) * solid
    return alpha, colour


def _polygon(points: Floats) -> NDArray[np.uint8]:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask


def _disc(radius: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _soft(mask: NDArray[np.uint8], sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), np.float32)
