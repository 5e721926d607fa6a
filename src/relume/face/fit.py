"""Fitting the head model and its camera to landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import FOCAL, RADIUS, wrapped
from .head import LANDMARKS, HeadModel
from .offsets import offsets
from .pose import CROP, Pose

__all__ = ["Fit", "FitConfig", "PoseFitter"]

Floats = NDArray[np.float64]
_POSE = 6


@dataclass(frozen=True)
class FitConfig:
    """What the fit believes before it sees a face."""

    noise: float = 4.0
    """Standard deviation of a landmark in crop pixels; mostly the model's own misfit."""
    outlier: float = 8.0
    """Crop pixels at which a landmark counts only half."""
    expression_spread: float = 0.2
    """Standard deviation of an expression coefficient around 0."""
    identity_spread: float = 1.0
    """Standard deviation of an identity coefficient around 0, the typical face."""
    jaw_weight: float = 0.15
    """Weight of the jaw line's points, which slide along the face as it turns."""
    memory: int = 60
    """Looks at a face over which the evidence about its identity is averaged."""
    known: int = 20
    """Frames in a row in which the identity is learnt; afterwards in every `learn_every`th."""
    learn_every: int = 6
    """Frames between two looks at a known identity."""


@dataclass(frozen=True, eq=False)
class Fit:
    """One frame's fit.

    Attributes:
        pose: the head's pose in the frame.
        identity: [40] float32 coefficients of `HeadModel`.
        expression: [47] float32 coefficients of `HeadModel`.
        error: weighted mean distance of landmarks and projected vertices in crop pixels.
    """

    pose: Pose
    identity: NDArray[np.float32]
    expression: NDArray[np.float32]
    error: float


class PoseFitter:
    """Gauss-Newton on pose, expression and, slowly, identity; one fitter per face.

    Residuals are those of the 68 matched landmarks in the crop, less what the two definitions of
    each differ by (`offsets`), reweighted each round by 1 / (1 + (e / outlier)^2)
    (Geman-McClure's, IRLS). Expression and identity have normal priors. What a frame says about
    the identity is its normal equations with pose and expression eliminated (Schur complement);
    their running mean over the frames counts as one look at the face, since the misfit is mostly
    the model's own and doesn't average out. So the identity settles and stays near faces that
    exist. Between frames the fit starts from the last one.
    """

    def __init__(self, config: FitConfig | None = None) -> None:
        self.config = config or FitConfig()
        head = HeadModel.load()
        at = head.landmark_indices
        self._mean = head.mean[at].astype(np.float64)
        basis = np.concatenate([head.expression[:, at], head.identity[:, at]]).astype(np.float64)
        self._counts = len(head.expression), len(head.identity)
        self._flat = basis.reshape(len(basis), -1)
        self._bases = np.ascontiguousarray(
            basis.transpose(2, 0, 1)
        )  # [3, expression + identity, N]
        self._landmarks = np.array(LANDMARKS)
        self._weight = np.ones(len(at))
        self._weight[:17] = self.config.jaw_weight
        self.reset()

    def reset(self) -> None:
        """Forget the face."""
        expressions, count = self._counts
        self._identity = np.zeros(count)
        self._evidence = np.zeros((count, count))
        self._target = np.zeros(count)
        self._looks = 0
        self._expression = np.zeros(expressions)
        self._pose: Pose | None = None
        self._frames = 0

    def release(self) -> None:
        """Forget where the face was; who it is stays known."""
        self._pose = None
        self._expression = np.zeros(self._counts[0])

    def __call__(self, landmarks: NDArray[np.float32], rounds: int = 1) -> Fit:
        """Fit one frame's landmarks [468, 3] in frame pixels.

        Args:
            landmarks: as `FaceTracker` gives them.
            rounds: Gauss-Newton steps; the first frame takes at least 10.
        """
        points = landmarks[self._landmarks].astype(np.float64)
        flat = points[:, :2]
        pose = self._pose
        if pose is None:
            pose = self._first(points)
            rounds = max(rounds, 10)
        learning = self._frames < self.config.known or self._frames % self.config.learn_every == 0
        before = self._evidence, self._target
        self._looks += learning
        self._frames += 1
        for _ in range(rounds):
            if learning:
                self._learn(pose, flat, *before)
            pose = self._step(pose, flat)
        self._pose = pose
        return Fit(
            pose,
            self._identity.astype(np.float32),
            self._expression.astype(np.float32),
            self._error(pose, flat),
        )

    def _shape(self) -> Floats:
        c = np.concatenate([self._expression, self._identity])
        return np.asarray(self._mean + (c @ self._flat).reshape(self._mean.shape))

    def _first(self, points: Floats) -> Pose:
        """A pose to start from: the similarity that takes the mean head to the 3D landmarks
        (Umeyama, 1991); the network's depth is good enough for that."""
        target = points * np.array([1.0, -1.0, -1.0])
        w = self._weight / self._weight.sum()
        a = self._mean - w @ self._mean
        b = target - w @ target
        u, d, vt = np.linalg.svd((b * w[:, None]).T @ a)
        sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
        rotation = (u * sign) @ vt  # canonical space to the view frame
        size = float((d * sign).sum() / (w @ (a**2).sum(1)))
        origin = w @ target - size * rotation @ (w @ self._mean)
        back = rotation[2]  # the viewer's direction in canonical space
        pitch = float(np.arcsin(np.clip(back[1], -1, 1)))
        yaw = float(np.arctan2(back[0], back[2]))
        right = _axes(yaw, pitch)[0]
        # Where the upright camera's right axis points in the picture (y up): the roll.
        turned = rotation @ right
        roll = float(np.arctan2(turned[1], turned[0]))
        return Pose(yaw, pitch, roll, origin[0], -origin[1], size * RADIUS / FOCAL)

    def _residual(self, pose: Pose, points: Floats, shape: Floats) -> tuple[Floats, ...]:
        """In the crop, in crop widths: residuals, observed points and projected ones, each
        [N, 2], and depths [N]."""
        right, up, back = _axes(pose.yaw, pose.pitch)
        camera = shape @ np.stack([right, -up, -back], axis=1)
        depth = camera[:, 2] + RADIUS
        projected = FOCAL * camera[:, :2] / depth[:, None]
        c, s = np.cos(pose.roll), np.sin(pose.roll)
        observed = (points - (pose.x, pose.y)) @ (np.array([[c, s], [-s, c]]) / pose.scale)
        residual = observed - projected - offsets(pose.yaw) / CROP
        return residual, observed, projected, depth

    def _linearise(self, pose: Pose, points: Floats, identity: bool) -> tuple[Floats, ...]:
        """Residuals [N, 2], their derivative [6 + K, 2, N] by minus the pose's and the shape's
        parameters, and weights [N]."""
        shape = self._shape()
        residual, observed, q, depth = self._residual(pose, points, shape)
        right, up, back = _axes(pose.yaw, pose.pitch)
        f = FOCAL / depth
        bases = self._bases if identity else self._bases[:, : len(self._expression)]
        out = np.empty((_POSE + bases.shape[1], 2, len(depth)))
        for c, axis in enumerate((right, -up)):
            # dq / d(canonical position) [3, N]; the depth falls along `back`.
            slope = axis[:, None] * f + back[:, None] * (q[:, c] / depth)
            moved = bases[0] * slope[0]
            moved += bases[1] * slope[1]
            moved += bases[2] * slope[2]
            out[_POSE:, c] = moved
        # How the camera's axes move with yaw, then with pitch.
        level = np.array([np.sin(pose.yaw), 0.0, np.cos(pose.yaw)])
        turned = (
            (-level, -np.sin(pose.pitch) * right, np.cos(pose.pitch) * right),
            (np.zeros(3), -back, up),
        )
        for k, (d_right, d_up, d_back) in enumerate(turned):
            dx, dy, dz = shape @ d_right, -(shape @ d_up), -(shape @ d_back)
            out[k, 0] = f * dx - q[:, 0] * dz / depth
            out[k, 1] = f * dy - q[:, 1] * dz / depth
        # Roll, shift (in crop widths along the crop's axes) and size move the observed points.
        out[2, 0], out[2, 1] = observed[:, 1], -observed[:, 0]
        out[3, 0], out[3, 1], out[4, 0], out[4, 1] = 1.0, 0.0, 0.0, 1.0
        out[5] = observed.T
        distance = CROP * np.sqrt((residual**2).sum(1))
        weight = self._weight / (1.0 + (distance / self.config.outlier) ** 2)
        return residual, out, weight

    def _normal(self, pose: Pose, points: Floats, identity: bool) -> tuple[Floats, Floats]:
        """Normal matrix and right side of the landmarks' term, in units of the noise."""
        residual, rows, weight = self._linearise(pose, points, identity)
        j = rows.reshape(len(rows), -1)
        weighted = j * (np.tile(weight, 2) * (CROP / self.config.noise) ** 2)
        return weighted @ j.T, weighted @ residual.T.reshape(-1)

    def _system(self, pose: Pose, points: Floats, identity: bool) -> tuple[Floats, Floats]:
        """Normal equations with the expression's prior; pose, expression, then identity."""
        a, b = self._normal(pose, points, identity)
        precision = 1.0 / self.config.expression_spread**2
        e = slice(_POSE, _POSE + len(self._expression))
        diagonal = np.einsum("ii->i", a)  # a view
        diagonal[:_POSE] += 1e-6
        diagonal[e] += precision
        b[e] -= precision * self._expression
        return a, b

    def _step(self, pose: Pose, points: Floats) -> Pose:
        """One Gauss-Newton step of pose and expression."""
        d = np.linalg.solve(*self._system(pose, points, False))
        self._expression = np.clip(self._expression + d[_POSE:], -0.15, 1.0)
        d[:3] = np.clip(d[:3], -0.3, 0.3)
        c, s = np.cos(pose.roll), np.sin(pose.roll)
        shift = np.array([[c, s], [-s, c]]) @ d[3:5] * pose.scale
        return Pose(
            float(wrapped(pose.yaw + d[0])),
            float(np.clip(pose.pitch + d[1], -1.4, 1.4)),
            float(wrapped(pose.roll + d[2])),
            float(pose.x + shift[0]),
            float(pose.y + shift[1]),
            float(pose.scale * np.exp(np.clip(d[5], -0.3, 0.3))),
        )

    def _learn(self, pose: Pose, points: Floats, evidence: Floats, target: Floats) -> None:
        """Bring this frame into the running mean of the evidence, and solve for the identity."""
        a, b = self._system(pose, points, True)
        n = _POSE + len(self._expression)
        gain = np.linalg.solve(a[:n, :n], np.column_stack([a[:n, n:], b[:n]]))
        left = a[n:, n:] - a[n:, :n] @ gain[:, :-1]
        right = b[n:] - a[n:, :n] @ gain[:, -1] + left @ self._identity
        share = 1.0 / min(self._looks, self.config.memory)
        self._evidence = evidence + share * (left - evidence)
        self._target = target + share * (right - target)
        prior = np.eye(len(right)) / self.config.identity_spread**2
        self._identity = np.clip(np.linalg.solve(self._evidence + prior, self._target), -3.0, 3.0)

    def _error(self, pose: Pose, points: Floats) -> float:
        residual = self._residual(pose, points, self._shape())[0]
        distance = CROP * np.sqrt((residual**2).sum(1))
        return float(self._weight @ distance / self._weight.sum())


def _axes(yaw: float, pitch: float) -> tuple[Floats, Floats, Floats]:
    """Right, up and back of a look-at camera without roll, in canonical space."""
    sin_y, cos_y, sin_p, cos_p = np.sin(yaw), np.cos(yaw), np.sin(pitch), np.cos(pitch)
    return (
        np.array([cos_y, 0.0, -sin_y]),
        np.array([-sin_y * sin_p, cos_p, -cos_y * sin_p]),
        np.array([sin_y * cos_p, sin_p, cos_y * cos_p]),
    )
