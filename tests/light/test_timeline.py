"""Timelines: interpolation, easing, loops, turns, cameras."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.errors import LightError, UsageError
from relume.light import (
    ConstantLight,
    Keyframe,
    Light,
    LightFrame,
    LightSource,
    Timeline,
    directional,
    load_light,
    rotate_y,
)
from relume.light.timeline import EASINGS

LEFT, RIGHT, FRONT = directional([-1, 0, 0]), directional([1, 0, 0]), directional([0, 0, 1])


def same(a: Light, b: Light) -> bool:
    return bool(np.allclose(a.coefficients, b.coefficients, atol=1e-9))


@pytest.mark.parametrize("name", EASINGS)
def test_easings_start_and_rise(name: str) -> None:
    t = np.linspace(0, 1, 101)
    way = np.array([EASINGS[name](float(x)) for x in t])
    assert way[0] == 0
    assert (np.diff(way) >= 0).all()
    assert way[-1] == pytest.approx(0.0 if name == "hold" else 1.0)


def test_shapes_of_easings() -> None:
    early = {name: ease(0.25) for name, ease in EASINGS.items()}
    assert early["hold"] < early["ease-in"] < early["ease-in-out"] < early["smoothstep"]
    assert early["smoothstep"] < early["linear"] == 0.25 < early["ease-out"]


@given(st.floats(0, 1))
def test_lights_cross_fade_linearly(t: float) -> None:
    timeline = Timeline([Keyframe(2, LEFT), Keyframe(4, RIGHT)])
    assert same(timeline.at(2 + 2 * t), LEFT.lerp(RIGHT, t))


def test_before_the_first_and_after_the_last() -> None:
    timeline = Timeline([Keyframe(2, LEFT), Keyframe(4, RIGHT)])
    for time in (-1.0, 0.0, 2.0):
        assert same(timeline.at(time), LEFT)
    for time in (4.0, 100.0):
        assert same(timeline.at(time), RIGHT)


def test_hold_jumps_at_the_next_keyframe() -> None:
    timeline = Timeline([Keyframe(0, LEFT, ease="hold"), Keyframe(1, RIGHT)])
    assert same(timeline.at(0.999), LEFT)
    assert same(timeline.at(1.0), RIGHT)


def test_parts_left_out_are_carried_between_neighbours() -> None:
    timeline = Timeline(
        [Keyframe(0, LEFT), Keyframe(1, view=(0.2, 0, 0)), Keyframe(2, RIGHT, view=(0.4, 0.2, 0))]
    )
    assert same(timeline.at(1), LEFT.lerp(RIGHT, 0.5))
    assert timeline.view(0) == (0, 0, 0)
    assert timeline.view(1) == (0.2, 0, 0)
    assert timeline.view(1.5) == pytest.approx((0.3, 0.1, 0))


def test_a_turn_that_is_named_late_starts_from_where_the_light_stands() -> None:
    timeline = Timeline([Keyframe(0, LEFT), Keyframe(2, LEFT), Keyframe(4, rotate=1.0)])
    assert same(timeline.at(0), LEFT)
    assert same(timeline.at(4), LEFT.rotated(rotate_y(1.0)))
    assert not same(timeline.at(2), LEFT)  # on its way all along, as any part left out


@given(st.floats(0, 1))
def test_a_turn_keeps_the_lights_strength(t: float) -> None:
    timeline = Timeline([Keyframe(0, FRONT, 0.0), Keyframe(1, rotate=2 * np.pi)])
    light = timeline.at(t)
    towards = [np.sin(2 * np.pi * t), 0, np.cos(2 * np.pi * t)]
    assert light.shade(towards)[0] == pytest.approx(FRONT.shade([0.0, 0, 1])[0])
    assert same(timeline.at(1), FRONT)


def test_loop_starts_over() -> None:
    timeline = Timeline([Keyframe(1, LEFT), Keyframe(3, RIGHT), Keyframe(5, LEFT)], loop=True)
    for time in (1.5, 2.0, 4.5):
        assert same(timeline.at(time + 4), timeline.at(time))
        assert same(timeline.at(time + 400), timeline.at(time))
    assert same(timeline.at(0), LEFT)


def test_sources_are_alike() -> None:
    still = Timeline([Keyframe(0, LEFT)])
    moving = Timeline([Keyframe(0, LEFT), Keyframe(1, view=(0.5, 0, 0)), Keyframe(2, RIGHT)])
    for source, constant in ((ConstantLight(LEFT), True), (still, True), (moving, False)):
        assert isinstance(source, LightSource)
        assert source.constant is constant
    assert ConstantLight(LEFT).view(3) == still.view(3) == (0, 0, 0)


@pytest.mark.parametrize(
    ("keys", "loop", "match"),
    [
        ([], False, "at least one"),
        ([Keyframe(0, view=(0, 0, 0))], False, "at least one"),
        ([Keyframe(1, LEFT), Keyframe(1, RIGHT)], False, "rise"),
        ([Keyframe(0, LEFT)], True, "two keyframes"),
        ([Keyframe(0, LEFT), Keyframe(1, Light.ambient(frame=LightFrame.HEAD))], False, "frame"),
    ],
)
def test_nonsense_is_refused(keys: list[Keyframe], loop: bool, match: str) -> None:
    with pytest.raises(LightError, match=match):
        Timeline(keys, loop)


@pytest.mark.parametrize("keys", [None, 0.5, "loop", LEFT, [LEFT], [{"time": 0}]])
def test_a_timeline_is_made_of_keyframes(keys: Any) -> None:
    with pytest.raises(LightError, match="made of Keyframes, not"):
        Timeline(keys)


@pytest.mark.parametrize("time", ["1", None, [1]])
def test_a_light_is_asked_for_at_a_number(time: Any) -> None:
    moving = Timeline([Keyframe(0, LEFT, view=(0, 0, 0)), Keyframe(1, RIGHT, view=(0.5, 0, 0))])
    for ask in (moving.at, moving.view):
        with pytest.raises(UsageError, match="a time is a number, not"):
            ask(time)


@pytest.mark.parametrize("light", ["loop", None, [], np.ones(9), ConstantLight(LEFT)])
def test_a_constant_light_is_made_of_a_light(light: Any) -> None:
    with pytest.raises(LightError, match=r"a Light is needed here.*\.at\(0\.0\)"):
        ConstantLight(light)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"time": -1, "light": LEFT}, "0 seconds or more"),
        ({"time": float("nan"), "light": LEFT}, "0 seconds or more"),
        ({"time": "0:05", "light": LEFT}, "0 seconds or more, got '0:05'"),
        ({"time": [1], "light": LEFT}, "0 seconds or more"),
        ({"time": np.ones(1), "light": LEFT}, "0 seconds or more"),
        ({"time": 10**400, "light": LEFT}, "0 seconds or more"),
        ({"time": 0, "light": LEFT, "ease": "bounce"}, "bounce"),
        ({"time": 0, "light": LEFT, "ease": ["linear"]}, "linear"),
        ({"time": 0, "light": "rembrandt"}, "what load_light gives"),
        ({"time": 0, "light": Timeline([Keyframe(0, LEFT), Keyframe(1, RIGHT)])}, "constant"),
        ({"time": 0, "light": LEFT, "rotate": float("inf")}, "finite"),
        ({"time": 0, "light": LEFT, "rotate": "90"}, "finite"),
        ({"time": 0, "light": LEFT, "view": (0.1, 0)}, "yaw, pitch and roll"),
        ({"time": 0, "light": LEFT, "view": 0.1}, "yaw, pitch and roll"),
        ({"time": 0, "light": LEFT, "view": ("0.1", 0, 0)}, "yaw, pitch and roll"),
        ({"time": 0, "light": LEFT, "view": (float("nan"), 0, 0)}, "yaw, pitch and roll"),
    ],
)
def test_a_keyframe_that_makes_no_sense_is_refused(values: dict[str, Any], match: str) -> None:
    with pytest.raises(LightError, match=match):
        Keyframe(**values)


def test_a_keyframe_takes_what_load_light_gives_and_travels_between_processes() -> None:
    made = Timeline([Keyframe(0, load_light("loop"), ease="ease-in"), Keyframe(2, LEFT)])
    there = pickle.loads(pickle.dumps(made))
    assert same(made.at(0), load_light("loop").at(0))
    assert same(there.at(0.7), made.at(0.7))


def test_modifiers_apply_to_every_keyframe() -> None:
    spec = {"keyframes": [{"time": 0, "light": "loop"}, {"time": 2, "light": "split"}]}
    plain, changed = load_light(spec), load_light(spec, rotation=0.5, exposure=1, intensity=3)
    for time in (0.0, 0.7, 2.0):
        one = load_light("rim", rotation=0.5)  # the same turn, another light: a second witness
        assert not same(one.at(0), changed.at(time))
        from relume.light import rotate_y

        assert same(plain.at(time).rotated(rotate_y(0.5)) * 6, changed.at(time))


@pytest.mark.parametrize("view", [(2.0, 0.0, 0.0), (0.0, -0.53, 0.0), (0.0, 0.0, 1.0)])
def test_a_camera_is_turned_as_far_as_in_files(view: tuple[float, float, float]) -> None:
    with pytest.raises(LightError, match=r"0\.52 \(30 degrees\) each at most, got"):
        Keyframe(0.0, view=view)
    most = np.radians(30.0)
    Keyframe(0.0, view=(most, -most, most))


def test_a_timeline_is_shown_in_a_line() -> None:
    keys = [Keyframe(1.0, Light.ambient()), Keyframe(2.5, rotate=1.0)]
    assert repr(Timeline(keys, loop=True)) == "<Timeline: 2 keyframes, 1 to 2.5 s, looped>"
