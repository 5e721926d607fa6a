"""Where the person is: a soft matte around each face, steady in time and fine at the hair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..geometry import chained
from ..media.picture import Picture, as_picture
from .guided import guided
from .head import REGIONS, HeadModel
from .networks import Network, NetworkConfig
from .roi import Roi
from .tracked import TrackedFace

__all__ = ["Matte", "MatteConfig", "PersonMatte"]

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

_SIDE = 256  # the segmentation network's input and output
_MAPS = _SIDE // 2  # of a matte's maps, which are smooth

_FOUND = (0.2, 0.6)
"""Mean of the network's mask over the face between which it goes from missed to found."""

_HEAD = 1.4
"""Size of a head over the face's hull."""

_CORE = 0.7
"""Size of the part of the face's hull that is the person's although the network sees nothing
there. Nearer to the outline the hull of a face that moves fast may lie beside it."""

_SEEN = (0.3, 0.7)
"""The network's mask between which it sees next to nothing and a person."""

_OUTSHINES = (0.08, 0.28)
"""Luma of the backdrop less that of the person between which the matte's edge moves inwards: what
is bright and hardly the person's is the backdrop, where new light would glow."""

_TIGHT = (0.65, 0.97)
"""`MatteConfig.edge` before a bright backdrop."""

_REACH = np.ones((3, 3), np.uint8)
"""Pixels of the maps around one by which an outline may move from one look to the next."""

_PATCH = (3, 3)
"""The same over which the pictures of two looks are compared."""

_MOVED = (6.0, 14.0)
"""Codes by which those differ between which something has moved there."""

_AT_FIRST = 2 / 3
"""Share of a change where nothing moved that is left when it is told first."""

_FAINT, _STRONG = 0.15, 0.9
"""The network's mask from which a place may be the person's, and from which it is beyond doubt."""

_LITTLE = 0.06
"""Change that isn't faded."""

_NOWHERE = np.zeros(2)

_AROUND = 7
"""Pixels of the maps over which person and backdrop are compared."""

_BAND = 3
"""Double pixels of the maps across an outline of hair, in which its colour and the backdrop's are
mixed: more than the network's edge is wide."""

_NEIGHBOURS = 2.0
"""Double pixels of the maps over which the colours on either side of that are averaged."""

_MIXED = (0.3, 1.0)
"""Share of the person in such a mixed colour between which the matte goes from 0 to 1."""

_APART = (0.1, 0.3)
"""Distance of the two colours (0..1 each channel) between which the mixture comes to be told."""

_KNOWN = (0.02, 0.1)
"""Share of either side in the neighbourhood between which its colour comes to be known."""

_BORDER = (0.02, 0.15)
"""Share of the backdrop around a pixel between which it comes to lie in the band."""

_SURE = (0.1, 0.65)
"""Certainty between which the face's outline comes to be the person's."""

_INWARDS = np.ones((3, 3), np.uint8)
_INNER = (0.95, 1.0)
"""The network's mask, drawn in by one of its pixels, between which a place within the fitted head
comes to be the person's whatever its colour."""

_EARS, _ASIDE = 0.16, 0.15
"""Height that ears reach up to, and how far out sides begin, in canonical units."""

_HAZE = 5.0
"""Pixels of the maps over which a head that the network missed fades into its surroundings."""


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
    radius: int = 2
    """Radius of the guided filter in 1/128 of the window."""
    contrast: float = 0.03
    """Step of colour (0..1) from which an edge of the picture shapes the matte's edge."""
    edge: tuple[float, float] = (0.3, 0.8)
    """Share of the person between which the matte goes from 0 to 1: the network's own soft edge
    reaches over the outline, where new light shows as a glow on the backdrop."""


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
        return _alpha(affine, _coded(rgb))


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
    same pixels again. Its mask is averaged in time where it changes little, and refined by a
    guided filter on the colours (He, Sun & Tang, ECCV 2010, section 3.5; the fast form of He & Sun,
    2015).

    Args:
        config: see `MatteConfig`.
        network: threads and cache.
    """

    def __init__(
        self, config: MatteConfig | None = None, network: NetworkConfig | None = None
    ) -> None:
        self.config = config or MatteConfig()
        self._network = Network("selfie_segmentation", 0.0, 1.0, network, exact=False)
        self._states: dict[int, _State] = {}

    @property
    def networks(self) -> list[Network]:
        """What it runs."""
        return [self._network]

    def reset(self) -> None:
        """Forget every face."""
        self._states.clear()

    def __call__(self, frame: NDArray[np.uint8] | Picture, face: TrackedFace, time: float) -> Matte:
        """The matte of the person whose face this is.

        Args:
            frame: uint8 [H, W, 3] or a picture, the frame that the face was tracked in.
            face: forgets the past if it is `fresh`.
            time: seconds.
        """
        picture, pose = as_picture(frame), face.pose
        place = np.array([pose.x, pose.y, pose.scale])
        state = None if face.fresh else self._states.get(face.id)
        if state is not None and not 0.0 <= time - state.time < 1.0:
            state = None
        low = pose.y + self.config.below * pose.scale
        wanted = Roi(pose.x, low, self.config.window * pose.scale, 0.0)
        window = wanted if state is None or self._left(state.window, wanted) else state.window
        if state is not None and window is state.window:
            by = place - state.place
            moved = float(np.abs(by).max()) / window.size
            same = moved == 0.0 and np.array_equal(window.cut(picture, _SIDE), state.cut)
            served = time - state.time < self.config.every
            if same or (moved <= self.config.still and served):
                state.time = time if same else state.time
                return state.shown(by[:2], time, self.config.every)
        cut = window.cut(picture, _SIDE)
        mask, inner = self._segment(cut)
        mask = _without_islands(mask, window, place)
        small = np.asarray(_halved(cut), np.uint8)
        change = None
        if state is None:
            matte = self._refine(window, mask, inner, small, face)
        else:
            before, old = state.mask, state.small
            if window is not state.window:
                before, old = (_move(image, state.window, window) for image in (before, old))
            changed = _changed(old, small)
            mask = self._average(before, mask, changed, time - state.time)
            matte = self._refine(window, mask, inner, small, face)
            if window is state.window:
                change = _change(state.shown(_NOWHERE, time, self.config.every), matte, changed)
        state = _State(window, mask, place, time, cut, small, matte, time, change)
        self._states = {key: s for key, s in self._states.items() if 0.0 <= time - s.time < 1.0} | {
            face.id: state
        }
        return state.shown(_NOWHERE, time, self.config.every)

    def _left(self, window: Roi, wanted: Roi) -> bool:
        slack = self.config.slack
        gap = max(abs(window.x - wanted.x), abs(window.y - wanted.y)) / window.size
        return gap > slack or abs(np.log(wanted.size / window.size)) > 1.5 * slack

    def _segment(self, cut: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """[128, 128] each: the network's mask, and the same drawn in a little."""
        import cv2

        mask = self._network(cut)[0].reshape(_SIDE, _SIDE)
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

    def _refine(
        self, window: Roi, mask: Floats, inner: Floats, cut: NDArray[np.uint8], face: TrackedFace
    ) -> Matte:
        size = (2 * self.config.radius + 1,) * 2
        coded = _coded(cut)
        affine = guided(coded, mask, self.config.radius, self.config.contrast)
        to_frame = window.to_frame(_MAPS)
        low, high, inwards = self._edge(_luma(cut), mask)
        affine[..., 3] -= low
        affine /= (high - low)[..., None]
        line, share = _between(coded, mask)
        affine += (line - affine) * (share * inwards)[..., None]
        # Where the face is lost or covered, the network alone decides.
        sure = _certain(face.landmarks, to_frame, mask, size) * np.float32(face.confidence)
        sure = np.clip((sure - _SURE[0]) / np.float32(_SURE[1] - _SURE[0]), 0, 1)
        sure = np.maximum(sure, smoothstep(inner, *_INNER) * _bare(face, to_frame))
        affine *= (1.0 - sure)[..., None]
        affine[..., 3] += sure
        return Matte(affine, _alpha(affine, coded), to_frame)

    def _edge(self, luma: Floats, mask: Floats) -> tuple[Floats, Floats, Floats]:
        """[128, 128] each: `edge`, moved inwards where the backdrop outshines the person, and how
        far it does, 0..1."""
        import cv2

        def mean(x: Any) -> Any:
            return cv2.blur(x, (_AROUND, _AROUND))

        share, whole, person = mean(mask), mean(luma), mean(luma * mask)
        few = np.float32(0.02)
        gap = (whole - person) / (1 - share + few) - person / (share + few)
        inwards = smoothstep(gap, *_OUTSHINES)
        low, high = (np.float32(edge) for edge in self.config.edge)
        top = np.float32(_TIGHT[1]) - high
        return low + inwards * (np.float32(_TIGHT[0]) - low), high + inwards * top, inwards


def _without_islands(mask: Floats, window: Roi, place: NDArray[np.float64]) -> Floats:
    """[128, 128] without what the network isn't sure of anywhere and that the face isn't part of:
    pieces of the backdrop. (Hysteresis, as in Canny's edges.)

    Args:
        mask: [128, 128] of a window.
        window: the same.
        place: x, y of the face in frame pixels first.
    """
    import cv2

    count, labels = cv2.connectedComponents((mask > _FAINT).astype(np.uint8))
    if count <= 2:
        return mask
    kept = np.bincount(labels[mask > _STRONG], minlength=count) > 0
    to_frame = window.to_frame(_MAPS)
    column, row = np.linalg.solve(to_frame[:, :2], place[:2] - to_frame[:, 2]).round().astype(int)
    if 0 <= row < _MAPS and 0 <= column < _MAPS:
        kept[labels[row, column]] = True
    kept[0] = True
    return np.asarray(mask * kept[labels], np.float32)


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


def _between(rgb: Floats, mask: Floats) -> tuple[Floats, Floats]:
    """Along an outline, how far each colour lies on the way from the backdrop's to the person's, as
    `Matte.affine`, and [N, N] how far that is to be believed.

    Args:
        rgb: [N, N, 3] 0..1.
        mask: [N, N] the network's.
    """
    import cv2

    # At half the resolution, since all of it is smooth.
    size = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)

    def mean(x: Any) -> Any:
        return cv2.GaussianBlur(x, (0, 0), _NEIGHBOURS)

    few, band = np.float32(1e-3), np.ones((_BAND, _BAND), np.uint8)
    inside, outside = cv2.erode(mask, band), 1 - cv2.dilate(mask, band)
    person_here, backdrop_here = mean(inside), mean(outside)
    person = mean(rgb * inside[..., None]) / (person_here + few)[..., None]
    backdrop = mean(rgb * outside[..., None]) / (backdrop_here + few)[..., None]
    way = person - backdrop
    length = np.einsum("yxc,yxc->yx", way, way)
    line = np.empty((*mask.shape, 5), np.float32)
    line[..., :3] = way / (length + few)[..., None]
    line[..., 3] = -np.einsum("yxc,yxc->yx", line[..., :3], backdrop) - np.float32(_MIXED[0])
    line[..., :4] /= np.float32(_MIXED[1] - _MIXED[0])
    known = smoothstep(np.minimum(person_here, backdrop_here), *_KNOWN)
    border = smoothstep(1 - cv2.blur(mask, (_BAND + 2, _BAND + 2)), *_BORDER)
    line[..., 4] = smoothstep(np.sqrt(length), *_APART) * known * border
    line = np.asarray(cv2.resize(line, (2 * size[0], 2 * size[1])), np.float32)
    return line[..., :4], line[..., 4]


def _alpha(affine: Floats, rgb: Floats) -> Floats:
    """[h, w] 0..1 what maps [h, w, 4] make of colours [h, w, 3]."""
    alpha = np.einsum("yxc,yxc->yx", affine[..., :3], rgb) + affine[..., 3]
    return np.asarray(np.clip(alpha, 0.0, 1.0), np.float32)


def _certain(
    landmarks: NDArray[np.float32], to_frame: Matrix, mask: Floats, size: tuple[int, int]
) -> Floats:
    """[128, 128] 1 well inside the face, which is the person even where the network isn't sure; 0
    outside.

    The network sees no person in a face that fills its window: then so much around the face as a
    head takes up counts, too, ever less.
    """
    import cv2

    linear = np.linalg.inv(to_frame[:, :2])
    points = (landmarks[:, :2] - to_frame[:, 2]) @ linear.T
    hull = cv2.convexHull(points.astype(np.float32))
    inside = np.zeros((_MAPS, _MAPS), np.float32)
    cv2.fillConvexPoly(inside, hull.astype(np.int32), 1.0)
    edge = np.asarray(cv2.blur(inside, size), np.float32)
    sure = np.asarray(np.clip(2.0 * edge - 1.0, 0.0, 1.0), np.float32)
    found = float((mask * inside).sum() / max(float(inside.sum()), 1.0))
    missed = 1.0 - float(smoothstep(found, *_FOUND))
    middle = hull.mean(axis=0, keepdims=True)
    core = np.zeros((_MAPS, _MAPS), np.float32)
    cv2.fillConvexPoly(core, (middle + _CORE * (hull - middle)).astype(np.int32), 1.0)
    seen = np.maximum(cv2.blur(core, size), smoothstep(mask, *_SEEN))
    sure *= np.maximum(seen, np.float32(missed))
    if missed > 0.0 and inside.any():
        head = np.zeros((_MAPS, _MAPS), np.float32)
        cv2.fillConvexPoly(head, (middle + _HEAD * (hull - middle)).astype(np.int32), 1.0)
        wide = cv2.GaussianBlur(head, (0, 0), _HAZE)
        sure = np.maximum(sure, wide * np.float32(missed))
    return sure


def _bare(face: TrackedFace, to_frame: Matrix) -> Floats:
    """[128, 128] 1 within the fitted head as far up as the ears reach: an ear as bright as the wall
    behind it is the person's. Higher up is hair, whose outline colours tell."""
    import cv2

    mean, identity = _sides()
    points = face.pose.project(mean + np.tensordot(face.identity, identity, 1)) - to_frame[:, 2]
    hull = cv2.convexHull((points @ np.linalg.inv(to_frame[:, :2]).T).astype(np.float32))
    inside, fine = np.zeros((_MAPS, _MAPS), np.uint8), 4  # bits below a pixel
    cv2.fillConvexPoly(inside, (hull * 2**fine).round().astype(np.int32), 255, cv2.LINE_AA, fine)
    return np.asarray(inside * np.float32(1 / 255), np.float32)


@cache
def _sides() -> tuple[Floats, Floats]:
    """The mean head's ears and cheeks [M, 3], and its shape modes there [40, M, 3]."""
    head = HeadModel.load()
    low = (head.region != REGIONS.index("neck")) & (head.mean[:, 1] < _EARS)
    which = low & (np.abs(head.mean[:, 0]) > _ASIDE)
    return head.mean[which], head.identity[:, which]


def _coded(rgb: NDArray[np.floating] | NDArray[np.uint8]) -> Floats:
    """[h, w, 3] float32 0..1."""
    if rgb.dtype == np.uint8:
        return np.asarray(rgb * np.float32(1 / 255), np.float32)
    return np.asarray(rgb, np.float32)


def _luma(rgb: NDArray[np.uint8]) -> Floats:
    """[h, w] float32 0..1, the coded luma of BT.601."""
    import cv2

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) * np.float32(1 / 255), np.float32)


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
