"""A taught portrait made ready for drawing pairs from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import codes_to_linear, luminance
from ..geometry import FOCAL
from .portrait import EXTENDED, MAP, Portrait

__all__ = ["Scene", "shrunk", "warped"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scene:
    """Maps of one portrait, [256, 256, ...], float16 to save memory; convert before computing.

    Attributes:
        linear: the photo in linear light.
        albedo: linear albedo.
        transfer: radiance transfer in the head frame.
        depth: float32 along the camera's axis.
        normals: head frame.
        alpha: 0..1.
        skin: bool, skin of the fitted face.
        rotation: [3, 3] float64 canonical to camera coordinates.
        shift: [3] float64, camera = rotation @ canonical + shift.
        light: [9, 3] source light in the head frame.
        identity: [40] coefficients of `HeadModel`.
        expression: [47] coefficients of `HeadModel`.
        trust: how far the photo may be believed when seen from elsewhere: 0 at grazing angles.
        told: how far the photo may be believed from here: 1, but where a turned portrait is drawn
            out (`relume.teacher.turn`).
        own: albedo and transfer, [128, 128, 12], the target in the portrait's own view.
        own_depth: [128, 128].
        own_alpha: [128, 128].
    """

    linear: NDArray[np.float16]
    albedo: NDArray[np.float16]
    transfer: NDArray[np.float16]
    depth: Floats
    normals: NDArray[np.float16]
    alpha: NDArray[np.float16]
    skin: NDArray[np.bool_]
    rotation: NDArray[np.float64]
    shift: NDArray[np.float64]
    light: Floats
    identity: Floats
    expression: Floats
    trust: NDArray[np.float16]
    told: NDArray[np.float16]
    own: NDArray[np.float16]
    own_depth: Floats
    own_alpha: NDArray[np.float16]

    @classmethod
    def of(cls, portrait: Portrait) -> Scene:
        """From the teacher's result."""
        small = cv2.resize(portrait.picture, (MAP, MAP), interpolation=cv2.INTER_AREA)
        camera = portrait.view
        rotation = camera.rotation.T
        alpha = portrait.alpha.astype(np.float32) / np.float32(255)
        shift = -rotation @ camera.position
        local = _unprojected(portrait.depth) @ rotation  # canonical, from the camera's position
        towards = -local / np.linalg.norm(local, axis=2, keepdims=True)
        facing = (portrait.normals.astype(np.float32) * towards).sum(2)
        trust = np.clip((facing - 0.05) / 0.35, 0.0, 1.0)
        maps = np.concatenate([portrait.albedo, portrait.transfer], 2).astype(np.float32)
        return cls(
            codes_to_linear(small).astype(np.float16),
            portrait.albedo,
            portrait.transfer,
            portrait.depth,
            portrait.normals,
            alpha.astype(np.float16),
            (portrait.region < EXTENDED) & (portrait.region != 1),
            np.asarray(rotation),
            np.asarray(shift),
            portrait.light,
            portrait.identity,
            portrait.expression,
            trust.astype(np.float16),
            np.ones_like(trust, np.float16),
            shrunk(maps).astype(np.float16),
            shrunk(portrait.depth),
            shrunk(alpha).astype(np.float16),
        )

    @classmethod
    def load(cls, path: Path) -> Scene:
        """From a taught portrait's file.

        Raises:
            InputError: it can't be read.
        """
        return cls.of(Portrait.load(path))

    def grey(self) -> Scene:
        """The same person without colour."""
        photo, albedo = (
            luminance(maps.astype(np.float32))[..., None].repeat(3, 2)
            for maps in (self.linear, self.albedo)
        )
        return self.coloured(photo, albedo)

    def coloured(self, linear: Floats, albedo: Floats) -> Scene:
        """The same shape in another photo [256, 256, 3], linear, and of another albedo."""
        own = np.concatenate([shrunk(albedo), self.own[..., 3:]], 2)
        return replace(
            self,
            linear=linear.astype(np.float16),
            albedo=albedo.astype(np.float16),
            own=own.astype(np.float16),
        )

    def carried(
        self, move: Callable[[NDArray[Any]], Floats], depth: Floats, alpha: Floats, **others: Any
    ) -> Scene:
        """The same person with every pixel elsewhere; transfer and normals stay as they are.

        Args:
            move: takes maps [256, 256(, C)] to where they go.
            depth, alpha: [256, 256], as they are there.
            others: attributes that change besides.
        """
        albedo, transfer = move(self.albedo), move(self.transfer)
        moved: dict[str, Any] = {
            "linear": move(self.linear).astype(np.float16),
            "albedo": albedo.astype(np.float16),
            "transfer": transfer.astype(np.float16),
            "depth": depth,
            "normals": move(self.normals).astype(np.float16),
            "alpha": alpha.astype(np.float16),
            "skin": move(self.skin) > 0.5,
            "trust": move(self.trust).astype(np.float16),
            "own": shrunk(np.concatenate([albedo, transfer], 2)).astype(np.float16),
            "own_depth": shrunk(depth),
            "own_alpha": shrunk(alpha).astype(np.float16),
        }
        return replace(self, **(moved | others))

    def points(self, where: NDArray[np.int64]) -> Floats:
        """[N, 3] canonical positions of the pixels `where` [N], indices into the flat map."""
        local = _unprojected(self.depth).reshape(-1, 3)[where]
        return np.asarray((local - self.shift) @ self.rotation, np.float32)


def _unprojected(depth: Floats) -> NDArray[np.float64]:
    """[N, N, 3] camera coordinates of a depth map's pixels."""
    n = depth.shape[0]
    at = ((np.arange(n) + 0.5) / n - 0.5) / FOCAL
    x, y = np.meshgrid(at, at)
    return np.asarray(np.stack([x, y, np.ones_like(x)], -1) * depth[..., None])


def shrunk(maps: NDArray[np.floating]) -> Floats:
    """Maps [256, 256(, C)] at half their size."""
    size = (MAP // 2, MAP // 2)
    source = np.ascontiguousarray(maps, np.float32).reshape(MAP, MAP, -1)
    # OpenCV resizes at most four channels at once.
    parts = [
        cv2.resize(source[..., i : i + 3], size, interpolation=cv2.INTER_AREA)
        for i in range(0, source.shape[2], 3)
    ]
    out = np.concatenate([part.reshape(*size, -1) for part in parts], 2)
    return np.asarray(out.reshape(*size, *maps.shape[2:]), np.float32)


def warped(maps: NDArray[np.generic], x: Floats, y: Floats) -> Floats:
    """Maps [256, 256(, C)] looked up at columns x and rows y [256, 256]; the border goes on."""
    source = maps.astype(np.float32).reshape(MAP, MAP, -1)
    # OpenCV looks up at most four channels at once.
    parts = [
        cv2.remap(source[..., i : i + 3], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for i in range(0, source.shape[2], 3)
    ]
    return np.concatenate([p.reshape(MAP, MAP, -1) for p in parts], 2).reshape(maps.shape)
