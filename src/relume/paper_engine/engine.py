"""The engine: one tracked face of one frame, drawn anew by the networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compose import GAMMA, block_of, cut, relit, scaled
from ..face import CROP, PersonMatte, TrackedFace
from ..geometry import Camera
from ..light import LUMINANCE, Light, to_dpr
from ..media import Picture
from ..media.inset import Box, Inset
from ..ratio import RatioEngine
from ..ratio.people import person_of
from .network import Network
from .plan import PaperPlan

__all__ = ["PaperEngine", "PaperEngineConfig"]

Floats = NDArray[np.float32]
Turn = tuple[float, float, float]


@dataclass(frozen=True)
class PaperEngineConfig:
    """What is remembered, and for how long."""

    unchanged: float = 10.0
    """Crop pixels by which a face may seem to move while the frame under it doesn't change: the
    tracker is unsure by 2 or 3, another face is farther away"""
    forget: float = 2.0
    """Seconds after which a face that is gone is forgotten"""
    blend: float = 1.0
    """Degrees of turn up to which a light of less than full amount lets the frame show through;
    beyond, where that would show two faces, the lights are mixed"""


@dataclass(frozen=True, eq=False)
class _Shot:
    """A face as it was encoded."""

    crop: NDArray[np.float64]  # to pixels of the network's picture
    box: Box
    pixels: NDArray[np.uint8]  # the frame's, under the crop
    camera: Camera
    viewer: Camera  # see `Pose.viewer`
    encoded: Any


@dataclass
class _Person:
    seen: float  # the networks keep the rest


class PaperEngine:
    """Relights by the published networks: albedo and shading planes, volume rendering.

    Every person has a history of frames, which steadies the video. What is not the person, and
    what the networks leave transparent, stays the frame's own. Not safe for use by several
    threads at once.

    The networks know grey light fixed to the head. A camera-frame light is therefore turned into
    the head's frame by the frame's own camera, and a coloured one tints the result by the mean
    colour that it has on a face.
    """

    def __init__(self, network: Network, config: PaperEngineConfig | None = None) -> None:
        self.config = config or PaperEngineConfig()
        self.network = network
        self._lights = RatioEngine()
        self._matte = PersonMatte()
        self._people: dict[int, _Person] = {}
        self._frame: tuple[Picture, float] | None = None
        self._shots: list[_Shot] = []
        self._last_shots: list[_Shot] = []

    def observe(self, picture: Picture, face: TrackedFace, time: float) -> Light:
        """The light that a face is filmed in, camera frame, this frame taken into account."""
        return self._lights.observe(picture, face, time)

    def plan(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: Turn = (0.0, 0.0, 0.0),
        amount: float = 1.0,
    ) -> PaperPlan | None:
        """The face drawn anew; see `RatioEngine.plan`."""
        self._begin(picture, face, time)
        amount = 0.0 if light is None else amount
        turn = (turn[0] * face.strength, turn[1] * face.strength, turn[2] * face.strength)
        through = (1.0 - amount) * self._blended(turn)
        if not face.strength > 0.0 or through >= 1.0:
            return None
        shot = self._shoot(picture, face)
        if shot is None:
            return None
        new = light.to_camera(shot.viewer) if light else None
        share = amount / (1.0 - through)
        if new is None or share < 0.999:
            own = self.observe(picture, face, time)
            new = own.lerp(new, share) if new else own
        camera = shot.camera.turned(*turn) if any(turn) else None
        drawn = self.network.next_frame(
            shot.encoded, camera or shot.camera, _for_networks(new, shot.viewer), face.id
        )
        image = _tinted(self.network.picture(drawn), new)
        crop = scaled(shot.crop, self.network.side, image.shape[0])
        return PaperPlan(
            crop,
            image,
            self.network.alpha(drawn),
            (1.0 - through) * face.strength,
            self._matte(picture, face, time),
            None if camera is None else _shifted(face, camera),
        )

    def _begin(self, picture: Picture, face: TrackedFace, time: float) -> None:
        """Forget who is gone, and what is remembered of a fresh face."""
        frame = picture.frame if isinstance(picture, Inset) else picture
        if self._frame is None or self._frame[0] is not frame or self._frame[1] != time:
            self._frame = (frame, time)
            self._last_shots, self._shots = self._shots, []
        before, new = dict(self._people), partial(_Person, time)
        person_of(self._people, face, time, self.config.forget, new).seen = time
        for number, person in before.items():
            if self._people.get(number) is not person:
                self.network.reset(number)

    def _blended(self, turn: Turn) -> float:
        """1 where the camera stays, 0 where a turn would show two faces in a blend."""
        angle = math.degrees(max(map(abs, turn)))
        return max(0.0, 1.0 - angle / self.config.blend)

    def _shoot(self, picture: Picture, face: TrackedFace) -> _Shot | None:
        """The face encoded, or as it was encoded in the last frame if that hasn't changed."""
        side = self.network.side
        crop = scaled(face.crop, CROP, side)
        box = block_of(crop, side, picture.width, picture.height)
        if box is None:
            return None
        corners = np.array([[x, y, 1.0] for x in box[::2] for y in box[1::2]])
        for shot in self._last_shots:
            moved = np.abs(corners @ (crop - shot.crop).T).max() * (CROP / side)
            if moved < self.config.unchanged and np.array_equal(
                _block(picture, shot.box), shot.pixels
            ):
                break
        else:
            image = cut(picture, crop, side)
            if image is None:
                return None
            encoded = self.network.encode(image)
            pixels = _block(picture, box).copy()
            shot = _Shot(crop, box, pixels, face.camera, face.viewer, encoded)
        self._shots.append(shot)
        return shot


def _block(picture: Picture, box: Box) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = box
    return picture.rgb8[y0:y1, x0:x1]


def _shifted(face: TrackedFace, camera: Camera) -> NDArray[np.float64]:
    """[2] frame pixels by which a turned camera moves the middle of the head.

    Its origin, around which cameras turn, lies near the face. Moved so, the mean head's outline
    is off by about half as many pixels as unmoved, over turns of 6 to 29 degrees.
    """
    head = face.vertices()
    middle = (head.min(0) + head.max(0)) / 2.0
    moved = CROP * (camera.project(middle) - face.camera.project(middle))
    return np.asarray(np.linalg.solve(face.crop[:, :2], moved))


def _for_networks(light: Light, viewer: Camera) -> Floats:
    """[9] of DPR's kind for a camera-frame light, fixed to the head as the planes are.

    Canonical space is a frontal camera's view frame, which is how the one conversion takes it.
    """
    head = light.to_head(viewer)
    return to_dpr(head.to_camera(Camera.look_at())).astype(np.float32)


def _tinted(image: Floats, light: Light) -> Floats:
    """The picture in the mean colour that a light has on a face; as it is under grey light."""
    colour = np.maximum(light.mean_shading(), 0.0)
    level = float(colour @ LUMINANCE)
    if level <= 0.0 or np.ptp(colour) <= 1e-3 * level:
        return image
    ratio = ((colour / level) ** (1.0 / GAMMA)).astype(np.float32)
    return relit(image, np.broadcast_to(ratio, image.shape).copy())
