"""A body is lit for the one face that it can belong to."""

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
        self.company: dict[int, float] = {}

    def prepare(
        self, picture: Any, face: Any, time: float, hurried: bool = False, company: float = 0.0
    ) -> str:
        self.company[face.id] = company
        return "ready"

    def plan(self, *given: Any, prepared: Any = None) -> None:
        assert "ready" in (*given, prepared)

    def observe(self, picture: Any, face: Any, time: float) -> Any:
        raise AssertionError("nobody asked for the light")


def _faces(*strengths: float) -> list[Any]:
    pose = SimpleNamespace(scale=100.0)
    return [SimpleNamespace(id=i, strength=s, pose=pose) for i, s in enumerate(strengths)]


@pytest.mark.parametrize("ahead", [True, False])
def test_each_face_knows_of_the_strongest_other(ahead: bool) -> None:
    engine = Asked()
    relighter = Relighter("loop", engine=engine)
    picture = ArrayPicture(np.zeros((8, 8, 3), np.uint8))
    for strengths, company in (
        ((1.0,), {0: 0.0}),
        ((1.0, 0.25), {0: 0.25, 1: 1.0}),
        ((0.5, 0.0, 0.75), {0: 0.75, 1: 0.75, 2: 0.5}),
    ):
        engine.company.clear()
        faces = _faces(*strengths)
        prepared = relighter.prepare(picture, faces, 0.0) if ahead else None
        assert relighter.plan(picture, faces, 0.0, prepared) == []
        assert engine.company == company
