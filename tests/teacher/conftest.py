"""A made-up portrait, taught once for all tests of the teacher.

Imports stand in the fixtures: the test files skip themselves where an extra isn't installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from relume.light import Light, directional

if TYPE_CHECKING:
    from relume.teacher.portrait import Portrait
    from relume.teacher.scene import Scene
    from relume.teacher.teach import Teacher


@pytest.fixture(scope="session")
def light() -> np.ndarray:
    """A key light from the right over a fill, in the head frame."""
    mixed = directional((0.8, 0.3, 0.5), intensity=0.8) + Light.ambient(0.5)
    return mixed.normalised().coefficients


@pytest.fixture(scope="session")
def teacher() -> Teacher:
    from relume.teacher.teach import Teacher, TeacherConfig

    return Teacher(TeacherConfig(rays=24))


@pytest.fixture(scope="session")
def portrait(teacher: Teacher, light: np.ndarray) -> Portrait:
    from ..synthetic_face import synthetic_face

    return teacher.taught(synthetic_face(light, seed=3)[0])


@pytest.fixture(scope="session")
def scene(portrait: Portrait) -> Scene:
    from relume.teacher.scene import Scene

    return Scene.of(portrait)
