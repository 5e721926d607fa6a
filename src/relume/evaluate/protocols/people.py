"""Short videos of made-up people, with everything known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compose import luminance, to_srgb
from ...face import Pose
from ...light import Light, direction_of, directional, sh_basis
from ..clips import Clip, shared_tracker
from ..synthetic import (
    Drawn,
    Person,
    ShadowedHead,
    draw,
    highlights,
    random_person,
    sh_shading,
)

__all__ = ["Lighting", "MadeClip", "make_clip"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIZE = 288
_RATE = 25.0


@dataclass(frozen=True, eq=False)
class Lighting:
    """Smooth surroundings and perhaps a lamp with sharp shadows, camera frame.

    Attributes:
        smooth: the surroundings.
        lamp: unit direction [3], or None.
        strength: shading of what faces the lamp.
    """

    smooth: Light
    lamp: NDArray[np.float64] | None = None
    strength: float = 0.0

    @property
    def light(self) -> Light:
        """Both as nine coefficients."""
        if self.lamp is None:
            return self.smooth
        lobe = np.pi * self.strength * sh_basis(self.lamp)
        return Light(self.smooth.coefficients + lobe[:, None])


class MadeClip:
    """A made-up person who turns the head, before a wall.

    Args:
        seed: of everything about the person.
        frames: how many.
    """

    def __init__(self, seed: tuple[int, ...], frames: int) -> None:
        rng = np.random.default_rng(seed)
        self.person: Person = random_person(rng)
        self._head = ShadowedHead.of(self.person)
        self._transfer = self._head.transfer()
        yaw, pitch, roll = rng.uniform(-0.25, 0.25), rng.uniform(-0.15, 0.1), rng.normal(0, 0.03)
        swing, tempo = rng.uniform(0.05, 0.15, 2), rng.uniform(0.15, 0.4)
        t = np.arange(frames)
        middle = (SIZE - 1) / 2
        self.poses = [
            Pose(
                float(yaw + swing[0] * np.sin(tempo * k)),
                float(pitch + 0.4 * swing[1] * np.cos(tempo * k)),
                float(roll),
                float(middle + 4 * np.sin(0.5 * tempo * k)),
                float(middle),
                SIZE * 0.92,
            )
            for k in t
        ]
        wall = (rng.uniform(0.05, 0.4, (7, 7, 1)) * rng.uniform(0.8, 1.2, 3)).astype(np.float32)
        self._wall = cv2.resize(wall, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC).clip(0.02, 0.6)
        self._noise = int(rng.integers(2**31))
        self.source = _random_lighting(rng)
        self.target = _random_lighting(rng)

    def drawn(self, index: int, turn: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Drawn:
        """The truth of one frame, the camera turned."""
        pose = self.poses[index]
        camera = pose.camera.turned(*turn)
        yaw, pitch, _ = camera.yaw_pitch_roll
        seen = replace(pose, yaw=yaw, pitch=pitch)
        return draw(self.person, self._head, seen, (SIZE, SIZE), self._values(pose))

    def _values(self, pose: Pose) -> Floats:
        """Transfer, and both lamps' shading and highlights, at the vertices."""
        columns = [self._transfer]
        for lighting in (self.source, self.target):
            if lighting.lamp is None:
                columns.append(np.zeros((len(self._transfer), 2), np.float32))
                continue
            direction = pose.viewer.view_to_head @ lighting.lamp  # lamps keep to the first camera
            lamp = lighting.strength * self._head.diffuse(direction[None])
            shine = lighting.strength * highlights(self._head, pose, direction)
            columns.append(np.concatenate([lamp, self.person.gloss * shine[:, None]], 1))
        return np.concatenate(columns, 1)

    def linear(self, index: int, target: bool, turn: tuple[float, float, float]) -> Floats:
        """[S, S, 3] the frame in linear light, without noise."""
        drawn = self.drawn(index, turn)
        lighting = self.target if target else self.source
        at = 11 if target else 9
        viewer = self.poses[index].viewer
        smooth = sh_shading(drawn, lighting.smooth.to_head(viewer))
        picture = drawn.lit(
            smooth + drawn.shading[..., at : at + 1], drawn.shading[..., at + 1 : at + 2]
        )
        picture = np.where(drawn.alpha[..., None], picture * self._exposure(target), self._wall)
        return np.asarray(picture, np.float32)

    def _exposure(self, target: bool) -> float:
        lighting = self.target if target else self.source
        front = float(luminance(lighting.light.mean_shading()[None].astype(np.float32))[0])
        level = 0.28 / max(float(luminance(self.person.albedo).mean()), 0.05)
        return min(level, 4.0) / max(front, 0.05)

    def picture(self, index: int, target: bool, turn: tuple[float, float, float]) -> Pixels:
        """The frame as it looks: sRGB-coded, with the sensor's noise."""
        rng = np.random.default_rng([self._noise, index, int(target)])
        coded = to_srgb(self.linear(index, target, turn)) * 255
        return np.clip(np.rint(coded + rng.normal(0, 1.0, coded.shape)), 0, 255).astype(np.uint8)

    def frames(
        self, target: bool = False, turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> Iterator[Pixels]:
        """All frames, under the source's light or the target's."""
        for index in range(len(self.poses)):
            yield self.picture(index, target, turn)


def make_clip(made: MadeClip, name: str) -> Clip:
    """The made-up video as an input, tracked like any other.

    The tracker may lose it; then faces are None.
    """
    frames = list(made.frames())
    tracker = shared_tracker()
    times = [k / _RATE for k in range(len(frames))]
    found = [tracker.update(frame, time) for frame, time in zip(frames, times, strict=True)]
    faces = [f[0] if f else None for f in found]
    return Clip(name, (SIZE, SIZE), times, faces, lambda: iter(frames))


def _random_lighting(rng: np.random.Generator) -> Lighting:
    """Soft surroundings, and in two of three cases a lamp with sharp shadows."""
    total = Light.ambient() * float(rng.uniform(0.15, 0.5))
    for _ in range(2):
        direction = direction_of(rng.uniform(-1.6, 1.6), rng.uniform(-0.3, 1.0))
        softness, intensity = float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.1, 0.5))
        total = total + directional(direction, intensity=intensity, softness=softness)
    if rng.random() < 1 / 3:
        return Lighting(total)
    lamp = direction_of(rng.uniform(-1.2, 1.2), rng.uniform(-0.1, 0.9))
    return Lighting(total, lamp, float(rng.uniform(0.5, 1.2)))
