"""`Timeline`: a light and a camera that move, by keyframes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, isfinite, pi
from typing import Generic, TypeVar

from ..errors import LightError
from ..number import as_floats, check_number
from .light import Light
from .sh import rotate_y
from .source import LightSource, check_view, light_at

__all__ = ["EASINGS", "Keyframe", "Timeline"]

T = TypeVar("T")

EASINGS: dict[str, Callable[[float], float]] = {
    "linear": lambda t: t,
    "ease-in": lambda t: t * t,
    "ease-out": lambda t: t * (2.0 - t),
    "ease-in-out": lambda t: 0.5 - 0.5 * cos(pi * t),
    "smoothstep": lambda t: t * t * (3.0 - 2.0 * t),
    "hold": lambda t: 0.0,
}
"""How the way from one keyframe to the next is gone: share of time to share of way, 0..1.

ease-in-out is half a cosine wave; hold stays and jumps at the next keyframe.
"""


@dataclass(frozen=True)
class Keyframe:
    """What holds at one time. A part left out (None) is carried on between its neighbours.

    Attributes:
        time: seconds from the start of the video, 0 or more.
        light: the light, or a constant source; two neighbours are cross-faded, which is linear in
            radiance.
        rotate: radians that the light is turned about the vertical: carries it around the head at
            full strength, where a cross-fade would dim through the middle. 0 in a first keyframe
            without it.
        view: yaw, pitch and roll in radians, 30 degrees (0.52) each at most, that the camera is
            turned by; 0 in a first keyframe without it.
        ease: the way to the next keyframe: linear, ease-in, ease-out, ease-in-out, smoothstep or
            hold (see `EASINGS`).

    Raises:
        LightError: a value out of its range, or no light.
    """

    time: float
    light: Light | LightSource | None = None
    rotate: float | None = None
    view: tuple[float, float, float] | None = None
    ease: str = "linear"

    def __post_init__(self) -> None:
        if not (_finite(self.time) and self.time >= 0.0):
            raise LightError(f"a keyframe's time is 0 seconds or more, got {self.time!r}")
        if not isinstance(self.light, Light | LightSource | None):
            raise LightError(
                f"a keyframe's light is a Light, or what load_light gives, not {self.light!r}"
            )
        if isinstance(self.light, LightSource) and not self.light.constant:
            raise LightError("a keyframe's light is constant, not another timeline")
        if self.rotate is not None and not _finite(self.rotate):
            raise LightError(f"a keyframe turns its light by finite radians, got {self.rotate!r}")
        if self.view is not None:
            check_view(self.view, "a keyframe's view")
        if not isinstance(self.ease, str) or self.ease not in EASINGS:
            raise LightError(f"no easing is called {self.ease!r}: take {', '.join(EASINGS)}")

    @property
    def lit(self) -> Light | None:
        """The light itself."""
        return light_at(self.light, 0.0) if isinstance(self.light, LightSource) else self.light


def _finite(value: object) -> bool:
    given = as_floats(value)
    return given.shape == () and isfinite(given)


class Timeline:
    """A light source by keyframes.

    Before the first keyframe its values hold, after the last its own; a loop starts again at the
    first when it reaches the last.

    Args:
        keyframes: in the order of their times; at least one has a light, all lights in one frame.
        loop: whether to start over; make the last keyframe equal to the first for no jump.

    Raises:
        LightError: the keyframes break these rules.
    """

    def __init__(self, keyframes: Sequence[Keyframe], loop: bool = False) -> None:
        self.keyframes = tuple(keyframes) if isinstance(keyframes, Iterable) else (keyframes,)
        for keyframe in self.keyframes:
            if not isinstance(keyframe, Keyframe):
                raise LightError(
                    f"a timeline is made of Keyframes, not {keyframe!r}; of a file or a mapping"
                    " load_light makes one"
                )
        self.loop = loop
        times = [k.time for k in self.keyframes]
        if any(b <= a for a, b in pairwise(times)):
            raise LightError(f"keyframe times must rise from one to the next, got {times}")
        if loop and len(times) < 2:
            raise LightError("a looped timeline needs two keyframes or more")
        self._lights = _Track([(k.time, k.lit, k.ease) for k in self.keyframes])
        # Whoever turns something later on means it to start from where it is.
        self._turns = _Track([(k.time, k.rotate, k.ease) for k in self.keyframes], start=0.0)
        self._views = _Track([(k.time, k.view, k.ease) for k in self.keyframes], start=(0.0,) * 3)
        if not self._lights.values:
            raise LightError("a timeline needs a light in at least one keyframe")
        if len({light.frame for light in self._lights.values}) > 1:
            raise LightError("all lights of a timeline must be in one frame, camera or head")

    def __repr__(self) -> str:
        keys, looped = self.keyframes, ", looped" if self.loop else ""
        return f"<Timeline: {len(keys)} keyframes, {keys[0].time:g} to {keys[-1].time:g} s{looped}>"

    @property
    def constant(self) -> bool:
        """Whether nothing moves."""
        return all(len(t.values) < 2 for t in (self._lights, self._turns, self._views))

    @property
    def duration(self) -> float:
        """Seconds to the last keyframe."""
        return self.keyframes[-1].time

    def at(self, time: float) -> Light:
        """The light at `time` seconds."""
        a, b, share = self._lights.around(self._wrapped(time))
        light = a if share == 0.0 else a.lerp(b, share)
        if not self._turns.values:
            return light
        turn, turn_next, share = self._turns.around(self._wrapped(time))
        return light.rotated(rotate_y(turn + share * (turn_next - turn)))

    def view(self, time: float) -> tuple[float, float, float]:
        """Yaw, pitch and roll in radians that the camera is turned by at `time` seconds."""
        if not self._views.values:
            return 0.0, 0.0, 0.0
        a, b, share = self._views.around(self._wrapped(time))
        yaw, pitch, roll = (x + share * (y - x) for x, y in zip(a, b, strict=True))
        return yaw, pitch, roll

    def mapped(self, change: Callable[[Light], Light]) -> Timeline:
        """The same timeline with every keyframe's light changed."""
        return Timeline(
            [replace(k, light=change(k.lit)) if k.lit else k for k in self.keyframes],
            self.loop,
        )

    def _wrapped(self, time: float) -> float:
        check_number("a time", time)
        start = self.keyframes[0].time
        if not self.loop or time <= start:
            return time
        return start + (time - start) % (self.duration - start)


class _Track(Generic[T]):
    """One part of the keyframes, those without it left out.

    Args:
        keys: time, value and easing of each keyframe.
        start: value of a first keyframe without one, if any has one at all.
    """

    def __init__(self, keys: Sequence[tuple[float, T | None, str]], start: T | None = None) -> None:
        if keys and keys[0][1] is None and any(value is not None for _, value, _ in keys):
            keys = [(keys[0][0], start, keys[0][2]), *keys[1:]]
        given = [(time, value, ease) for time, value, ease in keys if value is not None]
        self.times = [time for time, _, _ in given]
        self.values = [value for _, value, _ in given]
        self.eases = [ease for _, _, ease in given]

    def around(self, time: float) -> tuple[T, T, float]:
        """The value before and after `time`, and the eased share of the way between them."""
        i = bisect_right(self.times, time) - 1
        if i < 0:
            return self.values[0], self.values[0], 0.0
        if i == len(self.times) - 1:
            return self.values[i], self.values[i], 0.0
        share = (time - self.times[i]) / (self.times[i + 1] - self.times[i])
        return self.values[i], self.values[i + 1], EASINGS[self.eases[i]](share)
