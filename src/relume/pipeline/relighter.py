"""`Relighter`: a frame in, the same frame relit out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cores import available_cores
from ..errors import UsageError
from ..face import FaceTracker, TrackedFace, TrackerConfig
from ..geometry import MOST_TURN
from ..light import Light, LightSource
from ..light.load import LightSpec
from ..light.source import ConstantLight
from ..media import ArrayPicture, Picture
from .engine import AheadEngine, Engine, PassEngine, Passes, Plan
from .estimate import load_light
from .held import HeldPicture
from .passes import NO_PASSES

__all__ = ["FrameResult", "Relighter", "resolve_light"]

_MOST_TURN = math.radians(MOST_TURN)

_MOST_STOPS = 20  # as the schema of light files has it
_MOST_THREADS = 4  # for one picture's rows; planning it, in one thread, takes longer already

LightLike = LightSpec | Light | LightSource
Prepared = Mapping[int, Any]
"""By the faces' ids, what the engine alone understands."""


@dataclass(frozen=True)
class FrameResult:
    """What was found in one frame.

    Attributes:
        faces: the tracked faces, also those too faint or too far turned to be relit.
    """

    faces: list[TrackedFace]

    @property
    def relit(self) -> int:
        """How many faces were relit, wholly or in part."""
        return sum(face.strength > 0.0 for face in self.faces)


def resolve_light(
    light: LightLike | None, *, rotation: float = 0.0, exposure: float = 0.0
) -> LightSource | None:
    """Any way of naming a light to a `LightSource`; pictures give their portrait's light.

    Args:
        light: `Light`s and `LightSource`s are taken as they are; None gives None.
        rotation: radians that a named light is turned about the vertical; see `load_light`.
        exposure: stops by which a named light is brighter, -20 to 20 as in light files.

    Raises:
        UsageError: an exposure out of its range, a rotation that isn't finite.
        LightError: no such preset, or a file that makes no sense.
        NoFaceError: the picture shows no face.
    """
    if light is None:
        return None
    if isinstance(light, Light):
        return ConstantLight(light)
    if isinstance(light, LightSource):
        return light
    if not abs(exposure) <= _MOST_STOPS:
        raise UsageError(f"an exposure is -{_MOST_STOPS} to {_MOST_STOPS} stops, got {exposure:g}")
    if not math.isfinite(rotation):
        raise UsageError(f"a light is turned by a finite angle, got {rotation:g}")
    return load_light(light, rotation=rotation, exposure=exposure)


class Relighter:
    """Relights the faces of a sequence of frames.

    Keeps what it learns from frame to frame (who is where, in what light), so use one for each
    video and show it the frames in order. Not safe for use by several threads at once, except
    that `track` may run ahead of `prepare`, that of `plan`, and that of the plans' `apply`, each
    in a thread.

    Args:
        light: preset name, file, mapping, `Light` or `LightSource`; None keeps the video's own
            light (for a camera move alone).
        yaw: radians by which the camera is turned to the picture's right around the head.
        pitch: radians by which it is lifted.
        amount: share of the new light, 0 (the input) to 1.
        max_faces: the most faces to follow; see `TrackerConfig`.
        engine: what relights, made by `relume.pipeline.models.build_engine`, one for each
            relighter; that of the default model if left out.

    Raises:
        UsageError: a value out of its range, or no engine.
        LightError: no such light, or a file that makes no sense.
    """

    def __init__(
        self,
        light: LightLike | None = None,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        amount: float = 1.0,
        max_faces: int = 4,
        engine: Engine | None = None,
    ) -> None:
        if not 0.0 <= amount <= 1.0:
            raise UsageError(f"the amount is a share from 0 to 1, got {amount}")
        if max_faces < 1:
            raise UsageError(f"at least one face must be relit, got max_faces={max_faces}")
        if engine is None:
            from .models import build_engine

            engine = build_engine()
        if not hasattr(engine, "plan"):
            raise UsageError(
                f"{engine!r} is no engine; relume.pipeline.models.build_engine makes one of a"
                " model's name"
            )
        self.light: LightSource | None = None
        self.yaw = self.pitch = 0.0
        self.aim(light, yaw=yaw, pitch=pitch)
        self.amount = amount
        self.engine = engine
        self._tracker = FaceTracker(TrackerConfig(max_faces=max_faces))
        self._clock = 0.0

    def __call__(
        self, frame: NDArray[np.uint8] | NDArray[np.float32], time: float | None = None
    ) -> NDArray[Any]:
        """The next frame, relit.

        Args:
            frame: [H, W, 3] sRGB, uint8 0..255 or float32 0..1; not changed.
            time: seconds from the start; a 25th after the last frame if left out.

        Returns:
            [H, W, 3] of the same type.

        Raises:
            UsageError: the frame is no array, or one of another kind.
        """
        picture = ArrayPicture(ArrayPicture(frame).array.copy())
        self.process(picture, self._clock if time is None else time)
        return picture.array

    def aim(
        self,
        light: LightLike | None = None,
        *,
        yaw: float | None = None,
        pitch: float | None = None,
    ) -> None:
        """Another light or another place of the camera from now on; None leaves each as it is.

        Raises:
            UsageError: an angle out of its range.
            LightError: no such light, or a file that makes no sense.
        """
        for name, angle in (("yaw", yaw), ("pitch", pitch)):
            if angle is not None and not abs(angle) <= _MOST_TURN:
                raise UsageError(
                    f"{name} is {_MOST_TURN:.2f} radians ({MOST_TURN:.0f} degrees) at most,"
                    f" got {angle:g} ({math.degrees(angle):g} degrees)"
                )
        self.light = self.light if light is None else resolve_light(light)
        self.yaw = self.yaw if yaw is None else yaw
        self.pitch = self.pitch if pitch is None else pitch

    def process(self, picture: Picture, time: float) -> FrameResult:
        """Relight `picture` in place as the frame at `time` seconds."""
        return self.render(picture, self.track(picture, time), time)

    def track(self, picture: Picture, time: float) -> list[TrackedFace]:
        """Find the faces of the frame at `time` seconds."""
        return self._tracker.update(picture, time)

    def prepare(
        self, picture: Picture, faces: list[TrackedFace], time: float, hurried: bool = False
    ) -> Prepared:
        """The part of `plan` that no light changes, where the engine does it apart.

        `hurried` is for live video: see `AheadEngine.prepare`.
        """
        if not isinstance(self.engine, AheadEngine):
            return {}
        return {
            face.id: self.engine.prepare(
                picture, face, time, hurried, [other for other in faces if other is not face]
            )
            for face in faces
        }

    def plan(
        self,
        picture: Picture,
        faces: list[TrackedFace],
        time: float,
        prepared: Prepared | None = None,
    ) -> list[Plan]:
        """What to do to tracked faces of the frame at `time` seconds, farther ones first.

        `prepared` is what `prepare` gave for the same faces, if it was asked.
        """
        self._clock = time + 1 / 25
        prepared = prepared or self.prepare(picture, faces, time)
        light, turn = self._asked(time)
        plans = []
        for face in _farther_first(faces):
            asked = picture, face, light, time, turn, self.amount
            if prepared and isinstance(self.engine, AheadEngine):
                plans.append(self.engine.plan(*asked, prepared[face.id]))
            else:
                plans.append(self.engine.plan(*asked))
        return [plan for plan in plans if plan is not None]

    def passes(self, picture: Picture, faces: list[TrackedFace], time: float) -> list[Passes]:
        """What is known of tracked faces that were just planned, farther ones first.

        Raises:
            UsageError: the engine knows of none.
        """
        if not isinstance(self.engine, PassEngine):
            raise UsageError(NO_PASSES)
        light, turn = self._asked(time)
        known = [
            self.engine.passes(picture, face, light, time, turn, self.amount)
            for face in _farther_first(faces)
        ]
        return [passes for passes in known if passes is not None]

    def _asked(self, time: float) -> tuple[Light | None, tuple[float, float, float]]:
        """The new light, and yaw, pitch and roll in radians to turn the camera by; a timeline's
        move and the relighter's own come together up to `relume.geometry.MOST_TURN`."""
        light = self.light.at(time) if self.light else None
        view = self.light.view(time) if self.light else (0.0, 0.0, 0.0)
        yaw, pitch = (
            max(-_MOST_TURN, min(_MOST_TURN, a + b))
            for a, b in zip(view[:2], (self.yaw, self.pitch), strict=True)
        )
        return light, (yaw, pitch, view[2])

    def render(
        self,
        picture: Picture,
        faces: list[TrackedFace],
        time: float,
        prepared: Prepared | None = None,
    ) -> FrameResult:
        """Relight tracked faces of the frame at `time` seconds, in place, on all cores.

        `prepared` is what `prepare` gave for the same faces, if it was asked.
        """
        threads = min(available_cores(), _MOST_THREADS)
        for plan in self.plan(picture, faces, time, prepared):
            plan.apply(picture, threads)
        return FrameResult(faces)

    def detect(self, picture: Picture, time: float = 0.0) -> list[TrackedFace]:
        """Find the faces of a picture that stands alone, taking more trouble over it."""
        return self._tracker.detect(picture)

    def hold(self, rgb8: NDArray[np.uint8]) -> HeldPicture:
        """A picture that stands alone, or a paused frame, to be shown in many ways.

        Args:
            rgb8: uint8 [H, W, 3] sRGB.
        """
        return HeldPicture(self, rgb8, self.detect(ArrayPicture(rgb8)))

    def still(self, picture: Picture) -> FrameResult:
        """Relight a picture that stands alone, in place."""
        return self.render(picture, self.detect(picture), 0.0)


def _farther_first(faces: list[TrackedFace]) -> list[TrackedFace]:
    return sorted(faces, key=lambda face: face.pose.scale)
