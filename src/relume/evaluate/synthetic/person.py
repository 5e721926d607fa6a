"""A made-up person: shape and colours of the head model's vertices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...face import REGIONS, HeadModel

__all__ = ["Person", "random_person"]

Floats = NDArray[np.float32]

_PALE = np.log([0.62, 0.42, 0.33])
_DARK = np.log([0.085, 0.050, 0.038])
_BROWS = (slice(17, 22), slice(22, 27))


@dataclass(frozen=True, eq=False)
class Person:
    """A head with albedo.

    Attributes:
        identity: [40] coefficients of `HeadModel`.
        expression: [47] coefficients of `HeadModel`.
        albedo: [V, 3] linear, 0..1, at the vertices.
        gloss: strength of highlights, 0 for a dull skin.
        iris: [3] linear albedo of the irises.
        grain: seed of the fine texture that `draw` adds.
    """

    identity: Floats
    expression: Floats
    albedo: Floats
    gloss: float
    iris: Floats
    grain: int


def random_person(rng: np.random.Generator) -> Person:
    """Someone of any skin, with brows, lips, eyes, short hair and now and then a beard."""
    head = HeadModel.load()
    identity = np.clip(rng.normal(0, 0.9, len(head.identity)), -2.5, 2.5).astype(np.float32)
    expression = np.zeros(len(head.expression), np.float32)
    some = rng.choice(len(expression), 4, replace=False)
    expression[some] = rng.uniform(0, 0.5, 4)
    gloss = float(rng.uniform(0.0, 0.2))
    albedo = _colours(rng, head)
    iris = (np.array([0.05, 0.04, 0.03]) * rng.uniform(0.5, 3.0)).astype(np.float32)
    return Person(identity, expression, albedo, gloss, iris, int(rng.integers(2**31)))


def _colours(rng: np.random.Generator, head: HeadModel) -> Floats:
    p = head.mean.astype(np.float64)
    tone = rng.uniform(0, 1)
    skin = np.exp(_PALE + tone * (_DARK - _PALE) + rng.normal(0, 0.06, 3))
    out = skin * (1.0 + 0.12 * _waves(rng, p, 8.0)[:, None] + 0.06 * _waves(rng, p, 25.0)[:, None])
    hair = np.exp(rng.uniform(np.log(0.012), np.log(0.3))) * np.array([1.0, 0.75, 0.55])
    of = {name: head.region == k for k, name in enumerate(REGIONS)}

    beard = _ramp(-p[:, 1], 0.08, 0.12) * _ramp(p[:, 2], 0.0, 0.05) * of["skin"]
    out = _blend(out, hair, beard * (rng.uniform(0.2, 0.8) if rng.random() < 0.25 else 0.0))
    cheeks = np.exp(-((np.abs(p[:, 0]) - 0.09) ** 2 + (p[:, 1] + 0.02) ** 2) / 0.004)
    out = _blend(out, out * [1.1, 0.85, 0.85], cheeks * of["skin"] * rng.uniform(0, 0.8))
    landmarks = p[head.landmark_indices]
    for side in _BROWS:
        near = np.exp(-((_distance(p, landmarks[side] + [0, 0.006, 0]) / 0.012) ** 2))
        out = _blend(out, hair, near * of["skin"] * rng.uniform(0.4, 1.0))
    lips = skin * [rng.uniform(0.8, 1.0), rng.uniform(0.5, 0.65), rng.uniform(0.6, 0.8)]
    out = _blend(out, lips, of["lips"].astype(float))
    out = _blend(out, np.array([0.16, 0.05, 0.05]), of["mouth"].astype(float))
    out = _blend(out, np.array([0.5, 0.47, 0.45]), of["eyes"].astype(float))
    # A hairline somewhere between the scalp's own edge and the forehead.
    line = rng.uniform(0.2, 0.3) + 0.02 * _waves(rng, p, 12.0)
    crown = np.maximum(of["scalp"] * _ramp(p[:, 1], -0.02, 0.06), _ramp(p[:, 1], line, line + 0.03))
    out = _blend(out, hair, crown * (rng.random() < 0.9))
    shirt = rng.uniform(0.03, 0.6, 3)
    out = _blend(out, shirt, of["neck"] * _ramp(-p[:, 1], 0.38, 0.40))
    return np.clip(out, 0.004, 0.95).astype(np.float32)


def _blend(
    colour: NDArray[np.float64], other: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    w = np.clip(share, 0.0, 1.0)[:, None]
    return np.asarray((1 - w) * colour + w * other)


def _ramp(
    x: NDArray[np.float64], low: float | NDArray[np.float64], high: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(np.clip((x - low) / (high - low), 0.0, 1.0))


def _waves(
    rng: np.random.Generator, points: NDArray[np.float64], frequency: float
) -> NDArray[np.float64]:
    """[N] a smooth random function of place, about -1..1."""
    k = rng.normal(0, frequency, (3, 6))
    return np.asarray(np.sin(points @ k + rng.uniform(0, 6.3, 6)).sum(1) / 3.0)


def _distance(points: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] distance to a polyline [K, 3]."""
    best = np.full(len(points), np.inf)
    for a, b in pairwise(line):
        along = np.clip(((points - a) @ (b - a)) / max(float((b - a) @ (b - a)), 1e-12), 0, 1)
        best = np.minimum(best, np.linalg.norm(points - a - along[:, None] * (b - a), axis=1))
    return best
