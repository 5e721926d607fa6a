"""Radiance transfer and drawing by rays against closed forms."""

from __future__ import annotations

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

import numpy as np
import trimesh

from relume.geometry import Camera
from relume.light import LAMBERT, sh_basis
from relume.teacher.transfer import RayCaster


def _ball(radius: float = 0.3) -> tuple[RayCaster, np.ndarray]:
    ball = trimesh.creation.icosphere(3, radius)
    caster = RayCaster(ball.vertices.astype(np.float32), ball.faces.astype(np.int64))
    return caster, (ball.vertices / radius).astype(np.float32)


def test_nothing_shadows_a_ball() -> None:
    caster, normals = _ball()
    which = np.arange(0, len(normals), 7)
    found = caster.transfer(normals, which, 256)
    assert np.abs(found - sh_basis(normals[which]) * LAMBERT).max() < 0.03


def test_a_roof_takes_the_sky_away() -> None:
    floor = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]], np.float32)
    roof = floor * 20 + np.array([0, 1, 0], np.float32)
    faces = np.array([[0, 2, 1], [0, 3, 2], [4, 6, 5], [4, 7, 6]])
    up = np.tile(np.array([0, 1, 0], np.float32), (8, 1))
    caster = RayCaster(np.concatenate([floor, roof]), faces)
    assert caster.transfer(up, np.array([0]), 64)[0, 0] < 0.02


def test_drawing_meets_the_camera() -> None:
    caster, normals = _ball()
    camera = Camera.look_at(0.3, 0.2)
    drawn = caster.draw(camera, 33, normals)
    assert abs(drawn.depth[16, 16] - 2.4) < 0.01
    towards = camera.position / np.linalg.norm(camera.position)
    assert np.abs(drawn.values[16, 16] - towards).max() < 0.05
    assert not drawn.hit[0, 0]
    assert drawn.depth[0, 0] == 0
