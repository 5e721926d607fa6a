"""Where the person is: a soft matte around each face, steady in time and fine at the hair."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..cores import spare_thread
from ..geometry import chained
from ..media.picture import Picture, as_picture
from .cutout import CutoutConfig, alpha_of, coded, cut_out
from .networks import Network
from .pieces import of_one_piece
from .roi import Roi
from .surely import surely
from .tracked import TrackedFace

__all__ = ["Matte", "MatteConfig", "PersonMatte"]

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

_SIDE = 256  # the segmentation network's input and output
_MAPS = _SIDE // 2  # of a matte's maps, which are smooth

_REACH = np.ones((3, 3), np.uint8)
"""Pixels of the maps around one by which an outline may move from one look to the next."""

_PATCH = (3, 3)
"""The same over which the pictures of two looks are compared."""

_MOVED = (6.0, 14.0)
"""Codes by which those differ between which something has moved there."""

_AT_FIRST = 2 / 3
"""Share of a change where nothing moved that is left when it is told first."""

_LITTLE = 0.06
"""Change that isn't faded."""

_PATIENCE = 3.0
"""How many times as long, and for a move how many times as far, a hurried frame's matte serves."""

_FORGOTTEN = 1.0  # seconds

_MOST = 32  # faces that are remembered

_NOWHERE = np.zeros(2)

_INWARDS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class MatteConfig:
    """How the matte is cut out and steadied."""

    window: float = 2.0
    """Side of the window that is segmented, in crop widths."""
    below: float = 0.0
    """How far the window's middle lies below the face's, in crop widths."""
    slack: float = 0.08
    """Share of the window by which the face may move before the window follows."""
    still: float = 0.004
    """Share of the window by which the face must move for every frame to be segmented."""
    every: float = 0.09
    """Seconds for which the matte of a stiller face serves, moved along, and over which what
    comes or goes where nothing moved fades in or out."""
    memory: float = 0.12
    """Seconds over which small changes are averaged; large ones are taken at once."""
    doubt: float = 0.4
    """The same for what comes or goes where nothing has moved."""
    cutout: CutoutConfig = field(default_factory=CutoutConfig)
    """How the network's mask is refined."""


@dataclass(frozen=True, eq=False)
class Matte:
    """A person's matte in a square window of the frame.

    Stored as the maps of a guided filter, so that the picture's own edges shape it at whatever
    resolution it is asked for: alpha is the scalar product of `affine` and (red, green, blue, 1).

    Attributes:
        affine: [128, 128, 4] float32, of sRGB-coded colours 0..1.
        alpha: [128, 128] float32, 0..1, at the maps' resolution.
        to_frame: [2, 3] similarity from the maps' pixels to frame pixels.
    """

    affine: Floats
    alpha: Floats
    to_frame: Matrix

    def moved(self, by: NDArray[np.floating]) -> Matte:
        """The same matte, `by` [2] frame pixels farther right and down."""
        to_frame = self.to_frame.copy()
        to_frame[:, 2] += by
        return replace(self, to_frame=to_frame)

    def resample(self, rgb: NDArray[np.floating] | NDArray[np.uint8], crop: Matrix) -> Floats:
        """The matte in the pixels of a crop, at its full resolution.

        Args:
            rgb: the crop, [h, w, 3], uint8 0..255 or float32 0..1.
            crop: [2, 3] from frame pixels to the crop's, as `TrackedFace.crop`.

        Returns:
            float32 [h, w], 0..1. Outside the window its border goes on.
        """
        import cv2

        h, w = rgb.shape[:2]
        matrix = chained(crop, self.to_frame)
        flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
        affine: Any = cv2.warpAffine(self.affine, matrix, (w, h), flags=flags, borderMode=border)
        return alpha_of(affine, coded(rgb))


@dataclass
class _State:
    window: Roi
    mask: Floats
    place: NDArray[np.float64]  # of the face when it was last segmented: x, y, size
    time: float
    cut: NDArray[np.uint8]
    small: NDArray[np.uint8]  # the same at the maps' resolution
    matte: Matte
    begun: float  # the same, but for pauses
    change: tuple[Floats, Floats] | None = None  # of affine and alpha, from what was shown before
    next: Future[_State] | None = None  # that a thread of its own is working on

    def newest(self, wait: bool) -> _State:
        """What is seen since, if it is there; `wait` for it if it is begun."""
        job = self.next
        if job is None or not (wait or job.done()):
            return self
        self.next = None
        return self if job.cancel() else job.result()

    def shown(self, by: NDArray[np.floating], time: float, fade: float) -> Matte:
        """The matte `by` frame pixels farther, `fade` seconds after it was told all of it."""
        import cv2

        rest = _AT_FIRST * (1.0 - (time - self.begun) / fade) if fade > 0.0 else 0.0
        if self.change is None or rest <= 0.0:
            return self.matte.moved(by)
        affine, alpha = (
            np.asarray(cv2.scaleAdd(change, -rest, whole), np.float32)
            for change, whole in zip(
                self.change, (self.matte.affine, self.matte.alpha), strict=True
            )
        )
        return replace(self.matte, affine=affine, alpha=alpha).moved(by)


class PersonMatte:
    """Mattes from MediaPipe's selfie segmentation network, one running state per face.

    The window follows the face with some slack, so that a still picture gives the network the
    same pixels again. Its mask is averaged in time where it changes little, and refined by the
    picture's colours (`cut_out`) and by the face (`surely`).

    Args:
        config: see `MatteConfig`.
    """

    def __init__(self, config: MatteConfig | None = None) -> None:
        self.config = config or MatteConfig()
        self._network = Network("selfie_segmentation", 0.0, 1.0, exact=False)
        self._states: dict[int, _State] = {}
        self._using = threading.Lock()

    @property
    def networks(self) -> list[Network]:
        """What it runs."""
        return [self._network]

    def __call__(
        self,
        frame: NDArray[np.uint8] | Picture,
        face: TrackedFace,
        time: float,
        hurried: bool = False,
    ) -> Matte:
        """The matte of the person whose face this is.

        Args:
            frame: uint8 [H, W, 3] or a picture, the frame that the face was tracked in.
            face: forgets the past if it is `fresh`.
            time: seconds.
            hurried: a new one is cut out by a thread of its own, and the one before serves until
                it is there, unless the face moves far meanwhile.
        """
        picture = as_picture(frame)
        state = None if face.fresh else self._states.get(face.id)
        if state is not None:
            state = state.newest(wait=not hurried)
        served = self._served(state, picture, face, time, hurried)
        if served is None and state is not None and state.next is not None:
            state = state.newest(wait=True)
            served = self._served(state, picture, face, time, hurried)
        if served is not None:
            return served
        if state is not None and not 0.0 <= time - state.time < _FORGOTTEN:
            state = None
        window = self._window(state, face)
        state = self._seen(state, window, window.cut(picture, _SIDE), face, time)
        return self._kept(state, face, time).shown(_NOWHERE, time, self.config.every)

    def _served(
        self,
        state: _State | None,
        picture: Picture,
        face: TrackedFace,
        time: float,
        hurried: bool,
    ) -> Matte | None:
        """What was cut out before, moved along; None where that doesn't do."""
        if state is None or not 0.0 <= time - state.time < _FORGOTTEN:
            return None
        window = self._window(state, face)
        if window is not state.window:
            return None
        by, config, patience = _place(face) - state.place, self.config, _PATIENCE if hurried else 1
        moved, since = float(np.abs(by).max()) / window.size, time - state.time
        if moved == 0.0 and np.array_equal(window.cut(picture, _SIDE), state.cut):
            state.time = time
        elif moved > patience * config.still or since >= patience * config.every:
            return None
        elif state.next is None and (moved > config.still or since >= config.every):
            cut, old = window.cut(picture, _SIDE), replace(state)
            state.next = spare_thread().submit(self._seen, old, window, cut, face, time)
        return self._kept(state, face, time).shown(by[:2], time, config.every)

    def _window(self, state: _State | None, face: TrackedFace) -> Roi:
        """What is segmented around a face: the state's window as long as the face is in it."""
        pose = face.pose
        low = pose.y + self.config.below * pose.scale
        wanted = Roi(pose.x, low, self.config.window * pose.scale, 0.0)
        return wanted if state is None or self._left(state.window, wanted) else state.window

    def _kept(self, state: _State, face: TrackedFace, time: float) -> _State:
        known = {k: s for k, s in self._states.items() if 0.0 <= time - s.time < _FORGOTTEN}
        # Of stills, one after another at the same time, none would ever be too old.
        self._states = dict([*known.items(), (face.id, state)][-_MOST:])
        return state

    def _seen(
        self,
        old: _State | None,
        window: Roi,
        cut: NDArray[np.uint8],
        face: TrackedFace,
        time: float,
    ) -> _State:
        """What is seen in a window of a frame, after what was seen before."""
        import cv2

        place = _place(face)
        mask, inner = self._segment(cut)
        to_mask = cv2.invertAffineTransform(window.to_frame(_MAPS))
        mask = of_one_piece(mask, to_mask[:, :2] @ place[:2] + to_mask[:, 2])
        small = np.asarray(_halved(cut), np.uint8)
        change = None
        if old is None:
            matte = self._cut_out(window, mask, inner, small, face)
        else:
            before, last = old.mask, old.small
            if window is not old.window:
                before, last = (_move(image, old.window, window) for image in (before, last))
            changed = _changed(last, small)
            mask = self._average(before, mask, changed, time - old.time)
            matte = self._cut_out(window, mask, inner, small, face)
            if window is old.window:
                change = _change(old.shown(_NOWHERE, time, self.config.every), matte, changed)
        return _State(window, mask, place, time, cut, small, matte, time, change)

    def _left(self, window: Roi, wanted: Roi) -> bool:
        slack = self.config.slack
        gap = max(abs(window.x - wanted.x), abs(window.y - wanted.y)) / window.size
        return gap > slack or abs(np.log(wanted.size / window.size)) > 1.5 * slack

    def _segment(self, cut: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """[128, 128] each: the network's mask, and the same drawn in a little."""
        import cv2

        with self._using:
            mask = self._network(cut)[0]
        mask = mask.reshape(_SIDE, _SIDE)
        return _halved(mask), _halved(cv2.erode(mask, _INWARDS))

    def _average(self, before: Floats, new: Floats, changed: Floats, step: float) -> Floats:
        """Small changes over `memory` seconds, large ones at once where the picture changes or the
        outline is near; elsewhere the network has but changed its mind, and that takes longer.

        Args:
            before, new: [128, 128] masks of one window.
            changed: [128, 128] 0..1 how far the picture has.
            step: seconds between them.
        """
        import cv2

        share, doubted = (step / (step + m) for m in (self.config.memory, self.config.doubt))
        weight = np.clip(np.abs(new - before) * 3.0, share, 1.0)
        near = np.clip(new, cv2.erode(before, _REACH), cv2.dilate(before, _REACH))
        far = changed * weight + (1 - changed) * doubted
        return np.asarray(before + weight * (near - before) + far * (new - near), np.float32)

    def _cut_out(
        self, window: Roi, mask: Floats, inner: Floats, cut: NDArray[np.uint8], face: TrackedFace
    ) -> Matte:
        config, to_frame = self.config.cutout, window.to_frame(_MAPS)
        colours = coded(cut)
        affine = cut_out(config, cut, colours, mask)
        sure = surely(face, mask, inner, to_frame, 2 * config.radius + 1)
        affine *= (1.0 - sure)[..., None]
        affine[..., 3] += sure
        return Matte(affine, alpha_of(affine, colours), to_frame)


def _place(face: TrackedFace) -> NDArray[np.float64]:
    """[3] where a face is, and its size."""
    return np.array([face.pose.x, face.pose.y, face.pose.scale])


def _halved(image: Any) -> Any:
    """[128, 128(, C)] of [256, 256(, C)]."""
    import cv2

    return cv2.resize(image, (_MAPS, _MAPS), interpolation=cv2.INTER_AREA)


def _changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Floats:
    """[N, N] 0..1 where one picture [N, N, 3] differs from another by more than noise."""
    import cv2

    apart = cv2.cvtColor(cv2.absdiff(before, after), cv2.COLOR_RGB2GRAY)
    return smoothstep(cv2.blur(apart, _PATCH), *_MOVED)


def _change(before: Matte, after: Matte, moved: Floats) -> tuple[Floats, Floats] | None:
    """What changes of affine and alpha where nothing has moved; None for nothing."""
    still = 1 - moved
    alpha = (after.alpha - before.alpha) * still
    if np.abs(alpha).max() <= _LITTLE:
        return None
    return (after.affine - before.affine) * still[..., None], alpha


def _move(image: Any, old: Roi, new: Roi) -> Any:
    """A mask or picture of one upright window in the pixels of another."""
    import cv2

    side = len(image)
    to_old = old.to_frame(side)
    back = np.linalg.inv(np.vstack([to_old, [0.0, 0.0, 1.0]]))[:2]
    matrix = chained(back, new.to_frame(side))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE
    return cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=border)
