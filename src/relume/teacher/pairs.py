"""Training pairs: a person under some light from here, and what is true of them from there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import luminance, to_srgb
from ..geometry import FOCAL, Camera, orthonormal
from ..light import sh_rotation
from ..light.sh import ODD_IN_X
from ..render import raised
from .kernels import lamp_shading, shadow, splat
from .lights import random_colour, random_cover, random_environment, random_lamp
from .portrait import MAP
from .scene import Scene, shrunk
from .turn import seen_turned

__all__ = [
    "Pair",
    "PairConfig",
    "Shot",
    "Target",
    "background",
    "before",
    "from_any_side",
    "lit",
    "make_pair",
    "other_camera",
    "scenery",
    "seen_from",
]

Floats = NDArray[np.float32]

_MIRROR = np.diag([-1.0, 1.0, 1.0]).astype(np.float32)

_BROAD = 10.0
"""Pixels of the target maps from which on a head's shape is no relief."""

_HIGHEST = np.log(2.2)
"""The largest natural logarithm of the factor by which relief is raised."""

TARGET = 128
"""Side of the target maps in pixels."""


@dataclass(frozen=True)
class PairConfig:
    """What the pairs are like."""

    photo: float = 0.15
    """Share of inputs that are the photo itself, under its own light."""
    hard: float = 0.65
    """Share of the others that have lamps with cast shadows and highlights."""
    covered: float = 0.0
    """Share of those lamps that something outside of the picture stands before in part."""
    relief: float = 0.0
    """Share of those lamps whose shadows a nose and brows up to 2.2 times as high throw: fitted
    heads have low ones."""
    max_yaw: float = 0.6
    """Largest yaw of the second camera in radians."""
    max_pitch: float = 0.4
    """Largest pitch of the second camera in radians."""
    jitter: float = 0.08
    """Largest shift of the input's crop, as a share of its size."""
    zoom: float = 0.15
    """Largest change of the input's crop in size."""
    background: float = 0.6
    """Share of inputs whose background is replaced."""
    damage: bool = True
    """Noise, blur and compression on the input."""
    turned: float = 0.0
    """Share of inputs that show the head from another side, up to 0.5 rad in yaw and 0.25 in pitch
    from the portrait's own: portraits look at the camera, people in videos don't always."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is true of a person from one camera; maps are [128, 128, ...].

    Attributes:
        rotation, shift: canonical to camera coordinates; focal `FOCAL`, centred.
        albedo: [.., 3] linear.
        transfer: [.., 9] head frame.
        depth: along the camera's axis.
        known: 0..1 how far the photo tells albedo, transfer and depth here.
        alpha: 0..1 the person's share.
        alpha_known: 0..1 how far the photo tells it.
    """

    rotation: Floats
    shift: Floats
    albedo: Floats
    transfer: Floats
    depth: Floats
    known: Floats
    alpha: Floats
    alpha_known: Floats

    def mirrored(self) -> Target:
        """Left and right exchanged."""
        return Target(
            _mirror(self.rotation),
            np.asarray(_MIRROR @ self.shift, np.float32),
            self.albedo[:, ::-1],
            self.transfer[:, ::-1] * ODD_IN_X,
            self.depth[:, ::-1],
            self.known[:, ::-1],
            self.alpha[:, ::-1],
            self.alpha_known[:, ::-1],
        )


@dataclass(frozen=True, eq=False)
class Pair:
    """An input and its targets.

    Attributes:
        picture: uint8 [256, 256, 3] the input, sRGB-coded.
        rotation, shift: canonical to the input's camera coordinates.
        intrinsics: [3] focal length and principal point in units of the picture's size.
        targets: the input's own view (uncropped) and another.
    """

    picture: NDArray[np.uint8]
    rotation: Floats
    shift: Floats
    intrinsics: Floats
    targets: tuple[Target, ...]

    def mirrored(self) -> Pair:
        """Left and right exchanged."""
        focal, x, y = self.intrinsics
        return Pair(
            self.picture[:, ::-1],
            _mirror(self.rotation),
            np.asarray(_MIRROR @ self.shift, np.float32),
            np.array([focal, 1 - x, y], np.float32),
            tuple(t.mirrored() for t in self.targets),
        )


def make_pair(
    scene: Scene,
    rng: np.random.Generator,
    config: PairConfig,
    environments: NDArray[np.float64] | None = None,
    backdrop: Scene | None = None,
    *,
    mirrors: bool = True,
) -> Pair:
    """One random pair of a portrait.

    Args:
        scene: the portrait.
        rng: all randomness.
        config: see `PairConfig`.
        environments: [E, 9, 3] coefficients of real surroundings in the view frame.
        backdrop: another portrait, whose blurred photo may stand behind.
        mirrors: whether left and right are exchanged in half of the pairs.
    """
    seen = from_any_side(scene, rng, config)
    linear = scenery(seen, rng, config, environments, backdrop)
    picture, intrinsics = Shot.draw(rng, config).take(linear, rng)
    targets = (own_view(seen), seen_from(scene, other_camera(rng, config)))
    pair = Pair(
        picture,
        seen.rotation.astype(np.float32),
        seen.shift.astype(np.float32),
        intrinsics,
        targets,
    )
    return pair.mirrored() if mirrors and rng.random() < 0.5 else pair


def from_any_side(scene: Scene, rng: np.random.Generator, config: PairConfig) -> Scene:
    """The portrait, or the same person turned at random; see `PairConfig.turned`."""
    if config.turned > 0 and rng.random() < config.turned:
        return seen_turned(scene, float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.25, 0.25)))
    return scene


def scenery(
    scene: Scene,
    rng: np.random.Generator,
    config: PairConfig,
    environments: NDArray[np.float64] | None = None,
    backdrop: Scene | None = None,
) -> Floats:
    """[256, 256, 3] linear: what a camera is to take a picture of; see `make_pair`."""
    if rng.random() < config.photo:
        linear = scene.linear.astype(np.float32)
    else:
        hard = bool(rng.random() < config.hard)
        linear = lit(scene, rng, hard, environments, config)
    if rng.random() < config.background or scene.told.min() < 1:
        linear = before(linear, scene.alpha.astype(np.float32), background(rng, backdrop))
    return linear


def other_camera(rng: np.random.Generator, config: PairConfig) -> Camera:
    """A random camera around the head."""
    yaw = float(rng.uniform(-config.max_yaw, config.max_yaw))
    pitch = float(rng.uniform(-config.max_pitch, config.max_pitch))
    roll = float(rng.normal(0, 0.06))
    return Camera.look_at(yaw, pitch, roll, radius=float(rng.uniform(2.55, 2.85)))


def lit(
    scene: Scene,
    rng: np.random.Generator,
    hard: bool,
    environments: NDArray[np.float64] | None = None,
    config: PairConfig | None = None,
) -> Floats:
    """[256, 256, 3] linear: the person under a random light, mean skin as bright as in the photo.

    A hard light is one to three lamps with shadows cast by marching the depth map, a highlight
    each, and a dimmer smooth fill; a soft one is smooth surroundings alone.
    """
    transfer = scene.transfer.astype(np.float32)
    view_to_head = scene.rotation.T @ np.diag([1.0, -1.0, -1.0])
    smooth = sh_rotation(orthonormal(view_to_head)) @ random_environment(rng, environments)
    shading = np.maximum(transfer @ smooth.astype(np.float32), 0.0)
    gloss = np.zeros_like(shading)
    if hard:
        shading *= np.exp(rng.uniform(np.log(0.04), np.log(0.6))) / max(float(shading.mean()), 1e-3)
        to_camera = scene.rotation.T.astype(np.float32)
        normals = scene.normals.astype(np.float32) @ to_camera  # camera coordinates
        for _ in range(1 + int(rng.random() < 0.45) + int(rng.random() < 0.15)):
            diffuse, shine = _lamp(scene, normals, rng, config or PairConfig())
            shading += diffuse
            gloss += shine
    skin = scene.skin
    level = luminance(shading[skin]).mean() if skin.any() else 1.0
    scale = 1.0 / max(float(level), 0.05)
    floor = 0.02
    linear = scene.albedo.astype(np.float32) * np.maximum(shading * scale, floor)
    linear += gloss * np.float32(scale)
    own = scene.linear.astype(np.float32)
    alpha = scene.alpha.astype(np.float32)[..., None]
    return np.asarray(alpha * linear + (1 - alpha) * own, np.float32)


def _lamp(
    scene: Scene, normals: Floats, rng: np.random.Generator, config: PairConfig
) -> tuple[Floats, Floats]:
    """Diffuse shading and highlight [256, 256, 3] of one random lamp, shadows cast."""
    lamp = random_lamp(rng)
    half = MAP // 2
    solid = scene.own_alpha > 0.5
    jitter = rng.random((half, half)).astype(np.float32)
    origin = np.array([0, 0, scene.shift[2] if lamp.near else 0])  # of the head, camera frame
    cover = None
    if config.covered > 0 and rng.random() < config.covered:
        cover = random_cover(rng, half)
    depth = scene.own_depth
    if config.relief > 0 and rng.random() < config.relief:
        depth = raised(depth, solid, float(np.exp(rng.uniform(0, _HIGHEST))), _BROAD)
    diffuse = np.zeros((MAP, MAP), np.float32)
    shine = np.zeros((MAP, MAP), np.float32)
    for spot in lamp.at:
        at = (spot * np.array([1, -1, -1]) + origin).astype(np.float32)
        sharp = shadow(depth, solid, at, lamp.near, FOCAL, 28, jitter)
        if cover is not None:
            sharp = sharp * cover
        seen = cv2.resize(cv2.GaussianBlur(sharp, (0, 0), 0.8), (MAP, MAP))
        distance = float(np.linalg.norm(spot))
        lamp_shading(
            scene.depth, normals, at, lamp.near, distance, np.asarray(seen, np.float32),
            scene.skin, lamp.sharpness, FOCAL, diffuse, shine,
        )  # fmt: skip
    share = np.float32(1 / len(lamp.at))
    shine = np.minimum(shine * (share * np.float32(lamp.gloss)), 1.5)
    return (share * diffuse)[..., None] * lamp.colour, shine[..., None] * lamp.colour


def before(linear: Floats, alpha: Floats, behind: Floats) -> Floats:
    """The person [256, 256, 3] in front of another background."""
    a = alpha[..., None]
    return np.asarray(a * linear + (1 - a) * behind, np.float32)


def background(rng: np.random.Generator, backdrop: Scene | None) -> Floats:
    """[256, 256, 3] linear: a plain colour, a gradient, or another photo out of focus."""
    kind = rng.random()
    if kind < 0.4 and backdrop is not None:
        picture = backdrop.linear.astype(np.float32)
        if rng.random() < 0.5:
            picture = np.ascontiguousarray(picture[::-1])
        blurred = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(1, 14)))
        return np.asarray(blurred * rng.uniform(0.3, 1.3), np.float32)
    colours = rng.random((4, 3)) ** 2 * rng.uniform(0.05, 1.0)
    if kind < 0.7:
        colours[1:] = colours[0]
    corners = colours.reshape(2, 2, 3).astype(np.float32)
    return np.asarray(cv2.resize(corners, (MAP, MAP), interpolation=cv2.INTER_LINEAR))


@dataclass(frozen=True, eq=False)
class Shot:
    """How a scene becomes the picture that comes in: what a camera, its operator and a file do.

    Attributes:
        exposure: [3] factor of each channel: exposure and white balance.
        zoom: width of the crop over the whole.
        shift: [2] how far the crop lies off the middle, as a share of the whole.
        blur: standard deviation in pixels; 0 for none.
        noise: standard deviation of black in linear light; 0 for none.
        quality: of JPEG compression; 0 for none.
    """

    exposure: Floats
    zoom: float
    shift: NDArray[np.float64]
    blur: float = 0.0
    noise: float = 0.0
    quality: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator, config: PairConfig) -> Shot:
        """A random one."""
        exposure = np.exp(rng.normal(0, 0.3)) * random_colour(rng, 0.1)
        zoom = float(np.exp(rng.uniform(-config.zoom, config.zoom)))
        shift = rng.uniform(-config.jitter, config.jitter, 2)
        hit = rng.random(3) < (0.3, 0.4, 0.3)
        blur, noise = float(rng.uniform(0.4, 1.6)), float(rng.uniform(0.002, 0.02))
        quality = int(rng.integers(25, 85))
        if not config.damage:
            hit[:] = False
        return cls(
            exposure.astype(np.float32), zoom, shift,
            blur if hit[0] else 0.0, noise if hit[1] else 0.0, quality if hit[2] else 0,
        )  # fmt: skip

    @property
    def _middle(self) -> NDArray[np.float64]:
        return np.asarray((1 - self.zoom) * 0.5 + self.shift, np.float64)

    def cropped(self, maps: Floats) -> Floats:
        """Maps [256, 256(, C)] of the scene, C up to 4, as the crop has them."""
        zoom, middle = self.zoom, self._middle
        matrix = np.array(
            [
                [zoom, 0, middle[0] * MAP + (zoom - 1) * 0.5],
                [0, zoom, middle[1] * MAP + (zoom - 1) * 0.5],
            ]
        )
        cropped = cv2.warpAffine(maps, matrix, (MAP, MAP), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cropped, np.float32)

    def take(self, linear: Floats, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Floats]:
        """The picture uint8 [256, 256, 3], and its [3] focal length and principal point.

        Args:
            linear: [256, 256, 3] in linear light.
            rng: of the noise.
        """
        zoom, middle = self.zoom, self._middle
        intrinsics = np.array([FOCAL * zoom, zoom * 0.5 + middle[0], zoom * 0.5 + middle[1]])
        linear = self.cropped(linear * self.exposure)
        if self.blur:
            linear = np.asarray(cv2.GaussianBlur(linear, (0, 0), self.blur), np.float32)
        if self.noise:
            noise = rng.standard_normal(linear.shape, np.float32)
            variance = self.noise**2 + 0.02 * self.noise * np.maximum(linear, 0)
            linear = linear + noise * np.sqrt(variance)
        coded = to_srgb(np.asarray(np.clip(linear, 0, 1), np.float32))
        picture = np.asarray(coded * 255 + 0.5, np.uint8)
        if self.quality:
            bgr = np.ascontiguousarray(picture[..., ::-1])
            done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            if done:
                bgr = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
                picture = np.ascontiguousarray(bgr[..., ::-1])
        return picture, intrinsics.astype(np.float32)


def own_view(scene: Scene) -> Target:
    """The target from the portrait's own camera."""

    maps = scene.own.astype(np.float32)
    alpha = scene.own_alpha.astype(np.float32)
    told = shrunk(scene.told)
    near = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((9, 9), np.uint8))
    return Target(
        scene.rotation.astype(np.float32),
        scene.shift.astype(np.float32),
        maps[..., :3],
        maps[..., 3:],
        scene.own_depth,
        (alpha > 0.6) * told,
        alpha,
        np.where(near > 0, told, np.float32(1)),
    )


def seen_from(scene: Scene, camera: Camera) -> Target:
    """The target from another camera, by splatting; `known` says what the photo shows of it."""
    where = np.flatnonzero(scene.alpha > 0.6)
    rotation = camera.rotation.T
    shift = -rotation @ camera.position
    local = (scene.points(where) @ rotation.T + shift).astype(np.float32)
    maps = (scene.albedo, scene.transfer, scene.trust[..., None])
    values = np.concatenate([m.reshape(MAP * MAP, -1)[where] for m in maps], 1)
    out, depth, weight = splat(local, values.astype(np.float32), FOCAL, TARGET, 0.02)
    covered = weight > 0.25
    known = covered * out[..., 12] * np.minimum(weight, 1.0)
    reach = np.ones((9, 9), np.uint8)
    outside = cv2.dilate((weight > 0.02).astype(np.uint8), reach) == 0
    return Target(
        rotation.astype(np.float32),
        shift.astype(np.float32),
        out[..., :3],
        out[..., 3:12],
        depth,
        known.astype(np.float32),
        covered.astype(np.float32),
        (covered | outside).astype(np.float32),
    )


def _mirror(rotation: Floats) -> Floats:
    return np.asarray(_MIRROR @ rotation @ _MIRROR, np.float32)
