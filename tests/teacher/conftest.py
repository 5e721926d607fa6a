"""A made-up portrait, taught once for all tests of the teacher."""

from __future__ import annotations

import pytest

pytest.importorskip("embreex", reason="needs embreex (the teacher extra)")
pytest.importorskip("trimesh", reason="needs trimesh (the teacher extra)")
pytest.importorskip("numba", reason="needs numba (the train extra)")

import numpy as np

from relume.light import Light, directional
from relume.teacher.portrait import Portrait
from relume.teacher.scene import Scene
from relume.teacher.synthetic import synthetic_face
from relume.teacher.teach import Teacher, TeacherConfig


@pytest.fixture(scope="session")
def light() -> np.ndarray:
    """A key light from the right over a fill, in the head frame."""
    mixed = directional((0.8, 0.3, 0.5), intensity=0.8) + Light.ambient(0.5)
    return mixed.normalised().coefficients


@pytest.fixture(scope="session")
def teacher() -> Teacher:
    return Teacher(TeacherConfig(rays=24))


@pytest.fixture(scope="session")
def portrait(teacher: Teacher, light: np.ndarray) -> Portrait:
    return teacher.taught(synthetic_face(light, seed=3)[0])


@pytest.fixture(scope="session")
def scene(portrait: Portrait) -> Scene:
    return Scene.of(portrait)
