"""`Relighter`: a frame in, the same frame relit out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, SupportsIndex, cast, overload

import numpy as np
from numpy.typing import NDArray

from ..cores import available_cores
from ..errors import UsageError
from ..face import FaceTracker, TrackedFace, TrackerConfig
from ..geometry import MOST_TURN
from ..light import Light, LightSource
from ..light.load import LightSpec
from ..light.source import ConstantLight, light_at, view_at
from ..media import ArrayPicture, Picture, as_picture
from ..number import as_number
from .engine import AheadEngine, Engine, PassEngine, Passes, Plan
from .estimate import load_light
from .held import HeldPicture
from .inset import PlacedPasses, PlacedPlan, within_panel
from .owners import own
from .passes import NO_PASSES
from .unchanged import UNCHANGED, Unchanged

__all__ = ["FrameResult", "Relighter", "resolve_light"]

_MOST_TURN = math.radians(MOST_TURN)

_MOST_THREADS = 4  # for one picture's rows; planning it, in one thread, takes longer already

LightLike = LightSpec | Light | LightSource
Frame = Picture | NDArray[np.uint8] | NDArray[np.float32]
Prepared = Mapping[int, Any]
"""By the faces' ids, what the engine alone understands."""


@dataclass(frozen=True, repr=False)
class FrameResult:
    """What was found in one frame.

    Attributes:
        faces: the tracked faces, also those too faint or too far turned to be relit, whose
            `strength` is 0.
    """

    faces: list[TrackedFace]

    def __repr__(self) -> str:
        return f"<FrameResult: {len(self.faces)} faces, {self.relit} relit>"

    @property
    def relit(self) -> int:
        """How many faces have a `strength` above 0: so many were relit, wholly or in part, by a
        relighter that has a light or a turn of the camera, and an amount above 0."""
        return sum(face.strength > 0.0 for face in self.faces)


def resolve_light(
    light: LightLike | None, *, rotation: float = 0.0, exposure: float = 0.0
) -> LightSource | None:
    """Any way of naming a light to a `LightSource`; pictures give their portrait's light.

    Args:
        light: `Light`s and `LightSource`s are taken as they are; None gives None.
        rotation, exposure: of a named light; see `load_light`.

    Raises:
        UsageError: a rotation or an exposure out of its range.
        LightError: no such preset, or a file that makes no sense.
        MediaError, NoFaceError: a portrait named as the light can't be read, or shows no face.
    """
    if light is None:
        return None
    if isinstance(light, Light):
        return ConstantLight(light)
    if isinstance(light, LightSource) and not isinstance(light, type):
        return light
    return load_light(cast("LightSpec", light), rotation=rotation, exposure=exposure)


class Relighter:
    """Relights the faces of a sequence of frames.

    Keeps what it learns from frame to frame (who is where, in what light), so use one for each
    video and show it the frames in order. Not safe for use by several threads at once, except
    that `track` may run ahead of `prepare`, that of `plan`, and that of the plans' `apply`, each
    in one thread at a time.

    Args:
        light: preset name, file, mapping, `Light` or `LightSource`; None keeps the video's own
            light (for a camera move alone).
        yaw: radians by which the camera is turned to the picture's right around the head, 30
            degrees (0.52) either way at most.
        pitch: radians by which it is lifted, likewise.
        amount: share of the new light, 0 (the input) to 1.
        max_faces: the most faces to follow; see `TrackerConfig`.
        live: frames come from a camera: rather an older look at the face than a late frame.
        engine: what relights, made by `relume.pipeline.models.build_engine`, one for each
            relighter; that of the default model if left out.

    Raises:
        UsageError: a value out of its range, no engine, or that of another relighter that is still
            there.
        LightError: no such light, or a file that makes no sense.
        MediaError, NoFaceError: a portrait named as the light can't be read, or shows no face.
    """

    def __init__(
        self,
        light: LightLike | None = None,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        amount: float = 1.0,
        max_faces: int = 4,
        live: bool = False,
        engine: Engine | None = None,
    ) -> None:
        followed = TrackerConfig(max_faces=max_faces)
        if engine is None:
            from .models import build_engine

            engine = build_engine()
        if not hasattr(engine, "plan"):
            raise UsageError(
                f"{engine!r} is no engine; relume.pipeline.models.build_engine makes one of a"
                " model's name"
            )
        self._light: LightSource | None = None
        self._yaw = self._pitch = 0.0
        self._amount = 1.0
        self.aim(light, yaw=yaw, pitch=pitch, amount=amount)
        self.engine = engine
        self._live = live
        self._tracker = FaceTracker(followed)
        self._planned = self._next = 0.0
        own(self)

    def __repr__(self) -> str:
        light = "the picture's own light" if self._light is None else type(self._light).__name__
        return (
            f"<Relighter: {light}, yaw {self._yaw:g}, pitch {self._pitch:g}, amount"
            f" {self._amount:g}, {type(self.engine).__name__}>"
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise UsageError(
            "a relighter is neither copied nor pickled, for it remembers the faces of its video:"
            " make one for each video, in the process that uses it"
        )

    @property
    def light(self) -> LightSource | None:
        """The new light; None for the picture's own. Set by `aim`, as what follows."""
        return self._light

    @property
    def yaw(self) -> float:
        """Radians by which the camera is turned to the picture's right."""
        return self._yaw

    @property
    def pitch(self) -> float:
        """Radians by which it is lifted."""
        return self._pitch

    @property
    def amount(self) -> float:
        """Share of the new light, 0 to 1."""
        return self._amount

    @overload
    def __call__(
        self, frame: NDArray[np.uint8], time: float | None = None
    ) -> NDArray[np.uint8]: ...

    @overload
    def __call__(
        self, frame: NDArray[np.float32], time: float | None = None
    ) -> NDArray[np.float32]: ...

    def __call__(
        self, frame: NDArray[np.uint8] | NDArray[np.float32], time: float | None = None
    ) -> NDArray[Any]:
        """The next frame, relit.

        Args:
            frame: [H, W, 3] sRGB, uint8 0..255 or float32 0..1 (see `ArrayPicture` on what is
                beyond); not changed.
            time: seconds from the start; a 25th after the last frame if left out.

        Returns:
            [H, W, 3] of the same type.

        Raises:
            UsageError: the frame is no array, or one of another kind, or the time is no finite
                number.
            LightError: a `LightSource` of one's own gives what is no light or no turn.
        """
        picture = ArrayPicture(ArrayPicture(frame).array.copy())
        self.process(picture, time)
        return picture.array

    def aim(
        self,
        light: LightLike | Unchanged | None = UNCHANGED,
        *,
        yaw: float | None = None,
        pitch: float | None = None,
        amount: float | None = None,
    ) -> None:
        """Another light, place of the camera or amount from now on; what is left out stays.

        Args:
            light: None for the picture's own light.
            yaw, pitch, amount: see the class.

        Raises:
            UsageError: a value out of its range.
            LightError: no such light, or a file that makes no sense.
            MediaError, NoFaceError: a portrait named as the light can't be read, or shows no face.
        """
        yaw, pitch, amount = (
            None if number is None else as_number(name, number)
            for name, number in (("yaw", yaw), ("pitch", pitch), ("the amount", amount))
        )
        for name, angle in (("yaw", yaw), ("pitch", pitch)):
            if angle is not None and math.isnan(angle):
                raise UsageError(f"{name} is a finite number of radians, got nan")
            if angle is not None and abs(angle) > _MOST_TURN:
                raise UsageError(
                    f"{name} is {_MOST_TURN:.2f} radians ({MOST_TURN:.0f} degrees) at most, got"
                    f" {angle:g} ({math.degrees(angle):g} degrees); of degrees math.radians makes"
                    " such"
                )
        if amount is not None and not 0.0 <= amount <= 1.0:
            raise UsageError(f"the amount is a share from 0 to 1, got {amount}")
        if light is not UNCHANGED:
            self._light = resolve_light(light)
        self._yaw = self._yaw if yaw is None else yaw
        self._pitch = self._pitch if pitch is None else pitch
        self._amount = self._amount if amount is None else amount

    def process(self, frame: Frame, time: float | None = None) -> FrameResult:
        """Relight the next frame in place; one without a face stays as it is.

        Args:
            frame: a picture, or an array as `__call__` takes it, which is written to.
            time: seconds from the start; a 25th after the last frame if left out.

        Raises:
            UsageError: the frame is neither, or can't be written to, or the time is no finite
                number.
            LightError: a `LightSource` of one's own gives what is no light or no turn.
        """
        picture = _to_be_changed(frame)
        time = self._next if time is None else as_number("a frame's time", time)
        result = self.render(picture, self.track(picture, time), time)
        self._next = time + 1 / 25
        return result

    def track(self, picture: Picture, time: float) -> list[TrackedFace]:
        """Find the faces of the frame at `time` seconds."""
        return self._tracker.update(picture, time)

    def prepare(self, picture: Picture, faces: list[TrackedFace], time: float | None) -> Prepared:
        """The part of `plan` that no light changes, where the engine does it apart."""
        if not isinstance(self.engine, AheadEngine):
            return {}
        at, hurried = self._remembered(time), self._live and time is not None
        prepared = {}
        for face in faces:
            part, inner = within_panel(picture, face)
            others = [f for f in faces if f is not face and f.panel == face.panel]
            company = [within_panel(picture, other)[1] for other in others]
            prepared[face.id] = self.engine.prepare(part, inner, at, hurried, company)
        return prepared

    def plan(
        self,
        picture: Picture,
        faces: list[TrackedFace],
        time: float | None,
        prepared: Prepared | None = None,
    ) -> list[Plan]:
        """What to do to tracked faces, farther ones first.

        Args:
            picture: the frame.
            faces: those in it.
            time: the frame's, in seconds; None for what isn't part of the sequence, a picture that
                stands alone, under the light of 0 seconds. Faces of the sequence are remembered as
                if nothing had been in between.
            prepared: what `prepare` gave for the same faces and time, if it was asked.
        """
        self._planned = at = self._remembered(time)
        prepared = prepared or self.prepare(picture, faces, time)
        light, turn = self._asked(time)
        plans: list[Plan] = []
        for face in _farther_first(faces):
            asked = *within_panel(picture, face), light, at, turn, self.amount
            if prepared and isinstance(self.engine, AheadEngine):
                plan = self.engine.plan(*asked, prepared[face.id])
            else:
                plan = self.engine.plan(*asked)
            if plan is not None:
                plans.append(plan if face.panel is None else PlacedPlan(plan, face.panel))
        return plans

    def passes(
        self, picture: Picture, faces: list[TrackedFace], time: float | None
    ) -> list[Passes]:
        """What is known of tracked faces that were just planned, farther ones first.

        Raises:
            UsageError: the engine knows of none.
        """
        if not isinstance(self.engine, PassEngine):
            raise UsageError(NO_PASSES)
        (light, turn), at = self._asked(time), self._remembered(time)
        known: list[Passes] = []
        for face in _farther_first(faces):
            asked = *within_panel(picture, face), light, at, turn, self.amount
            seen = self.engine.passes(*asked)
            if seen is not None:
                known.append(seen if face.panel is None else PlacedPasses(seen, face.panel))
        return known

    def _remembered(self, time: float | None) -> float:
        """The time of the engine's memory at which it is asked; see `plan`."""
        return self._planned if time is None else time

    def _asked(self, time: float | None) -> tuple[Light | None, tuple[float, float, float]]:
        """The new light, and yaw, pitch and roll in radians to turn the camera by; a timeline's
        move and the relighter's own come together up to `relume.geometry.MOST_TURN`."""
        time = 0.0 if time is None else time
        light = None if self.light is None else light_at(self.light, time)
        view = (0.0, 0.0, 0.0) if self.light is None else view_at(self.light, time)
        yaw, pitch = (
            max(-_MOST_TURN, min(_MOST_TURN, a + b))
            for a, b in zip(view[:2], (self.yaw, self.pitch), strict=True)
        )
        return light, (yaw, pitch, view[2])

    def render(
        self,
        picture: Picture,
        faces: list[TrackedFace],
        time: float | None,
        prepared: Prepared | None = None,
    ) -> FrameResult:
        """Relight tracked faces of a frame in place, on all cores; see `plan`."""
        self.apply(self.plan(picture, faces, time, prepared), picture)
        return FrameResult(faces)

    def apply(self, plans: list[Plan], picture: Picture) -> None:
        """Do to a picture, in place and on all cores, what was planned for it."""
        for plan in plans:
            plan.apply(picture, _threads())

    def detect(self, picture: Picture) -> list[TrackedFace]:
        """Find the faces of a picture that stands alone, taking more trouble over it."""
        return self._tracker.detect(picture)

    @property
    def left_out(self) -> int:
        """Faces that the last `detect` found beyond `max_faces`."""
        return self._tracker.left_out

    def hold(self, rgb: NDArray[np.uint8] | NDArray[np.float32]) -> HeldPicture:
        """A picture that stands alone, or a paused frame, to be shown in many ways.

        Where no face is found, that is no error: `HeldPicture.faces` is empty, the picture is shown
        as it is, and its passes are black.

        Args:
            rgb: [H, W, 3] sRGB, uint8 0..255 or float32 0..1. Kept, not copied: don't write to it.

        Raises:
            UsageError: it is no array, or one of another kind.
        """
        return HeldPicture(self, rgb, self.detect(ArrayPicture(rgb)))

    def still(self, frame: Frame) -> FrameResult:
        """Relight a picture that stands alone, in place, under the light of 0 seconds.

        Where no face is found it stays as it is, and the result's `relit` is 0.

        Args:
            frame: as `process` takes it.

        Raises:
            UsageError: the frame is no picture, or can't be written to.
        """
        picture = _to_be_changed(frame)
        return self.render(picture, self.detect(picture), None)


def _to_be_changed(frame: Frame) -> Picture:
    """A picture of a frame that is relit in place; UsageError where it can't be written to."""
    picture = as_picture(frame)
    if isinstance(picture, ArrayPicture):
        picture.check_writable()
    return picture


def _threads() -> int:
    return min(available_cores(), _MOST_THREADS)


def _farther_first(faces: list[TrackedFace]) -> list[TrackedFace]:
    return sorted(faces, key=lambda face: face.pose.scale)
