"""A gain that stays where it is on the skin: averaged in time along the picture's own motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import Matte
from ..light import Light
from .gain import Gain
from .motion import Motion, MotionFinder
from .outline import followed

__all__ = ["Relit", "Steadier", "SteadyConfig"]

Floats = NDArray[np.float32]

Change = Callable[[Light, Light], Floats]
"""Tells the [N, N, 3] natural logarithm of a frame's shading under one light over that under
another one."""

_NEAR = np.ones((3, 3), np.uint8)

_STILL = 0.25
"""Codes that cells differ by on average from which a frame shows anything new."""


@dataclass(frozen=True)
class SteadyConfig:
    """How far the frames before are believed."""

    memory: float = 0.6
    """Seconds over which the gain is averaged as it moves along with the skin; 0 for not at all."""
    outline: float = 0.1
    """The same for the person's matte."""
    gap: float = 0.3
    """Seconds from one frame to the next from which nothing is carried along."""
    loose: float = 0.15
    """Natural logarithm by which what is carried along may lie outside of what the frame's own gain
    has in the cells around."""
    lost: tuple[float, float] = (0.04, 0.12)
    """Level, 0..1 sRGB-coded, by which a place looks other than where it came from, between which
    it ceases to be taken for the same."""
    every: float = 0.13
    """Seconds for which a gain serves, moved along with the skin, before another frame is asked:
    it would count little beside what is carried."""
    torn: float = 0.03
    """Share of the person that has lost its motion from which every frame is asked."""


@dataclass(frozen=True, eq=False)
class Relit:
    """What a frame's face is to become.

    Attributes:
        gain: of its N x N cells.
        known: [N, N] 0..1 how far the gain is to be believed.
        matte: where the person is.
        edges: [2 N, 2 N] what is added to the gain's logarithm between its cells; None for
            nothing.
    """

    gain: Gain
    known: Floats
    matte: Matte
    edges: Floats | None = None


@dataclass(frozen=True, eq=False)
class _Frame:
    time: float
    asked: float  # the time of the last frame that was asked itself
    cells: NDArray[np.uint8]
    crop: NDArray[np.floating]
    light: Light
    maps: Floats  # [N, N, 5] logarithm of the gain, lift, known
    matte: Matte
    drawn: Matte  # what `matte` is made of
    edges: Floats | None  # of the frame that was asked
    alone: bool  # nothing was carried along
    path: Motion | None = None  # to the frame that was asked; None for this one
    trust: Floats | None = None  # [N, N] 0..1 how far what was carried along is to be believed
    open: _Frame | None = None  # one that is being asked meanwhile; see `ask`
    since: Motion | None = None  # to `open`; None for this one

    def shows(self, cells: NDArray[np.uint8], crop: NDArray[np.floating]) -> bool:
        """Whether it is of all but the same picture."""
        still = float(cv2.absdiff(cells, self.cells).mean()) < _STILL
        return still and np.allclose(crop, self.crop, atol=1e-3)

    @property
    def relit(self) -> Relit:
        """What is to become of it."""
        parts: Any = np.split(self.maps, (3, 4), 2)
        logarithm, lift, known = (np.ascontiguousarray(part) for part in parts)
        edges = self.edges
        if edges is not None and self.path is not None:
            edges = self.path.finer().carried(edges)
        return Relit(Gain(logarithm, lift[..., 0]), known[..., 0], self.matte, edges)


class Steadier:
    """Averages one face's gain over the frames, each cell along its own path.

    Pose, planes and source light tremble a little against the skin, and new light with them. As in
    temporal anti-aliasing (Karis, "High quality temporal supersampling", SIGGRAPH 2014) the frame
    before is carried along by optical flow, clipped to the range of the frame's own gain in the
    cells around, and forgotten where the picture doesn't match. What a light's own move changes is
    added to what is carried, so that it doesn't lag.

    Args:
        config: see `SteadyConfig`.
    """

    def __init__(self, config: SteadyConfig | None = None) -> None:
        self.config = config or SteadyConfig()
        self._motion = MotionFinder(self.config.lost)
        self._before: _Frame | None = None
        self._now: _Frame | None = None

    def __call__(
        self,
        relit: Relit,
        cells: NDArray[np.uint8],
        crop: NDArray[np.floating],
        light: Light,
        time: float,
        change: Change,
    ) -> Relit:
        """The same, steadied. Asked again about the same time it starts from the same past.

        Args:
            relit: what the frame alone makes of it.
            cells: uint8 [N, N, 3] the frame.
            crop: [2, 3] from frame pixels to those of the 512 crop.
            light: the new light.
            time: seconds.
            change: what this frame's light does when it moves.
        """
        if not self.config.memory > 0.0:
            return relit
        matte, edges, maps = relit.matte, relit.edges, _maps_of(relit)
        now = _Frame(time, time, cells, crop, light, maps, matte, matte, edges, alone=True)
        old = self._past(time)
        if old is not None:
            lit, still = _same(old.light, light), old.shows(cells, crop)
            if still and lit:  # also one of the frames that videos repeat
                now = replace(old, time=time, asked=time)
            elif not (still and old.alone):  # a picture gets any light exactly
                now = self._mixed(old, now, None if lit else change(light, old.light))
        self._before, self._now = old, now
        return now.relit

    def carried(
        self,
        matte: Matte,
        cells: NDArray[np.uint8],
        crop: NDArray[np.floating],
        light: Light,
        time: float,
        patience: float = 1.0,
        change: Change | None = None,
    ) -> Relit | None:
        """What the frame before was to become, moved along; None where this one has to be asked.

        Args:
            matte: the frame's own.
            cells, crop, light, time: as above.
            patience: how many times as long a gain serves as it should.
            change: what the frame's light does when it moves; None where such frames are asked.
        """
        old, every = self._past(time), self.config.every * patience
        if old is None or time - old.asked > every:
            return None
        lit = _same(old.light, light)
        if not lit and change is None:
            return None
        if old.shows(cells, crop):
            now = replace(old, time=time)
        else:
            motion, known = self._motion(old.cells, cells), old.maps[..., 4]
            if float(((1 - motion.trust) * known).sum()) > self.config.torn * float(known.sum()):
                return None
            now = replace(
                old, time=time, cells=cells, crop=crop, drawn=matte, alone=False,
                maps=motion.carried(old.maps),
                matte=self._followed(old, matte, crop, motion, time),
                path=_along(motion, old.path),
                trust=motion.trust,
                since=_along(motion, old.since) if old.open is not None else None,
            )  # fmt: skip
        if not lit and change is not None:
            now = replace(now, light=light, maps=_changed(now.maps, change(light, old.light)))
        self._before, self._now = old, now
        return now.relit

    def due(self, time: float) -> bool:
        """Whether a frame is to be asked again."""
        return self._now is not None and time - self._now.asked > self.config.every

    def ask(self) -> None:
        """The last frame, which was carried along, is asked while others are: see `answer`."""
        assert self._now is not None
        last = replace(self._now, open=None)
        self._now = replace(last, open=last, since=None)

    def answer(self, relit: Relit, change: Change) -> None:
        """What that frame alone is to become: from now on this is carried along, steadied.

        Args:
            relit: see above.
            change: what that frame's light does when it moves.
        """
        now = self._now
        if now is None or now.open is None:  # forgotten meanwhile
            return
        asked = now.open
        trust = np.ones_like(relit.known) if asked.trust is None else asked.trust
        maps = self._averaged(asked, asked.maps, _maps_of(relit), trust, asked.time)
        if now.since is not None:
            maps = now.since.carried(maps)
        if not _same(asked.light, now.light):
            maps = _changed(maps, change(now.light, asked.light))
        self._now = replace(
            now, asked=asked.time, maps=maps, edges=relit.edges, path=now.since,
            open=None, since=None,
        )  # fmt: skip

    def _past(self, time: float) -> _Frame | None:
        old = self._now
        if old is not None and old.time == time:
            old = self._before
        return old if old is not None and 0.0 < time - old.time < self.config.gap else None

    def _mixed(self, old: _Frame, new: _Frame, change: Floats | None) -> _Frame:
        motion = self._motion(old.cells, new.cells)
        carried = motion.carried(old.maps)
        if change is not None:
            carried = _changed(carried, change)
        maps = self._averaged(old, carried, new.maps, motion.trust, new.time)
        matte = self._followed(old, new.drawn, new.crop, motion, new.time)
        return replace(new, maps=maps, matte=matte, alone=False)

    def _averaged(
        self, old: _Frame, carried: Floats, new: Floats, trust: Floats, time: float
    ) -> Floats:
        """Maps [N, N, 5] that a frame at `time` makes of itself, with those that were carried."""
        loose = np.float32(self.config.loose)
        low, high = cv2.erode(new, _NEAR) - loose, cv2.dilate(new, _NEAR) + loose
        # Frames between have said nothing.
        share = np.float32(_share(self.config.memory, time - old.asked)) * trust
        return np.asarray(new + (np.clip(carried, low, high) - new) * share[..., None], np.float32)

    def _followed(
        self, old: _Frame, drawn: Matte, crop: NDArray[np.floating], motion: Motion, time: float
    ) -> Matte:
        # A matte that is but the last one's, moved as a whole, has nothing to say itself.
        same = drawn.affine is old.drawn.affine
        share = 1.0 if same else _share(self.config.outline, time - old.time)
        return followed(drawn, crop, old.matte, old.crop, motion, share)


def _maps_of(relit: Relit) -> Floats:
    """See `_Frame.maps`."""
    return np.dstack([relit.gain.logarithm, relit.gain.lift, relit.known])


def _changed(maps: Floats, change: Floats) -> Floats:
    """Maps [N, N, 5] with [N, N, 3] added to the gain's logarithm."""
    out = maps.copy()
    out[..., :3] += change
    return out


def _along(motion: Motion, before: Motion | None) -> Motion:
    """A motion after those before it, if there are any."""
    return motion if before is None else motion.after(before)


def _share(memory: float, step: float) -> float:
    """Of what was, in an average over `memory` seconds."""
    return memory / (memory + step)


def _same(one: Light, other: Light) -> bool:
    if one.frame is not other.frame or len(one.lamps) != len(other.lamps):
        return False
    lamps = zip(one.lamps, other.lamps, strict=True)
    return np.array_equal(one.coefficients, other.coefficients) and all(
        a.softness == b.softness and np.array_equal((a.direction, a.rgb), (b.direction, b.rgb))
        for a, b in lamps
    )
