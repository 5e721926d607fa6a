"""One face over time: fit, filters, confidence, fade."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..geometry import wrapped
from ..media.picture import Picture
from .appearance import Appearance
from .carry import CarryConfig, PoseCarrier
from .fade import Fade
from .filters import OneEuro
from .fit import Fit, FitConfig, PoseFitter
from .pose import Pose
from .ramp import ramp
from .roi import Roi
from .tracked import TrackedFace, landmark_box

__all__ = ["Track", "TrackConfig"]

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

_FREE = 0.9  # presence from which nothing covers a good part of the face
_OPEN = 0.98  # presence from which nothing covers it at all: it may look as it likes


@dataclass(frozen=True)
class TrackConfig:
    """How one face is steadied, and what lowers the confidence in it."""

    angle_cutoff: float = 1.0
    """One-euro filter of yaw, pitch and roll: cutoff at rest in Hz."""
    angle_beta: float = 12.0
    """The same: Hz added per radian per second."""
    place_cutoff: float = 1.5
    """One-euro filter of place and size: cutoff at rest in Hz."""
    place_beta: float = 60.0
    """The same: Hz added per crop width per second."""
    landmark_cutoff: float = 2.5
    """One-euro filter of the landmarks in the crop: cutoff at rest in Hz."""
    landmark_beta: float = 0.15
    """The same: Hz added per crop pixel per second."""
    carry: CarryConfig = field(default_factory=CarryConfig)
    """How the pose follows the face's own pixels."""
    slack: float = 0.01
    """By how much the landmarks may leave the region's middle before it follows; see
    `Roi.following`."""
    far: float = 0.05
    """Share of the region's side that a head moves between two frames from which it is looked at
    twice, and fitted in `far_rounds`."""
    far_rounds: int = 3
    """Gauss-Newton steps of such a frame; others take one."""
    attack: float = 0.25
    """Seconds in which the effect fades in."""
    release: float = 0.25
    """Seconds in which the effect fades out."""
    full_yaw: float = 0.80
    """Radians of yaw up to which confidence is whole."""
    no_yaw: float = 1.15
    """Radians of yaw from which there is none."""
    full_error: float = 10.0
    """Misfit in crop pixels up to which confidence is whole."""
    no_error: float = 20.0
    """Misfit from which there is none."""


class Track:
    """One followed face.

    Args:
        number: its id.
        config: see `TrackConfig`.
        fit: priors of the pose fit.
    """

    def __init__(self, number: int, config: TrackConfig, fit: FitConfig) -> None:
        self.id = number
        self.config = config
        self._fitter = PoseFitter(fit)
        self._fade = Fade(config.attack, config.release)
        angle, place = [config.angle_cutoff] * 3, [config.place_cutoff] * 3
        self._pose_filter = OneEuro(
            angle + place, [config.angle_beta] * 3 + [config.place_beta] * 3
        )
        self._carrier = PoseCarrier(config.carry)
        self._landmark_filter = OneEuro(config.landmark_cutoff, config.landmark_beta, group=1)
        self._appearance = Appearance()
        self._reference = 1.0
        self._last: Floats | None = None
        self.lost = False
        self.seen = 0.0
        self.error = 0.0
        self._confidence = 0.0
        self.landmarks: Points
        self.roi: Roi
        """Where to look for this face next."""
        self.face: TrackedFace

    @property
    def strength(self) -> float:
        """The fade's weight, 0..1."""
        return self._fade.value

    @property
    def size(self) -> float:
        """Extent of the landmarks in frame pixels."""
        box = landmark_box(self.landmarks)
        return float(max(box[2] - box[0], box[3] - box[1]))

    def near(self, box: Floats) -> bool:
        """Whether a detected box may be this lost face."""
        own = landmark_box(self.landmarks)
        ratio = (box[2] - box[0]) / max(own[2] - own[0], 1.0)
        return bool(self.gap(box) < 0.75 * self.size and 0.4 < ratio < 2.5)

    def gap(self, box: Floats) -> float:
        """Frame pixels between the middles of the face and a box."""
        own = landmark_box(self.landmarks)
        return float(np.linalg.norm((own[:2] + own[2:] - box[:2] - box[2:]) / 2))

    def is_far(self, region: Roi) -> bool:
        """Whether the face has moved far, to be found in a region now."""
        return self.roi.gap(region) > self.config.far

    def start(
        self,
        picture: Picture,
        roi: Roi,
        landmarks: Points,
        presence: float,
        time: float,
        at_once: bool,
    ) -> None:
        """Begin, or begin again after a loss; `at_once` skips the fade-in, as after a cut.

        `roi` is the region that the landmarks were looked for in.
        """
        self._pose_filter.reset()
        self._carrier.reset()
        self._landmark_filter.reset()
        self._fitter.release()
        self._last = None
        self.lost = False
        self.roi = roi
        self._take(picture, landmarks, presence, time, 0.0, fresh=True)
        if at_once:
            self._fade.value = Fade.target(self._confidence)
            self._publish(fresh=True)

    def hit(
        self,
        picture: Picture,
        landmarks: Points,
        presence: float,
        time: float,
        step: float,
    ) -> None:
        """The next frame's landmarks."""
        self._take(picture, landmarks, presence, time, step, fresh=False)

    def miss(self, step: float) -> None:
        """The face isn't there: keep the last pose and fade out."""
        self.lost = True
        self._confidence = 0.0
        self._fade(0.0, step)
        self._publish(fresh=False)

    def _take(
        self,
        picture: Picture,
        landmarks: Points,
        presence: float,
        time: float,
        step: float,
        fresh: bool,
    ) -> None:
        self.landmarks = landmarks
        region = Roi.from_landmarks(landmarks)
        rounds = self.config.far_rounds if self.is_far(region) else 1
        self.roi = self.roi.following(region, self.config.slack)
        self.seen = time
        self._presence = presence
        self._fit = self._fitter(landmarks, rounds)
        self.error = self._fit.error
        told = self._steady_pose(self._fit.pose, time)
        self._pose = self._carrier(picture, told, self._fit.identity, step)
        self._steady = self._steady_landmarks(landmarks, time)
        # A half hidden face is compared, not learnt.
        learnt = step if presence > _FREE else 0.0
        clear = presence >= _OPEN
        same, sharpness = self._appearance(picture, self._fit.pose, learnt, clear)
        self._confidence = self._judge(self._fit, presence, same, sharpness)
        self._fade(self._confidence, step)
        self._publish(fresh)

    def _steady_pose(self, pose: Pose, time: float) -> Pose:
        """The pose's six parameters filtered, angles unwrapped."""
        raw = pose.vector
        if self._last is None:
            self._reference = pose.scale
        else:
            raw[:3] = self._last[:3] + wrapped(raw[:3] - self._last[:3])
        self._last = raw.copy()
        raw[3:5] /= self._reference
        raw[5] = np.log(raw[5])
        v = self._pose_filter(raw, time)
        return Pose(
            float(wrapped(v[0])),
            float(v[1]),
            float(wrapped(v[2])),
            float(v[3] * self._reference),
            float(v[4] * self._reference),
            float(np.exp(v[5])),
        )

    def _steady_landmarks(self, landmarks: Points, time: float) -> Points:
        """Landmarks filtered in the steadied crop, where a still face stays in its place."""
        crop, back = self._pose.crop, self._pose.uncrop
        zoom = 512.0 / self._pose.scale
        points = np.empty(landmarks.shape)
        points[:, :2] = landmarks[:, :2] @ crop[:, :2].T + crop[:, 2]
        points[:, 2] = landmarks[:, 2] * zoom
        steady = self._landmark_filter(points, time)
        out = np.empty(landmarks.shape, np.float32)
        out[:, :2] = steady[:, :2] @ back[:, :2].T + back[:, 2]
        out[:, 2] = steady[:, 2] / zoom
        return out

    def _judge(self, fit: Fit, presence: float, same: float, sharpness: float) -> float:
        """Confidence 0..1: the product of what each sign allows."""
        c = self.config
        # A hand over a good part of the face. A head that turns looks other than before, too, but
        # that doesn't make the network doubt that there is a face.
        covered = ramp(-presence, -_OPEN, -_OPEN + 0.04)
        alike = 1.0 - covered * (1.0 - ramp(same - 2.0 * (1.0 - presence), 0.35, 0.6))
        parts = (
            ramp(presence, 0.75, 0.97),  # 1.00 on free faces, 0.6 to 0.8 on half hidden ones
            ramp(-fit.error, -c.no_error, -c.full_error),
            ramp(-abs(fit.pose.yaw), -c.no_yaw, -c.full_yaw),
            ramp(-abs(fit.pose.pitch), -1.0, -0.7),
            alike,
            0.4 + 0.6 * ramp(sharpness, 0.3, 0.6),  # motion blur
            ramp(self.size, 16.0, 40.0),
        )
        return math.prod(parts)

    def _publish(self, fresh: bool) -> None:
        self.face = TrackedFace(
            id=self.id,
            landmarks=self._steady,
            confidence=self._confidence,
            strength=self._fade.value,
            pose=self._pose,
            identity=self._fit.identity,
            expression=self._fit.expression,
            fresh=fresh,
            error=self.error,
            presence=self._presence,
        )
