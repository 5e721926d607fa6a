"""Each face is prepared in the company of the frame's others, whose bodies aren't its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from relume import Relighter
from relume.media import ArrayPicture


class Asked:
    """An engine that remembers what company its faces were said to be in."""

    def __init__(self) -> None:
        self.company: dict[int, list[int]] = {}

    def prepare(
        self, picture: Any, face: Any, time: float, hurried: bool = False, company: Any = ()
    ) -> str:
        self.company[face.id] = [other.id for other in company]
        return "ready"

    def plan(self, *given: Any, prepared: Any = None) -> None:
        assert "ready" in (*given, prepared)

    def observe(self, picture: Any, face: Any, time: float) -> Any:
        raise AssertionError("nobody asked for the light")


@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_face_knows_of_all_others(ahead: bool, count: int) -> None:
    engine = Asked()
    relighter = Relighter("loop", engine=engine)
    picture = ArrayPicture(np.zeros((8, 8, 3), np.uint8))
    pose = SimpleNamespace(scale=100.0)
    faces: list[Any] = [SimpleNamespace(id=i, pose=pose, panel=None) for i in range(count)]
    prepared = relighter.prepare(picture, faces, 0.0) if ahead else None
    assert relighter.plan(picture, faces, 0.0, prepared) == []
    assert engine.company == {i: [j for j in range(count) if j != i] for i in range(count)}
