"""Vertices under lamps: the shadow of the nose, and what becomes of lights without lamps."""

from __future__ import annotations

import numpy as np
import pytest

from relume.light import Light, LightFrame, directional
from relume.ratio.geometry import TrackedHead
from relume.ratio.shading import target_shading

from ..studio import Studio


@pytest.fixture
def head(studio: Studio) -> TrackedHead:
    return TrackedHead.of(studio.face, studio.head)  # type: ignore[arg-type]


def lamp(x: float) -> Light:
    """From above and one side of the head, whichever way it looks."""
    return directional([x, 0.6, 0.6], frame=LightFrame.HEAD)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_noses_shadow_falls_to_the_other_side(head: TrackedHead, side: float) -> None:
    if side < 0 and abs(head.camera.yaw_pitch_roll[0]) > 0.2:
        pytest.skip("falls where the turned head's nose hides it")
    lit, shadowed = target_shading(head, lamp(0.5 * side), 1.0, 1.0, 1.0)
    taken = 1.0 - shadowed[:, 0] / np.maximum(lit[:, 0], 1e-6)
    v = head.vertices
    tip = v[np.argmax(np.where(np.abs(v[:, 0]) < 0.02, v[:, 2], -1.0))]
    # The cheek lies 0.07 behind the tip, so the tip's shadow falls 0.06 aside and 0.07 down.
    below = (np.abs(v[:, 1] - tip[1] + 0.05) < 0.025) & (v[:, 2] > tip[2] - 0.1)
    far, near = (below & (np.abs(k * v[:, 0] - 0.045) < 0.015) for k in (-side, side))
    seen = (head.facing > 0.3) & (lit[:, 0] > 0.2)
    assert (far & seen).sum() > 4
    assert taken[far & seen].mean() > 0.3
    assert taken[near & seen].mean() < 0.1
    assert shadowed.min() >= 0


def test_the_open_face_has_no_shadow_of_itself(head: TrackedHead) -> None:
    """A lamp beside the lens sees what the lens sees."""
    beside = directional([0.0, 0.0, 1.0]).to_head(head.camera)
    lit, shadowed = target_shading(head, beside, 1.0, 1.0, 1.0)
    seen = (head.facing > 0.3) & (lit[:, 0] > 0.3)
    taken = 1.0 - shadowed[seen, 0] / lit[seen, 0]
    # A tenth of what faces the lens is hidden from it: neck, eyeballs, the inside of the mouth.
    assert np.quantile(taken, 0.9) < 0.05


def test_without_lamps_harmonics_alone_count(head: TrackedHead) -> None:
    light = Light(lamp(0.5).coefficients, LightFrame.HEAD)
    lit, shadowed = target_shading(head, light, 1.2, 1.0, 1.0)
    want = np.maximum(head.transfer @ light.coefficients, 0) * 1.2
    np.testing.assert_allclose(lit, want, atol=1e-5)
    assert shadowed is lit
    blurred, _ = target_shading(head, lamp(0.5), 1.2, 0.0, 0.0)
    towards = lamp(0.5).lamps[0].direction
    faces = head.normals @ towards > 0.0
    np.testing.assert_allclose(blurred[faces], want[faces], atol=1e-5)
    assert (blurred <= want + 1e-5).all()  # a lamp's harmonics ring behind it
