"""The engine: one tracked face of one frame, relit and turned in place."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import to_linear
from ..cores import spare_thread
from ..face import HeadModel, Matte, PersonMatte, TrackedFace
from ..light import Light, sh_rotation
from ..media import ArrayPicture, Picture
from .apply import relight_picture
from .coded import coded_gain
from .geometry import TrackedHead
from .maps import Maps, draw_maps, falloff
from .people import person_of
from .shading import target_shading
from .shift import in_frame
from .source_light import SourceLight, SourceLightConfig
from .window import Window, to_cells

__all__ = ["RatioConfig", "RatioEngine", "RatioPlan"]


@dataclass(frozen=True)
class RatioConfig:
    """How far the ratio image may go."""

    bounce: float = 0.1
    """Shading that light reflected by the skin and room around adds everywhere, old and new; also
    keeps noise in dark skin from being blown up."""
    most: float = 4.0
    """Largest factor by which a pixel is brightened."""
    cast: float = 1.0
    """0..1 how much of a small lamp's light its shadow takes away."""
    crisp: float = 0.2
    """0..1 how far small lamps' own cosine takes the place of the one that harmonics blur."""
    look: float = 0.08
    """Seconds between two looks at the skin for the source light, once it is known."""
    trust: float = 0.6
    """Least confidence in a face for its skin to be believed, once the light is known: what covers
    a face is lit otherwise."""
    clipped: float = 0.95
    """Linear level from which a colour is taken for overexposed and left out."""
    min_facing: float = 0.25
    """Least cosine to the camera at which a vertex tells of the light."""
    forget: float = 2.0
    """Seconds after which a face that is gone is forgotten."""
    source: SourceLightConfig = field(default_factory=SourceLightConfig)
    """The fit of the source light."""


@dataclass
class _Person:
    source: SourceLight
    seen: float
    looked: float = -np.inf


class RatioEngine:
    """Ratio-image relighting with a warp along the tracked mesh for small camera moves.

    Keeps a running source light and matte for every face id. Not safe for use by several threads
    at once.
    """

    def __init__(self, config: RatioConfig | None = None) -> None:
        self.config = config or RatioConfig()
        self.head = HeadModel.load()
        self._matte = PersonMatte()
        self._people: dict[int, _Person] = {}

    def observe(self, picture: Picture, face: TrackedFace, time: float) -> Light:
        """The light that a face is filmed in, camera frame, this frame taken into account."""
        person = self._person(face, time)
        window = Window.of(face.crop, picture.width, picture.height)
        if window is not None:
            self._look(person, picture, face, TrackedHead.of(face, self.head), window, time)
        # Lights are measured by what they do to an open surface.
        open_to = _openness(self.head) if person.source.known else 1.0
        return person.source.light() * (1.0 / open_to)

    def plan(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
    ) -> RatioPlan | None:
        """What to do to one face of `picture`, which is left as it is.

        Args:
            picture: the frame.
            face: the tracked face; its strength scales the whole effect.
            light: the new light, in its own frame of reference; None keeps the frame's own.
            time: seconds, for what is steadied over time.
            turn: yaw, pitch and roll in radians added to the frame's own camera.
            amount: share of the new light, 0 to 1.

        Returns:
            A plan for `apply`, or None where nothing is to be done.
        """
        window = Window.of(face.crop, picture.width, picture.height)
        if window is None:
            return None
        person = self._person(face, time)
        head = TrackedHead.of(face, self.head)
        self._look(person, picture, face, head, window, time)
        if not face.strength > 0.0 or (light is None and not any(turn)):
            return None
        camera = None
        if any(turn):
            yaw, pitch, roll = (face.strength * angle for angle in turn)
            camera = head.camera.turned(_shown(yaw, face.pose.yaw), pitch, roll)
        strength = np.float32(amount * face.strength)
        source = person.source.light().to_head(face.viewer)
        target = None if light is None else light.to_head(face.viewer)
        ratio, shadow = self._log_ratio(head, source, target)
        maps = draw_maps(head, ratio * strength, camera, shadow * strength)
        if maps is None:
            return None
        return RatioPlan(window, lambda: maps, self._matte(picture, face, time), face.crop)

    def _look(
        self,
        person: _Person,
        picture: Picture,
        face: TrackedFace,
        head: TrackedHead,
        window: Window,
        time: float,
    ) -> None:
        """Let the source light learn from the frame, where it is time to."""
        if person.source.known:
            soon = 0.0 <= time - person.looked < self.config.look
            if soon or face.confidence < self.config.trust:
                return
        colours = _colours(head, window, picture)
        facing = np.clip((head.facing - self.config.min_facing) / 0.3, 0.0, 1.0)
        unclipped = colours.max(1) < self.config.clipped
        turn = sh_rotation(face.viewer.view_to_head)
        person.source.update(
            head.transfer @ turn, colours, head.model.skin * facing * unclipped, time
        )
        person.looked = time

    def _log_ratio(
        self, head: TrackedHead, source: Light, target: Light | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logarithms of new over old shading at the vertices, [V, 3] each, for head-frame lights:
        without the shadows that lamps cast, and what those take off."""
        if target is None:
            nothing = np.zeros((len(head.vertices), 3), np.float32)
            return nothing, nothing
        bounce = self.config.bounce
        old = np.maximum(head.transfer @ source.coefficients, 0.0) + bounce
        lit, shadowed = target_shading(
            head, target, _openness(self.head), self.config.crisp, self.config.cast
        )
        ratio = np.log(np.minimum((lit + bounce) / old, self.config.most))
        return ratio.astype(np.float32), np.log((shadowed + bounce) / (lit + bounce))

    def _person(self, face: TrackedFace, time: float) -> _Person:
        def new() -> _Person:
            return _Person(SourceLight(self.config.source), time)

        person = person_of(self._people, face, time, self.config.forget, new)
        person.seen = time
        return person


def _colours(head: TrackedHead, window: Window, picture: Picture) -> NDArray[np.float32]:
    """[V, 3] linear colours at the vertices, a few cells wide; NaN outside the picture."""
    block = picture.rgb8[window.y0 : window.y1, window.x0 : window.x1]
    cells = to_linear(cv2.GaussianBlur(window.shrink(block), (0, 0), 1.0) / np.float32(255))
    position, _ = head.seen_from(head.camera)
    at = (to_cells(position) - 0.5).astype(np.float32)
    colours = cv2.remap(
        cells, at[:, None, 0], at[:, None, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )[:, 0]
    back = cv2.invertAffineTransform(window.frame_to_cells)
    in_frame = at @ back[:, :2].T + back[:, 2]
    low, high = (window.x0, window.y0), (window.x1, window.y1)
    outside = ((in_frame < low) | (in_frame > high)).any(axis=1)
    colours[outside] = np.nan
    return np.asarray(colours, np.float32)


@dataclass(frozen=True, eq=False)
class RatioPlan:
    """How one face's surroundings in one frame are to be changed.

    Attributes:
        window: where.
        draw: makes the maps, when they are first asked for: whoever applies the plan.
        matte: where the person is.
        crop: [2, 3] from frame to crop pixels.
        weight: [N, N] 0..1 how far each cell is lit; by default light fades from the crop to the
            window's border.
        beside: what takes it on there; None for nothing.
        but: whose pixels are left alone; None for nobody's.
    """

    window: Window
    draw: Callable[[], Maps]
    matte: Matte
    crop: NDArray[np.floating]
    weight: NDArray[np.float32] = field(default_factory=falloff)
    beside: RatioPlan | None = None
    but: Window | None = None

    @cached_property
    def maps(self) -> Maps:
        """New over old shading, and where pixels move."""
        return self.draw()

    def apply(self, picture: Picture, threads: int = 1) -> None:
        """Move and relight the pixels that the maps change, in place.

        Args:
            picture: the frame.
            threads: that share the work, at most; of more than one, what is `beside` may take one
                more meanwhile.
        """
        if self.beside is None:
            self._relight(picture, threads)
        elif threads < 2 or not isinstance(picture, ArrayPicture):
            self.beside.apply(picture, threads)
            self._relight(picture, threads)
        else:
            # Elsewhere in the frame, so that both may be at work at once, but for a video's frame:
            # that shares its chroma's samples at the border, and what it keeps of itself.
            _ = self.maps  # of which those beside are made, too
            job = spare_thread().submit(self.beside.apply, picture)
            try:
                self._relight(picture, threads)
            finally:
                wait([job])
            job.result()

    def _relight(self, picture: Picture, threads: int) -> None:
        """`apply` without what is beside."""
        maps, window = self.maps, self.window
        person = window.carry(self.matte.alpha, self.matte.to_frame)
        gain, changed = coded_gain(maps, self.weight, person)
        shift = None
        if maps.shift is not None:
            for move in cv2.split(maps.shift)[:4]:  # what is behind, too
                changed |= np.abs(move) > 0.05
            shift = in_frame(maps.shift, self.crop)
        smaller = window.around(changed)
        if smaller is None:
            return
        for part in smaller.without(self.but):
            relight_picture(picture, part, self.matte, gain, shift, threads)


def _shown(yaw: float, own: float) -> float:
    """The part of a turn that the frame can show, in radians.

    Towards the side that a turned head hides there is little to see: about 14 degrees from a
    frontal head, 5 from one turned away by 20 or more, 22 towards the side in view. Turns well
    within that are left as they are; larger ones approach it smoothly.
    """
    towards = np.degrees(own) * np.sign(yaw)
    most = np.radians(np.interp(towards, [-20.0, 0.0, 12.0], [5.0, 14.0, 22.0]))
    return float(yaw / (1.0 + (yaw / most) ** 4) ** 0.25)


@lru_cache(maxsize=1)
def _openness(head: HeadModel) -> float:
    """Factor that makes up for what self-shadowing takes from a frontal face under even light."""
    front = head.skin * np.clip(head.normals(head.mean)[:, 2], 0.0, 1.0)
    even = Light.ambient().coefficients[:, 0]
    return float(front.sum() / (front * (head.transfer @ even)).sum())
