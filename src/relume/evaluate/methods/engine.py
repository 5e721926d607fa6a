"""relume's models, as the command line runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import numpy as np

from ...errors import NoFaceError
from ...face import CROP, HeadModel, TrackedFace
from ...light import Light
from ...media import ArrayPicture
from ...pipeline import Engine, Relighter
from ...render import rasterise
from ..clips import Clip, shared_tracker
from .base import Condition, Floats, Pixels

__all__ = ["EachFrameAlone", "EngineMethod", "TrackedGeometry", "WithoutMemory"]


class EngineMethod:
    """A model on the tracked face. Tracking is the clip's own, so that all models get the same.

    Args:
        name: of the model.
        build: gives a fresh engine.
    """

    def __init__(self, name: str, build: Callable[[], Engine]) -> None:
        self.name = name
        self._build = build
        self._one: Relighter | None = None
        self._strangers = count()

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        relighter = self._relighter(condition)
        for picture, face, time in self._known(clip):
            if face is not None:
                relighter.render(picture, [face], time)
            yield np.asarray(picture.array, np.uint8)

    def own_light(self, still: Clip) -> Light:
        """See `ReadsLight`."""
        relighter = self._relighter(Condition("own", None))
        picture, face, time = next(self._known(still))
        if face is None:
            raise NoFaceError(f"{still.name}: no face was found")
        return relighter.engine.observe(picture, face, time)

    def _known(self, clip: Clip) -> Iterator[tuple[ArrayPicture, TrackedFace | None, float]]:
        """Each frame, its face under a number that only this run bears, and its time."""
        person, fresh = next(self._strangers), True
        for frame, time, face in zip(clip.frames(), clip.times, clip.faces, strict=True):
            known = None
            if face is not None:
                known = replace(face, id=person, fresh=fresh or face.fresh)
                fresh = False
            yield ArrayPicture(frame.copy()), known, time

    def _relighter(self, condition: Condition) -> Relighter:
        # One serves all runs, for its networks take long to load: what engines remember hangs on a
        # face's number, and every run gets a number of its own.
        self._one = self._one or Relighter(engine=self._build())
        yaw, pitch, _ = condition.turn
        self._one.aim(condition.light, yaw=yaw, pitch=pitch)
        return self._one


class TrackedGeometry(EngineMethod):
    """A model whose surfaces are those of the tracked head."""

    def geometry(self, clip: Clip, condition: Condition) -> Iterator[tuple[Floats, Floats, Floats]]:
        """See `Geometry`."""
        head = HeadModel.load()
        for face in clip.faces:
            if face is None:
                empty = np.zeros(clip.size[::-1], np.float32)
                yield empty, np.zeros((*empty.shape, 3), np.float32), empty
                continue
            vertices = head.vertices(face.identity, face.expression)
            camera = face.camera.turned(*condition.turn)
            points = CROP * camera.project(vertices) - 0.5
            back = face.pose.uncrop
            depth = camera.to_camera(vertices)[:, 2]
            values = np.concatenate([depth[:, None], head.normals(vertices)], 1)
            image, mask = rasterise(
                points @ back[:, :2].T + back[:, 2] + 0.5, depth, head.faces, values, clip.size
            )
            length = np.maximum(np.linalg.norm(image[..., 1:], axis=2, keepdims=True), 1e-6)
            yield image[..., 0], image[..., 1:] / length, mask.astype(np.float32)


class WithoutMemory(EngineMethod):
    """A model that carries nothing of its own from frame to frame; the face is tracked as ever."""

    def _known(self, clip: Clip) -> Iterator[tuple[ArrayPicture, TrackedFace | None, float]]:
        for picture, face, time in super()._known(clip):
            # A face with a new number is a stranger, of whom nothing is remembered.
            new = None if face is None else replace(face, id=next(self._strangers), fresh=True)
            yield picture, new, time


class EachFrameAlone(EngineMethod):
    """A model that sees every frame as a picture that stands alone: nothing is steadied over time,
    neither the face nor its light."""

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        relighter = self._relighter(condition)
        tracker = shared_tracker()
        for frame, time, known in zip(clip.frames(), clip.times, clip.faces, strict=True):
            picture = ArrayPicture(frame.copy())
            faces = tracker.detect(frame)
            if faces and known is not None:
                place = np.array([known.pose.x, known.pose.y])
                face = min(faces, key=lambda f: float(np.hypot(*(place - [f.pose.x, f.pose.y]))))
                alone = replace(face, id=next(self._strangers), fresh=True)
                relighter.render(picture, [alone], time)
            yield np.asarray(picture.array, np.uint8)
