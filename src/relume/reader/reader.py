"""The light around a face, read by the network and steadied over time."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import cut, scaled, to_linear
from ..face import CROP, HeadModel, TrackedFace
from ..light import LUMINANCE, Light, LightFrame, sh_rotation
from ..media import Picture
from ..ratio.geometry import TrackedHead
from ..ratio.people import person_of
from ..runtime.light_network import LightNetwork
from .cast import cast_of
from .layout import lay_out, shown

__all__ = ["LightReader", "ReaderConfig"]

Floats = NDArray[np.float64]

_SIDE = 128
"""Pixels along the crop's side that the layout is fetched from; a cell of it is about one."""

_DARKEST = 0.1
"""Least share of a light's mean radiance that a frontal face is taken to get."""


@dataclass(frozen=True)
class ReaderConfig:
    """How what is read is steadied."""

    memory: float = 0.6
    """Seconds after which an older frame counts 1/e."""
    look: float = 0.08
    """Seconds between two looks at a face whose light is known."""
    trust: float = 0.6
    """Least confidence in a face for it to be read, once its light is known: what covers a face is
    lit otherwise."""
    forget: float = 2.0
    """Seconds after which a face that is gone is forgotten."""
    tint: float = 0.5
    """Share of what the channels' lights differ by that is light; the rest is skin, whose cheeks
    and nose are ruddier than its brow. On 320 pictures of people kept out of training, the error
    per channel was 0.192 at 0.5, 0.194 at 1 and 0.194 at 0 in hard light; 0.159, 0.163 and 0.162
    in soft light."""


@dataclass
class _Person:
    seen: float
    looked: float = -np.inf
    light: Floats | None = None  # [9, 3], summed over the frames, older ones counting less
    cast: Floats | float = 0.0  # [3], summed likewise
    frames: float = 0.0


class LightReader:
    """Running estimate of the light around each face. Not safe for use by several threads at once.

    The network reads each colour channel by itself. Overall colour of light and skin can't be told
    apart within what skin can be: there every channel is scaled to a mean shading of 1 on a
    frontal face (see `cast_of`).
    """

    def __init__(self, config: ReaderConfig | None = None) -> None:
        self.config = config or ReaderConfig()
        self._head = HeadModel.load()
        self._network = LightNetwork()
        self._people: dict[int, _Person] = {}

    def observe(self, picture: Picture, face: TrackedFace, time: float) -> Light:
        """The light that a face is filmed in, this frame taken into account.

        Args:
            picture: the frame.
            face: the tracked face.
            time: seconds.

        Returns:
            A light in the camera frame (see `TrackedFace.viewer`), mean shading near 1; ambient
            light as long as no frame has shown anything of the face.
        """
        person = self._person(face, time)
        soon = 0.0 <= time - person.looked < self.config.look
        if person.light is None or not (soon or face.confidence < self.config.trust):
            read = self._read(picture, face)
            if read is not None:
                found, cast = read
                keep = float(np.exp(-max(time - person.looked, 0.0) / self.config.memory))
                before = 0.0 if person.light is None else keep * person.light
                person.light, person.frames = before + found, keep * person.frames + 1.0
                person.cast, person.looked = keep * person.cast + cast, time
        if person.light is None:
            return Light.ambient()
        level = np.asarray(person.cast) / person.frames
        return _levelled(person.light / person.frames, self.config.tint) * level

    def _read(self, picture: Picture, face: TrackedFace) -> tuple[Floats, Floats] | None:
        """One frame's light [9, 3] over its first coefficients, camera frame, and its cast [3]."""
        square = cut(picture, scaled(face.crop, CROP, _SIDE), _SIDE)
        layout = lay_out(TrackedHead.of(face, self._head))
        layout = layout.within(face.crop, picture.width, picture.height)
        if square is None or not (layout.visible > 0.5).any():
            return None
        x, y = cv2.split((layout.at + np.float32(0.5)) * np.float32(_SIDE / CROP) - np.float32(0.5))
        cells = cv2.remap(
            to_linear(square), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        cast = cast_of(np.asarray(cells, np.float32)[layout.visible > 0.5])
        channels = [shown(np.asarray(part), layout.visible) for part in cv2.split(cells)]
        in_head = self._network(np.stack(channels))
        return np.asarray(sh_rotation(face.viewer.view_to_head).T @ in_head), cast

    def _person(self, face: TrackedFace, time: float) -> _Person:
        person = person_of(self._people, face, time, self.config.forget, lambda: _Person(time))
        person.seen = time
        return person


def _levelled(light: Floats, tint: float) -> Light:
    grey = (light @ LUMINANCE)[:, None]
    toned = grey + tint * (light - grey)
    front = Light(toned, LightFrame.CAMERA).mean_shading()
    even = toned[0] / np.sqrt(4.0 * np.pi)
    return Light(toned / np.maximum(front, _DARKEST * even), LightFrame.CAMERA)
