"""A pose carried along by the face's own pixels, which tremble less than landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import wrapped
from ..media.picture import Picture
from .head import HeadModel
from .pose import Pose
from .ramp import ramp
from .roi import Roi

__all__ = ["CarryConfig", "PoseCarrier"]

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

_SIDE = 160  # pixels of the picture of the face
_PART = 0.9  # of the crop that it shows
_POINTS = 56
_LEAST = 12  # points without which there is no move to tell
_WINDOW = (11, 11)  # pixels around a point that are looked for
_TEXTURE = 1e-3  # least eigenvalue of their gradients' matrix
_BORDER = 4
_MISS = 0.004
"""Crop widths off at which a point counts for a quarter."""
_SAME = (0.25, 0.04)
"""Codes that the picture, and radians or crop widths that the landmarks' pose, differ by at most
where a frame is the last one shown again."""
_REPEATED = 0.1
"""Seconds for which that is what videos do, longer a picture that stands still."""
_MOVE = 0.01
"""Radians or crop widths that moves of the pose are counted in."""
_PRIOR = np.array([0.2, 0.2, 0.03, 0.01, 0.01, 0.2])
"""How little the pose moves from one frame to the next, against the points' say: yaw, pitch, roll,
place, size. What a face can hardly tell apart, a turn and a shift, is taken for a shift."""


@dataclass(frozen=True)
class CarryConfig:
    """How far pixels are believed against landmarks."""

    memory: float = 0.4
    """Seconds in which the pose returns to the one that the landmarks tell."""
    slack: float = 0.06
    """Share of the picture of the face by which the face may move before another is cut."""
    far: tuple[float, float] = (0.04, 0.1)
    """Radians or crop widths from the landmarks' pose between which pixels cease to be believed."""
    sure: tuple[float, float] = (0.3, 0.6)
    """Share of points that move together between which pixels begin to be believed."""


class PoseCarrier:
    """Follows points of the rigid part of a head from frame to frame by their pixels.

    Points of the fitted head are looked for by pyramidal Lucas-Kanade (Bouguet, 2001), the pose
    moves as most of them do (least squares with Geman-McClure's weights), and returns slowly to the
    one that the landmarks tell: a complementary filter, as quick and steady as pixels and in the
    long run as right as landmarks. Landmarks alone move when the face speaks; what is lit by such a
    pose swims on the face.

    Args:
        config: see `CarryConfig`.
    """

    def __init__(self, config: CarryConfig | None = None) -> None:
        self.config = config or CarryConfig()
        self._seen: tuple[Roi, Grey, Pose] | None = None
        self._told: Pose | None = None
        self._same = 0.0  # seconds for which nothing has changed

    def reset(self) -> None:
        """Forget the past."""
        self._seen = None

    def __call__(
        self, picture: Picture, told: Pose, identity: NDArray[np.float32], step: float
    ) -> Pose:
        """The pose in the next frame.

        Args:
            picture: the frame.
            told: the landmarks' pose in it.
            identity: [40] coefficients of the fitted head.
            step: seconds since the frame before.
        """
        before_told, self._told = self._told, told
        if self._seen is None or before_told is None:
            roi = _around(told)
            self._seen = roi, _grey(picture, roi), told
            return told
        import cv2

        roi, before, pose = self._seen
        grey = _grey(picture, roi)
        same = float(np.abs(_gap(told, before_told) / _scales(told)).max()) < _SAME[1]
        same = same and float(cv2.absdiff(grey, before).mean()) < _SAME[0]
        self._same = self._same + step if same else 0.0
        if 0.0 < self._same < _REPEATED:
            return pose
        pose, sure = _moved(pose, roi, before, grey, _points(identity))
        config = self.config
        gap = _gap(told, pose)
        apart = float(np.abs(gap / _scales(told)).max())
        believed = ramp(sure, *config.sure) * (1 - ramp(apart, *config.far))
        share = 1 - believed * config.memory / (step + config.memory)
        pose = Pose(*(pose.vector + share * gap).tolist())
        wanted = _around(pose)
        away = max(abs(wanted.x - roi.x), abs(wanted.y - roi.y)) / roi.size
        if max(away, abs(wanted.size / roi.size - 1)) > config.slack:
            roi, grey = wanted, _grey(picture, wanted)
        self._seen = roi, grey, pose
        return pose


def _moved(
    pose: Pose, roi: Roi, before: Grey, grey: Grey, points: NDArray[np.float32]
) -> tuple[Pose, float]:
    """The pose that has its points where their pixels went, and the share of points that agree."""
    import cv2

    old = pose.project(points)
    to_frame = roi.to_frame(_SIDE)
    to_cut = cv2.invertAffineTransform(to_frame)
    start = (old @ to_cut[:, :2].T + to_cut[:, 2]).astype(np.float32)
    inside = ((start > _BORDER) & (start < _SIDE - 1 - _BORDER)).all(1)
    follow: Any = cv2.calcOpticalFlowPyrLK
    found, ok, _ = follow(
        before, grey, start[:, None], None, winSize=_WINDOW, maxLevel=2,
        minEigThreshold=_TEXTURE,
    )  # fmt: skip
    seen = inside & (ok[:, 0] > 0)
    if seen.sum() < _LEAST:
        return pose, 0.0
    width = _MISS * pose.scale
    went = (found[:, 0] - start).astype(np.float64) @ to_frame[:, :2].T / width
    at, unit = pose.vector, _MOVE * _scales(pose)
    slopes = _slopes(pose, points, old)[seen] * unit / width
    went = went[seen]
    miss, rows = went, slopes.reshape(-1, 6)
    move = np.zeros(6)
    for _ in range(4):
        weight = np.repeat(1 / (1 + (miss**2).sum(1)) ** 2, 2)
        normal = (rows * weight[:, None]).T @ rows + np.diag(_PRIOR)
        move = np.linalg.solve(normal, rows.T @ (weight * went.ravel()))
        miss = went - slopes @ move
    agree = float(((miss**2).sum(1) < 1).sum() / inside.sum())
    return Pose(*(at + unit * move).tolist()), agree


def _slopes(pose: Pose, points: NDArray[np.float32], at: Floats) -> Floats:
    """[N, 2, 6] how points at `at` move in the frame as each number of the pose does."""
    out = np.zeros((len(at), 2, 6))
    for number in range(2):
        turned = pose.vector
        turned[number] += _MOVE
        out[..., number] = (Pose(*turned.tolist()).project(points) - at) / _MOVE
    arm = at - pose.vector[3:5]
    out[:, 0, 2], out[:, 1, 2] = arm[:, 1], -arm[:, 0]
    out[:, 0, 3] = out[:, 1, 4] = 1
    out[..., 5] = arm / pose.scale
    return out


@cache
def _rigid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean [N, 3] and identities [40, N * 3] of points of the front that expressions hardly move,
    as far from each other as can be."""
    head = HeadModel.load()
    lively = np.linalg.norm(head.expression, axis=2).max(0)
    front = head.mean[:, 2] > np.quantile(head.mean[:, 2], 0.6)
    calm = np.flatnonzero(front & (lively <= np.median(lively[front])))
    points = head.mean[calm].astype(np.float64)
    chosen = [int(points[:, 2].argmax())]
    far = np.full(len(points), np.inf)
    while len(chosen) < min(_POINTS, len(points)):
        far = np.minimum(far, ((points - points[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(far.argmax()))
    at = calm[chosen]
    basis = head.identity[:, at].reshape(len(head.identity), -1)
    return head.mean[at].astype(np.float32), np.ascontiguousarray(basis, np.float32)


def _points(identity: NDArray[np.float32]) -> NDArray[np.float32]:
    """[N, 3] canonical points of a person's head."""
    mean, basis = _rigid()
    return np.asarray(mean + (identity @ basis).reshape(mean.shape), np.float32)


def _around(pose: Pose) -> Roi:
    return Roi(pose.x, pose.y, _PART * pose.scale, 0.0)


def _grey(picture: Picture, roi: Roi) -> Grey:
    import cv2

    return np.asarray(cv2.cvtColor(roi.cut(picture, _SIDE), cv2.COLOR_RGB2GRAY), np.uint8)


def _gap(pose: Pose, other: Pose) -> Floats:
    """[6] from the other one's numbers to the pose's."""
    gap = pose.vector - other.vector
    gap[2] = wrapped(gap[2])
    return np.asarray(gap, np.float64)


def _scales(pose: Pose) -> Floats:
    """[6] what one radian or crop width is in each of a pose's numbers."""
    return np.array([1.0, 1.0, 1.0, pose.scale, pose.scale, pose.scale])
