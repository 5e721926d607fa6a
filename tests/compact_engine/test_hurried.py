"""Live frames wait for no look: the gain before is carried along until there is a new one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest

from relume.compact_engine import CompactEngine
from relume.compact_engine import engine as engines
from relume.compact_engine.look import Look
from relume.light import PRESETS, Light
from relume.media import ArrayPicture

from ..studio import Studio

STEP = 1 / 30
DUE = 4  # the first frame that a gain no longer serves


class Later:
    """In the place of `aside`: what was given is done when it is told to be."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, work))
        return future

    def finish(self) -> None:
        for future, work in self.waiting:
            if future.set_running_or_notify_cancel():
                future.set_result(work())
        self.waiting.clear()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    made = Later()
    monkeypatch.setattr(engines, "aside", lambda: made)
    return made


@dataclass
class Film:
    """Frames of one head, no two of them alike."""

    engine: CompactEngine
    studio: Studio
    cells: list[Any] = field(default_factory=list)

    def show(self, index: int, hurried: bool = True) -> np.ndarray:
        """A frame, relit."""
        image, _ = self.studio.picture(Light.ambient(1.0))
        grain = np.random.default_rng(0).random(image.shape[:2], np.float32)[..., None]
        grain = cv2.GaussianBlur(grain, (0, 0), 6)[..., None]  # for motion to be told
        brighter = np.float32(0.002 * (index % 7))
        picture, time = ArrayPicture(image * (0.5 + grain) + brighter), index * STEP
        prepared = self.engine.prepare(picture, self.studio.face, time, hurried)
        self.cells.append(prepared.cells)
        light = PRESETS["rembrandt"].light()
        plan = self.engine.plan(picture, self.studio.face, light, time, prepared=prepared)
        assert plan is not None
        plan.apply(picture)
        return np.asarray(picture.array)

    @property
    def look(self) -> Look:
        """What the frames shown last are carried from."""
        (person,) = self.engine._people.values()
        assert person.look is not None
        return person.look


@pytest.fixture
def film(engine: CompactEngine, studio: Studio) -> Film:
    return Film(engine, studio)


def test_a_look_is_not_waited_for(film: Film, later: Later) -> None:
    for index in range(DUE + 3):
        film.show(index)
        assert film.look.cells is film.cells[0]
        assert len(later.waiting) == (index >= DUE)  # one at a time
    later.finish()
    film.show(DUE + 3)
    assert film.look.cells is film.cells[DUE]


def test_what_was_asked_aside_is_what_it_would_have_been_at_once(
    film: Film, later: Later, engine: CompactEngine, studio: Studio
) -> None:
    for index in range(DUE + 2):
        film.show(index)
    later.finish()
    late = film.show(DUE + 2)
    engine._people.clear()
    engine._coder._people.clear()
    for index in range(DUE + 3):
        at_once = film.show(index, hurried=False)
    assert np.abs(late - at_once).max() < 0.005


def test_nothing_serves_for_ever(film: Film, later: Later) -> None:
    for index in range(3 * DUE + 1):
        film.show(index)
    assert film.look.cells is film.cells[3 * DUE]  # what was asked aside wasn't begun


def test_who_has_time_has_a_look_of_his_own(film: Film, later: Later) -> None:
    for index in range(DUE + 1):
        film.show(index)
    film.show(DUE + 1, hurried=False)
    assert film.look.cells is film.cells[DUE + 1]
    later.finish()
    film.show(DUE + 2)
    assert film.look.cells is film.cells[DUE + 1]


def test_an_error_aside_is_raised(
    film: Film, later: Later, engine: CompactEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(DUE + 1):
        film.show(index)
    (future, _), *_ = later.waiting
    future.set_running_or_notify_cancel()
    future.set_exception(MemoryError("no room"))
    with pytest.raises(MemoryError, match="no room"):
        film.show(DUE + 1)
