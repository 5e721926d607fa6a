"""Live frames wait for no look: the gain before is carried along until there is a new one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import pytest

from relume.compact_engine import CompactEngine
from relume.compact_engine import engine as engines
from relume.compact_engine.look import Look
from relume.light import PRESETS, Light, directional
from relume.media import ArrayPicture
from relume.runtime import RAYS

from ..studio import Studio
from .conftest import KnownHead

STEP = 1 / 30
DUE = 4  # the first frame that a gain no longer serves


class Later:
    """In the place of `spare_thread`: what was given is done when it is told to be."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, work))
        return future

    def begin(self) -> None:
        """What was given is under way, and done when it is asked for."""
        for future, work in self.waiting:
            if future.set_running_or_notify_cancel():
                future.result = lambda timeout=None, work=work: work()  # type: ignore[method-assign]
        self.waiting.clear()

    def finish(self) -> None:
        for future, work in self.waiting:
            if future.set_running_or_notify_cancel():
                future.set_result(work())
        self.waiting.clear()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    made = Later()
    monkeypatch.setattr(engines, "spare_thread", lambda: made)
    return made


@dataclass
class Film:
    """Frames of one head, no two of them alike, under light that comes on from a side."""

    engine: CompactEngine
    studio: Studio
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    light: Callable[[int], Light] = lambda index: PRESETS["rembrandt"].light()
    cells: list[Any] = field(default_factory=list)

    def show(self, index: int, hurried: bool = True, fresh: bool = False) -> np.ndarray:
        """A frame, relit; what it was drawn in is black afterwards."""
        own = Light.ambient(1.0) + directional((1, 0.2, 0.5), rgb=(0.05 * index,) * 3)
        image, _ = self.studio.picture(own.normalised())
        grain = np.random.default_rng(0).random(image.shape[:2], np.float32)[..., None]
        grain = cv2.GaussianBlur(grain, (0, 0), 6)[..., None]  # for motion to be told
        picture, time = ArrayPicture(image * (0.5 + grain)), index * STEP
        face = self.studio.face
        face.fresh = fresh
        prepared = self.engine.prepare(picture, face, time, hurried)
        self.cells.append(prepared.cells)
        light = self.light(index)
        plan = self.engine.plan(picture, face, light, time, self.turn, prepared=prepared)
        assert plan is not None
        plan.apply(picture)
        out = np.array(picture.array)
        picture.changeable()[:] = 0
        return out

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


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (0.2, 0.0, 0.0)], ids=["as filmed", "turned"])
def test_what_was_asked_aside_is_what_it_would_have_been_at_once(
    engine: CompactEngine, studio: Studio, later: Later, turn: tuple[float, float, float]
) -> None:
    runtime = engine._runtime
    assert isinstance(runtime, KnownHead)
    runtime.answer = np.full((RAYS, RAYS, 3), -1.0, np.float32)
    runtime.answer[:, RAYS // 2 :] = 1.0  # hard light from the left
    film = Film(engine, studio, turn)
    for index in range(DUE + 2):
        before = film.show(index)
    (person,) = engine._people.values()
    assert person.job is not None
    later.finish()
    # What a turned camera sees is ready before it is drawn in another thread.
    assert bool(person.job.result().look.shifts) == any(turn)
    late = film.show(DUE + 2)
    assert film.look.delit is not None
    assert film.look.fine is not None
    assert film.look.fine.mean() > 50
    engine._people.clear()
    engine._coder._people.clear()
    for index in range(DUE + 3):
        at_once = film.show(index, hurried=False)
    off = np.abs(late - at_once).mean()
    assert off < 0.2 * np.abs(before - at_once).mean()


def test_a_light_that_moves_is_not_waited_for_either(film: Film, later: Later) -> None:
    film.light = lambda index: directional((np.sin(0.1 * index), 0.3, 1.0))
    still = film.show(0)
    for index in range(1, DUE + 2):
        hurried = film.show(index)
    assert film.look.cells is film.cells[0]
    later.finish()
    answered = film.show(DUE + 2)
    assert film.look.cells is film.cells[DUE]
    film.engine._people.clear()
    film.engine._coder._people.clear()
    for index in range(DUE + 3):
        exact = film.show(index, hurried=False)
        if index == DUE + 1:
            assert np.abs(hurried - exact).mean() < 0.25 * np.abs(still - exact).mean()
    assert np.abs(answered - exact).mean() < 0.2 * np.abs(still - exact).mean()


def test_nothing_serves_for_ever(film: Film, later: Later) -> None:
    for index in range(3 * DUE + 1):
        film.show(index)
    assert film.look.cells is film.cells[3 * DUE]  # what was asked aside wasn't begun


def test_what_is_begun_is_taken_when_patience_ends(film: Film, later: Later) -> None:
    for index in range(3 * DUE):
        film.show(index)
    later.begin()
    film.show(3 * DUE)
    assert film.look.cells is film.cells[DUE]
    assert len(later.waiting) == 1  # and the next is asked


@pytest.mark.parametrize("turn", [0.015, 0.05], ids=["a little", "far"])
def test_a_head_that_turns_is_asked(film: Film, later: Later, turn: float) -> None:
    film.turn = (0.1, 0.0, 0.0)
    film.show(0)
    pose = film.studio.pose
    film.studio = replace(film.studio, pose=replace(pose, yaw=pose.yaw + turn))
    film.show(1)
    assert bool(later.waiting) == (turn < 0.03)
    assert film.look.cells is film.cells[int(turn > 0.03)]


def test_a_face_that_is_fresh_owes_nothing_to_what_was_asked(film: Film, later: Later) -> None:
    for index in range(DUE + 1):
        film.show(index)
    film.show(DUE + 1, fresh=True)
    later.finish()
    film.show(DUE + 2)
    assert film.look.cells is film.cells[DUE + 1]


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
