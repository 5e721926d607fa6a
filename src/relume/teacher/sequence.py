"""Short sequences from one portrait: the head turns, the face moves, the light wanders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import FOCAL, Camera
from .pairs import Pair, PairConfig, Shot, background, before, lit, other_camera, seen_from
from .portrait import MAP
from .reshape import expressed, random_change
from .scene import Scene

__all__ = ["SequenceConfig", "make_sequence", "turned"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SequenceConfig:
    """What moves in a sequence, and how well the tracker follows."""

    turn: float = 0.12
    """Standard deviation in radians of the head's turn from the first frame to the last."""
    move: float = 0.7
    """Share of sequences in which the expression changes."""
    wander: float = 0.5
    """Share of sequences in which the light on the input changes."""
    shake: float = 0.008
    """Standard deviation in radians, frame by frame, of the tracker's error of the head's turn."""
    slide: float = 0.004
    """The same of the head's place, in canonical units; three times as much in depth."""
    crop: float = 0.004
    """The same of the crop, as a share of its size; the camera that is told knows of it."""
    lapse: float = 0.1
    """Share of frames that are blurred, and that the tracker follows `slip` times as badly."""
    slip: float = 4.0
    """See `lapse`."""


def make_sequence(
    scene: Scene,
    rng: np.random.Generator,
    config: PairConfig,
    count: int,
    environments: NDArray[np.float64] | None = None,
    backdrop: Scene | None = None,
    motion: SequenceConfig | None = None,
) -> list[Pair]:
    """`count` frames of one person, about a 20th of a second apart.

    Each frame's `targets` is what one camera, the same for all frames, sees of the head as it is
    in that frame: where nothing but the head's pose, the light and the noise change, it is the
    same from frame to frame, and in canonical space the planes ought to be, too.

    Args:
        scene: the portrait.
        rng: all randomness.
        config: see `PairConfig`.
        count: frames, 2 or more.
        environments: [E, 9, 3] coefficients of real surroundings in the view frame.
        backdrop: another portrait, whose blurred photo may stand behind.
        motion: see `SequenceConfig`.
    """
    motion = motion or SequenceConfig()
    hard = bool(rng.random() < config.hard)
    lights = [lit(scene, rng, hard, environments, config)]
    if rng.random() < motion.wander:
        lights.append(lit(scene, rng, hard, environments, config))
    behind = background(rng, backdrop) if rng.random() < config.background else None
    shot = Shot.draw(rng, config)
    camera = other_camera(rng, config)
    path = _path(rng, count)
    angles = rng.normal(0, motion.turn, 2)[None] * (path - path[:1])[:, None]
    moves = rng.random() < motion.move
    change = random_change(rng, scene.expression) if moves else np.zeros_like(scene.expression)
    sway = _path(rng, count) if moves else np.zeros(count)
    mirror = rng.random() < 0.5
    out = []
    still = None
    for number in range(count):
        share = path[number] if len(lights) > 1 else 0.0
        linear = np.asarray(lights[0] + np.float32(share) * (lights[-1] - lights[0]), np.float32)
        if moves:
            now, linear = expressed(scene, change * np.float32(sway[number]), linear)
        else:
            now = scene
        if still is None or moves:
            still = seen_from(now, camera)
        alpha = now.alpha.astype(np.float32)
        if behind is not None:
            linear = before(linear, alpha, behind)
        linear, pose = turned(now, linear, *angles[number])
        taken, slip = replace(shot, shift=shot.shift + rng.normal(0, motion.crop, 2)), 1.0
        if rng.random() < motion.lapse:
            taken = replace(taken, blur=float(np.hypot(taken.blur, rng.uniform(1.0, 3.0))))
            slip = motion.slip
        picture, intrinsics = taken.take(linear, rng)
        rotation = _small(rng.normal(0, slip * motion.shake, 3)) @ pose[:3, :3]
        slide = rng.normal(0, slip * motion.slide, 3) * (1, 1, 3)
        pair = Pair(
            picture,
            rotation.astype(np.float32),
            (pose[:3, 3] + slide).astype(np.float32),
            intrinsics,
            (still,),
        )
        out.append(pair.mirrored() if mirror else pair)
    return out


def turned(
    scene: Scene, linear: Floats, yaw: float, pitch: float
) -> tuple[Floats, NDArray[np.float64]]:
    """A picture of the head turned a little, by bending it along the depth map.

    Good to about 0.2 rad: nothing is uncovered, what comes into view is stretched.

    Args:
        scene: the portrait.
        linear: [256, 256, 3] a picture of it.
        yaw, pitch: of the head, radians.

    Returns:
        the picture and its pose, canonical to camera coordinates [4, 4].
    """
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = scene.rotation, scene.shift
    if yaw == 0.0 and pitch == 0.0:
        return linear, pose
    camera = Camera.from_pose(scene.rotation, scene.shift).turned(yaw, pitch, 0.0)
    turn = np.eye(4)
    turn[:3, :3] = camera.rotation.T
    turn[:3, 3] = -camera.rotation.T @ camera.position
    # Coarse and smooth: the silhouette drags its surroundings along.
    step = 4
    depth = cv2.resize(scene.depth, (MAP // step, MAP // step), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(
        scene.alpha.astype(np.float32), depth.shape[::-1], interpolation=cv2.INTER_AREA
    )
    n = depth.shape[0]
    at = ((np.arange(n) + 0.5) / n - 0.5) / FOCAL
    x, y = np.meshgrid(at, at)
    local = np.stack([x, y, np.ones_like(x)], -1) * depth[..., None]
    points = (local - scene.shift) @ scene.rotation
    there = points @ turn[:3, :3].T + turn[:3, 3]
    flow = (there[..., :2] / there[..., 2:] - np.stack([x, y], -1)) * FOCAL * MAP
    weight = (alpha > 0.5).astype(np.float32)
    flow = (flow * weight[..., None]).astype(np.float32)
    wide = cv2.GaussianBlur(weight, (0, 0), 4.0)[..., None]
    flow = np.where(
        weight[..., None] > 0, flow, cv2.GaussianBlur(flow, (0, 0), 4.0) / (wide + 0.02)
    )
    flow = cv2.resize(np.asarray(flow, np.float32), (MAP, MAP), interpolation=cv2.INTER_LINEAR)
    v, u = np.mgrid[:MAP, :MAP].astype(np.float32)

    def fetched(image: NDArray[Any], by: NDArray[Any]) -> NDArray[Any]:
        x, y = u + by[..., 0], v + by[..., 1]
        found = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)

    back = -flow
    for _ in range(3):  # the flow starts where the pixel came from
        back = -fetched(flow, back)
    return fetched(linear, back), turn


def _path(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """[count] a smooth way within 0..1: rests, moves off, or turns back."""
    t = np.arange(count) / 5
    start, speed = rng.uniform(0, 1), rng.uniform(0.1, 0.9)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (start + speed * t)))


def _small(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    rotation, _ = cv2.Rodrigues(angles)
    return np.asarray(rotation)
