"""Looks at a method's frames as they come, and keeps what the metrics need."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...face import LANDMARKS, FaceTracker, TrackedFace
from ...geometry.rotation import from_yaw_pitch_roll
from ..clips import Clip, shared_tracker
from ..estimators import Estimators
from ..methods import Condition
from ..metrics import (
    consistent,
    feature_distance,
    identity_similarity,
    jitter,
    lighting_error,
    lighting_instability,
    pose_error,
    warping_error,
)

__all__ = ["InputView", "Seen", "watch"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class InputView:
    """What metrics need of the input video, worked out once.

    Args:
        clip: the input.
        estimators: what measures.
    """

    def __init__(self, clip: Clip, estimators: Estimators) -> None:
        self.clip = clip
        self._estimators = estimators
        self.views: list[Pixels] = []
        self.embeddings: list[Floats | None] = []
        for frame, face in zip(clip.frames(), clip.faces, strict=True):
            self.views.append(clip.view(frame))
            known = estimators.identity is not None and face is not None
            self.embeddings.append(
                estimators.identity(frame, face.landmarks)  # type: ignore[misc,union-attr]
                if known
                else None
            )

    @cached_property
    def motion(self) -> list[tuple[Floats, NDArray[np.bool_]]]:
        """For each frame from the second: flow back to the one before, and where it holds."""
        return [self.between(a, b) for a, b in zip(self.views, self.views[1:], strict=False)]

    def between(self, before: Pixels, after: Pixels) -> tuple[Floats, NDArray[np.bool_]]:
        """Flow from `after` back to `before`, and where both show the same."""
        backward = self._estimators.flow(after, before)
        return backward, consistent(backward, self._estimators.flow(before, after))


@dataclass
class Seen:
    """What a method's frames of one condition showed.

    Attributes:
        lights: by estimator, the light [9, C] of each frame in which a face was found.
        wanted: by estimator, the light [9, C] asked for in those frames, in the same frame of
            reference; empty where none was.
        series: by metric, each frame's value; NaN where there is none.
        lost: frames with no face where the input has one.
        middle: the window of the middle frame.
        seconds: wall time that the method took a frame.
        faces: each frame's, as the method's output shows it; None where there is none.
    """

    lights: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)
    wanted: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)
    lost: int = 0
    middle: Pixels | None = None
    seconds: float = 0.0
    faces: list[TrackedFace | None] = field(default_factory=list)

    def values(self) -> dict[str, float]:
        """The metrics over all frames."""
        out: dict[str, float] = {}
        for name, values in self.series.items():
            known = np.array(values)[np.isfinite(values)]
            if len(known):
                out[name] = float(known.mean())
        for name, lights in self.lights.items():
            if len(lights) > 1:
                out[f"{name}_instability"] = lighting_instability(lights)
        path = _path(self.faces)
        if path is not None:
            out["camera_jitter"], out["landmark_jitter"] = path
        out["time"] = self.seconds * 1000.0
        return out


def watch(
    frames: Iterator[Pixels],
    condition: Condition,
    given: InputView,
    estimators: Estimators,
) -> Seen:
    """Measure a method's frames.

    Args:
        frames: what `Method.run` gives.
        condition: the light and view that were asked for.
        given: the input.
        estimators: what measures.

    Raises:
        RelumeError: the method failed on the way.
    """
    clip, seen, tracker = given.clip, Seen(), shared_tracker()
    before: tuple[Pixels, Any] | None = None
    for index, face in enumerate(clip.faces):
        start = time.perf_counter()
        frame = next(frames)
        seen.seconds += (time.perf_counter() - start) / len(clip)
        view = clip.view(frame)
        if index == len(clip) // 2:
            seen.middle = view
        row: dict[str, float] = {}
        found = _find(tracker, frame, clip, index)
        if face is not None and found is None:
            seen.lost += 1
        if face is not None and found is not None:
            row |= _of_face(
                frame, face, found, condition, given.embeddings[index], seen, estimators
            )
        seen.faces.append(found if face is not None else None)
        moves = len(clip) > 1
        layers = estimators.features.layers(view) if estimators.features and moves else None
        if before is not None:
            flow, holds = (
                given.between(before[0], view) if condition.turned else given.motion[index - 1]
            )
            everywhere = np.ones_like(holds)
            row["warping"] = _number(warping_error(before[0], view, flow, holds))
            row["warping_all"] = _number(warping_error(before[0], view, flow, everywhere))
            if layers is not None:
                row["adjacent"] = feature_distance(before[1], layers)
            if "lpips" in estimators.distances:
                row["adjacent_lpips"] = estimators.distances["lpips"](before[0], view)
        before = (view, layers)
        for name in {*seen.series, *row}:
            seen.series.setdefault(name, [float("nan")] * index).append(row.get(name, float("nan")))
    return seen


def _of_face(
    frame: Pixels,
    face: TrackedFace,
    found: TrackedFace,
    condition: Condition,
    embedding: Floats | None,
    seen: Seen,
    estimators: Estimators,
) -> dict[str, float]:
    """What one frame's face shows."""
    row = {}
    camera = face.camera.turned(*condition.turn)
    row["pose"] = pose_error(found.camera, camera)
    wanted = None
    if condition.light is not None:
        # Lamps stay where they are in the room while the camera moves.
        viewer = face.viewer.turned(*condition.turn)
        wanted = condition.light.to_head(face.viewer).to_camera(viewer)
    for name, estimator in estimators.lights.items():
        said = estimator(frame, found)
        seen.lights.setdefault(name, []).append(said)
        if wanted is not None:
            # A grey estimate is compared with the light's luminance.
            target = (wanted if said.shape[1] == 3 else wanted.grey()).coefficients
            target = target[:, : said.shape[1]]
            seen.wanted.setdefault(name, []).append(target)
            row[name] = lighting_error(said, target)
    if embedding is not None and estimators.identity is not None:
        row["identity"] = identity_similarity(
            estimators.identity(frame, found.landmarks), embedding
        )
    return row


def _find(tracker: FaceTracker, frame: Pixels, clip: Clip, index: int) -> TrackedFace | None:
    faces = tracker.detect(frame) if clip.still else tracker.update(frame, clip.times[index])
    faces = [f for f in faces if f.confidence > 0.0]
    place = clip.faces[index]
    if place is None or not faces:
        return None
    near = min(
        faces, key=lambda f: float(np.hypot(f.pose.x - place.pose.x, f.pose.y - place.pose.y))
    )
    gap = float(np.hypot(near.pose.x - place.pose.x, near.pose.y - place.pose.y))
    return near if gap < 0.5 * place.pose.scale else None


def _path(faces: list[TrackedFace | None]) -> tuple[float, float] | None:
    """Jitter of the camera (radians) and of the landmarks (share of the crop's side)."""
    known = [f for f in faces if f is not None]
    if len(known) < 3 or len(known) < len(faces):
        return None
    directions = [from_yaw_pitch_roll(f.pose.yaw, f.pose.pitch)[:, 2] for f in known]
    scale = float(np.mean([f.pose.scale for f in known]))
    points = np.stack([f.landmarks[list(LANDMARKS), :2] for f in known]) / scale
    each = [jitter(points[:, k]) for k in range(points.shape[1])]
    return jitter(directions), float(np.mean(each))


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
