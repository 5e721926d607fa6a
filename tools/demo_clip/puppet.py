"""Drawing one frame: every layer moved, lit and laid over the one behind."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from relume.compose import to_linear, to_srgb
from relume.light import sh_rotation
from relume.render import rasterise

from .anatomy import SHAPES, Anatomy
from .layers import Layers
from .openings import (
    closing,
    mouth_inside,
    mouth_zone,
    over_openings,
    shade,
    shut_lids,
    skin_mask,
)
from .performance import Moment
from .portrait import EYES, HEIGHT, NECK, WIDTH

__all__ = ["Puppet"]

Floats = NDArray[np.float32]

PIVOT = np.array([-5.0, 45.0, -45.0])  # the neck's upper joint, from the anatomy's centre
_WINDOW = (slice(0, 620), slice(310, 850))  # rows and columns that the head ever reaches


class Puppet:
    """The photograph's person, to be posed."""

    def __init__(self, picture: NDArray[np.uint8], layers: Layers, anatomy: Anatomy) -> None:
        self._layers = layers
        self._anatomy = anatomy
        image = picture.astype(np.float32)
        self._whole = skin_mask()
        self._skin = np.dstack([over_openings(layers.head, self._whole), layers.head_alpha])
        self._lids = np.dstack([shut_lids(layers.head) - layers.head, 0 * layers.head_alpha])
        self._inside = np.where(mouth_zone()[..., None], mouth_inside(image), image)
        self._sheet = _Grid(layers.head_alpha > 0.01, 5)
        zone = cv2.dilate((self._whole < 0.9).astype(np.uint8), np.ones((45, 31))) > 0
        self._openings = _Grid(zone, 1)
        self._fields = closing()

    def draw(self, moment: Moment) -> Floats:
        """One frame, float32 [H, W, 3], 0..255."""
        body, alpha = self._body(moment)
        frame = self._layers.studio
        frame = frame + (body - frame) * alpha[..., None]
        part = frame[_WINDOW]
        neck, alpha = self._neck(moment)
        part = part + (neck - part) * alpha[..., None]

        source, ratio, drawn = self._cast(self._sheet, moment, expression=True)
        skin = _sample(self._skin + self._lids * np.float32(moment.blink), source)
        alpha = np.clip(skin[..., 3], 0, 1) * drawn
        open_ = 1 - _sample(self._whole, source, cv2.INTER_LINEAR)
        under, _, there = self._cast(self._openings, moment, expression=False)
        inside = _sample(self._inside, self._look(under, moment))
        shut = np.where(mouth_zone(), shade(moment.close), shade(moment.blink))
        inside *= 1 - shut[_WINDOW][..., None] * np.float32([0.75, 0.85, 0.85])
        face = skin[..., :3] + (inside - skin[..., :3]) * (open_ * there)[..., None]
        lit = to_srgb(to_linear(np.clip(face / 255, 0, 1)) * ratio[..., None]) * 255
        frame[_WINDOW] = part + (lit - part) * alpha[..., None]
        return np.asarray(frame, np.float32)

    def _move(self, points: NDArray[np.float64], moment: Moment) -> NDArray[np.float64]:
        """Points [..., 3] of the head, view axes about the anatomy's centre, in the new pose."""
        shift = np.array([moment.x, moment.y, moment.z])
        return np.asarray((points - PIVOT) @ _rotation(moment).T + PIVOT + shift)

    def _cast(self, grid: _Grid, moment: Moment, expression: bool) -> tuple[Floats, Floats, Floats]:
        """Where each pixel of the frame finds its colour [h, w, 2], how much brighter it has
        become [h, w] (linear), and whether it is on the surface, all over `_WINDOW`."""
        a = self._anatomy
        x, y = grid.x, grid.y
        z = a.depth[y, x].astype(np.float64)
        at = np.stack([x - a.centre[0], y - a.centre[1], np.zeros_like(z)], 1)
        at[:, :2] *= ((a.distance - z) / a.distance)[:, None]
        at[:, 2] = z if expression else z - 5.0
        if expression:
            for name, weight in self._weights(moment).items():
                at += weight * a.shapes[SHAPES.index(name)][y, x]
            for name, weight in (("blink", moment.blink), ("close", moment.close)):
                at[:, 1] += weight * self._fields[name][y, x]
        now = self._move(at, moment)
        k = a.distance / (a.distance - now[:, 2])
        points = now[:, :2] * k[:, None] + a.centre + 0.5

        flip = np.diag([1.0, -1.0, 1.0])
        back = flip @ _rotation(moment).T @ flip
        turned = sh_rotation(back) @ a.light
        transfer = a.transfer[y, x]
        ratio = np.maximum(transfer @ turned, 0.2) / np.maximum(transfer @ a.light, 0.2)
        values = np.stack([x, y, np.clip(ratio, 0.6, 1.6)], 1)
        depth = -now[:, 2]
        if expression:  # skin hides an opening that it has closed over
            depth = depth + 40.0 * (1 - self._whole[y, x])
        rows, columns = _WINDOW
        size = (columns.stop - columns.start, rows.stop - rows.start)
        image, hit = rasterise(
            points - (columns.start, rows.start), depth, grid.faces, values, size
        )
        soft = np.clip(2 * cv2.GaussianBlur(hit.astype(np.float32), (0, 0), 0.8) - 1, 0, 1)
        return image[..., :2], np.where(hit, image[..., 2], np.float32(1)), soft

    @staticmethod
    def _weights(moment: Moment) -> dict[str, float]:
        return {
            "jawOpen": 0.6 * moment.jaw,
            "mouthFunnel": moment.funnel,
            "mouthPucker": moment.pucker,
            "mouthSmile": moment.smile,
            "browInnerUp": 0.5 * moment.brow,
            "browOuterUp": 0.6 * moment.brow,
            "cheekSquint": 0.15 * max(moment.blink - 0.3, 0.0),
        }

    def _look(self, source: Floats, moment: Moment) -> Floats:
        """Turn the eyeballs: shift what is seen near each iris."""
        out = source.copy()
        for eye in EYES:
            away = (source[..., 0] - eye.iris[0]) ** 2 + (source[..., 1] - eye.iris[1]) ** 2
            weight = np.exp(-((away / 13.0**2) ** 2))
            out[..., 0] -= 17 * np.sin(moment.gaze_x) * weight
            out[..., 1] -= 17 * np.sin(moment.gaze_y) * weight
        return out

    def _body(self, moment: Moment) -> tuple[Floats, Floats]:
        matrix = _swing(moment)
        picture = np.dstack([self._layers.body, self._layers.body_alpha])
        moved = cv2.warpAffine(
            picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return moved[..., :3], np.clip(moved[..., 3], 0, 1)

    def _neck(self, moment: Moment) -> tuple[Floats, Floats]:
        """The neck follows the head at its top and the body at its foot."""
        a = self._anatomy
        matrix = _swing(moment)
        rows, columns = _WINDOW
        top, bottom, left, right = 300, 580, 420, 700
        grid = np.stack(np.meshgrid(np.arange(left, right), np.arange(top, bottom)), -1) * 1.0
        across = np.clip((grid[..., 0] - NECK[:, 0].mean()) / 110, -1, 1)
        z = -75 + 80 * np.sqrt(1 - across**2)

        def shift(at: NDArray[np.float64]) -> NDArray[np.float64]:
            head = np.dstack([at - a.centre, z])
            head[..., :2] *= ((a.distance - z) / a.distance)[..., None]
            head = self._move(head, moment)
            k = a.distance / (a.distance - head[..., 2])
            with_head = head[..., :2] * k[..., None] + a.centre - at
            with_body = at @ matrix[:, :2].T + matrix[:, 2] - at
            t = np.clip((560 - at[..., 1]) / (560 - 360), 0, 1)
            follow = (0.93 * t * t * (3 - 2 * t))[..., None]
            return np.asarray(with_body + follow * (with_head - with_body))

        source = grid
        for _ in range(4):
            source = grid - shift(source)
        picture = np.dstack([self._layers.neck, self._layers.neck_alpha])
        moved = np.zeros((rows.stop - rows.start, columns.stop - columns.start, 4), np.float32)
        moved[
            top - rows.start : bottom - rows.start, left - columns.start : right - columns.start
        ] = _sample(picture, source.astype(np.float32))
        return moved[..., :3], np.clip(moved[..., 3], 0, 1)


class _Grid:
    """A mesh over a part of the frame: pixels x, y [N] and triangles [F, 3]."""

    def __init__(self, zone: NDArray[np.bool_], margin: int) -> None:
        zone = cv2.dilate(zone.astype(np.uint8), np.ones((2 * margin + 1,) * 2)) > 0
        number = np.full(zone.shape, -1)
        number[zone] = np.arange(zone.sum())
        a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
        faces = np.concatenate(
            [np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)]
        )
        self.faces = faces[(faces >= 0).all(1)]
        self.y, self.x = np.nonzero(zone)


def _rotation(moment: Moment) -> NDArray[np.float64]:
    """Turn of the head, view axes: x right, y down, z nearer."""
    c, s = np.cos(moment.yaw), np.sin(moment.yaw)
    yaw = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = np.cos(moment.pitch), np.sin(moment.pitch)
    pitch = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    c, s = np.cos(moment.roll), np.sin(moment.roll)
    roll = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return np.asarray(roll @ yaw @ pitch)


def _swing(moment: Moment) -> NDArray[np.float64]:
    """[2, 3] the body's small movement, about a point below the frame."""
    c, s = np.cos(moment.body_roll), np.sin(moment.body_roll)
    linear = np.array([[c, -s], [s, c]])
    about = np.array([560.0, 1000.0])
    shift = about - linear @ about + (moment.body_x, moment.body_y)
    return np.concatenate([linear, shift[:, None]], 1)


def _sample(picture: Floats, at: Floats, how: int = cv2.INTER_CUBIC) -> Floats:
    x = np.ascontiguousarray(at[..., 0], np.float32)
    y = np.ascontiguousarray(at[..., 1], np.float32)
    return np.asarray(cv2.remap(picture, x, y, how, borderMode=cv2.BORDER_REPLICATE), np.float32)
