"""The YAML and JSON forms of a light, as `schema.json` describes them. Angles are degrees here."""

from __future__ import annotations

from math import radians
from typing import Literal, Protocol, cast

import numpy as np

from ..errors import LightError
from ..geometry import MOST_TURN
from ..times import TIME_FORMS, parse_seconds, timecode_hint
from .colour import check_colour, hex_to_rgb, kelvin_to_rgb
from .lamp import Lamp
from .lamps import LEAST_SIDE, AreaLamp, area, direction_of, directional, point
from .light import Light, LightFrame
from .node import Node
from .sh import rotate_y
from .timeline import EASINGS, Keyframe, Timeline

__all__ = ["Finder", "parse_light", "parse_time", "parse_timeline"]

_KINDS = ("preset", "file", "lamps", "coefficients")
_MODIFIERS = ("rotation", "exposure", "intensity", "normalise", "frame")


class Finder(Protocol):
    """Finds the lights that a text can name."""

    def any(self, name: str, place: str, frame: LightFrame | None) -> Light:
        """A preset or a path."""
        ...

    def preset(self, name: str, place: str, frame: LightFrame | None) -> Light:
        """A preset by name."""
        ...

    def file(
        self, name: str, place: str, frame: LightFrame | None, normalise: bool | None, turn: float
    ) -> Light:
        """A file's light, turned by `turn` radians, then normalised (None: as usual for it)."""
        ...


def parse_light(node: Node, finder: Finder, frame: LightFrame | None = None) -> Light:
    """A light's name or mapping.

    Args:
        node: the value: a text, or a mapping of one kind key with modifiers.
        finder: finds the lights of presets' names and of paths.
        frame: taken where the mapping names none; None: CAMERA, or as a file says.

    Raises:
        LightError: naming file, key path and remedy.
    """
    if isinstance(node.value, str):
        return finder.any(node.text(), node.place, frame)
    kinds = node.keys(*_KINDS, "ambient", "lamps_within", *_MODIFIERS).intersection(_KINDS)
    if not kinds and node.has("ambient"):
        kinds = frozenset({"lamps"})
    if len(kinds) != 1:
        node.fail(f"needs exactly one of the keys {', '.join(_KINDS)}, or ambient alone")
    if node.has("ambient") and "lamps" not in kinds:
        node["ambient"].fail("goes with lamps only, or alone")
    if node.has("lamps_within") and not node.has("coefficients"):
        node["lamps_within"].fail("goes with coefficients only")
    if node.has("frame"):
        frame = LightFrame(node["frame"].choice("camera", "head"))
    normalise = node["normalise"].boolean() if node.has("normalise") else None
    turn = radians(node["rotation"].number()) if node.has("rotation") else 0.0
    kind = next(iter(kinds))
    if kind == "preset":
        if normalise is not None:
            node["normalise"].fail("presets have a level of their own: leave it out")
        light = finder.preset(node[kind].text(), node[kind].place, frame)
    elif kind == "file":
        light = finder.file(node[kind].text(), node[kind].place, frame, normalise, turn)
        turn = 0.0
    else:
        home = frame or LightFrame.CAMERA
        light = _lamps(node, home) if kind == "lamps" else _coefficients(node, home)
        if normalise:
            try:
                light = light.normalised()
            except LightError as error:
                node["normalise"].fail(str(error))
    stops = node["exposure"].number(-20, 20) if node.has("exposure") else 0.0
    gain = node["intensity"].number(0) if node.has("intensity") else 1.0
    if turn:
        light = light.rotated(rotate_y(turn))
    return light * float(gain * 2.0**stops)


def parse_timeline(node: Node, finder: Finder, frame: LightFrame | None = None) -> Timeline:
    """A mapping of keyframes; see `parse_light` for the arguments.

    Raises:
        LightError: naming file, key path and remedy.
    """
    node.keys("keyframes", "loop")
    keys = [_keyframe(entry, finder, frame) for entry in node["keyframes"].items()]
    if not keys:
        node["keyframes"].fail("needs at least one keyframe")
    try:
        return Timeline(keys, node.has("loop") and node["loop"].boolean())
    except LightError as error:
        node["keyframes"].fail(str(error))


def parse_time(node: Node) -> float:
    """Seconds: a number, or a text like 1:05 or 1:02:03.5."""
    if not isinstance(node.value, str):
        return node.number(0)
    seconds = parse_seconds(node.value)
    if seconds is None:
        hint = timecode_hint(node.value)
        node.fail(f"must be {TIME_FORMS}, got {node.value!r}{hint}")
    return Node(seconds, node.place).number(0)


def _keyframe(node: Node, finder: Finder, frame: LightFrame | None) -> Keyframe:
    keys = node.keys("time", "light", "rotate", "camera", "ease")
    if not keys & {"light", "rotate", "camera"}:
        node.fail("needs a light, a rotate or a camera")
    view = None
    if node.has("camera"):
        camera = node["camera"]
        camera.keys("yaw", "pitch", "roll")
        yaw, pitch, roll = (
            radians(camera[name].number(-MOST_TURN, MOST_TURN)) if camera.has(name) else 0.0
            for name in ("yaw", "pitch", "roll")
        )
        view = (yaw, pitch, roll)
    return Keyframe(
        time=parse_time(node["time"]),
        light=parse_light(node["light"], finder, frame) if node.has("light") else None,
        rotate=radians(node["rotate"].number()) if node.has("rotate") else None,
        view=view,
        ease=node["ease"].choice(*EASINGS) if node.has("ease") else "linear",
    )


def _coefficients(parent: Node, frame: LightFrame) -> Light:
    within = parent["lamps_within"].items() if parent.has("lamps_within") else ()
    lamps = tuple(_lamp_within(lamp) for lamp in within)
    node = parent["coefficients"]
    rows = list(node.items())
    if len(rows) != 9:
        node.fail(f"must be 9 numbers (grey) or 9 rows of red, green, blue; got {len(rows)}")
    first, *rest = rows
    # The first is the mean radiance, which can't be negative.
    if isinstance(first.value, list | tuple):
        return Light(np.array([first.vector(0), *(row.vector() for row in rest)]), frame, lamps)
    return Light(np.array([first.number(0), *(row.number() for row in rest)]), frame, lamps)


def _lamp_within(node: Node) -> Lamp:
    node.keys("direction", "rgb", "softness")
    direction, rgb = np.array(node["direction"].vector()), np.array(node["rgb"].vector(0))
    softness = node["softness"].number(0, 1) if node.has("softness") else 0.0
    try:
        return Lamp(direction, rgb, softness)
    except LightError as error:
        node.fail(str(error))


def _lamps(node: Node, frame: LightFrame) -> Light:
    light = Light(np.zeros((9, 3)), frame)
    if node.has("ambient"):
        ambient = node["ambient"]
        if isinstance(ambient.value, int | float | str):
            light = light + Light.ambient(ambient.number(0), frame)
        else:
            ambient.keys("intensity", "kelvin", "rgb")
            light = light + _intensity(ambient) * Light.ambient(_colour(ambient), frame)
    for lamp in node["lamps"].items() if node.has("lamps") else ():
        light = light + _lamp(lamp, frame)
    return light


def _lamp(node: Node, frame: LightFrame) -> Light:
    common = ("intensity", "kelvin", "rgb")
    try:
        if isinstance(node.value, dict) and node.has("position"):
            return _near_lamp(node, common, frame)
        keys = node.keys("azimuth", "elevation", "direction", "softness", *common, "position")
        if ("direction" in keys) == bool(keys & {"azimuth", "elevation"}):
            node.fail("needs azimuth and elevation, or a direction, or a position")
        if "direction" in keys:
            direction = node["direction"].vector()
        else:
            azimuth, elevation = (
                radians(node[k].number()) if node.has(k) else 0.0 for k in ("azimuth", "elevation")
            )
            direction = list(direction_of(azimuth, elevation))
        return directional(
            direction,
            intensity=_intensity(node),
            rgb=_colour(node),
            softness=node["softness"].number(0, 1) if node.has("softness") else 0.2,
            frame=frame,
        )
    except LightError as error:
        message = str(error)
        if message.startswith(node.place):
            raise
        node.fail(message)


def _near_lamp(node: Node, common: tuple[str, ...], frame: LightFrame) -> Light:
    keys = node.keys("position", "shape", "width", "height", "facing", *common)
    position = node["position"].vector()
    intensity, rgb = _intensity(node), _colour(node)
    if "shape" not in keys:
        for key in sorted(keys & {"width", "height", "facing"}):
            node[key].fail("goes with a shape (rect or disc) only")
        return point(position, intensity=intensity, rgb=rgb, frame=frame)
    shape = cast(Literal["rect", "disc"], node["shape"].choice("rect", "disc"))
    width = node["width"].number(LEAST_SIDE) if "width" in keys else 1.0
    if shape == "disc" and "height" in keys:
        node["height"].fail("a disc has a width only")
    height = node["height"].number(LEAST_SIDE) if "height" in keys else width
    return area(
        position,
        AreaLamp(shape, width, height),
        facing=node["facing"].vector() if "facing" in keys else None,
        intensity=intensity,
        rgb=rgb,
        frame=frame,
    )


def _intensity(node: Node) -> float:
    return node["intensity"].number(0) if node.has("intensity") else 1.0


def _colour(node: Node) -> list[float]:
    if node.has("kelvin") and node.has("rgb"):
        node["rgb"].fail("a lamp has kelvin or rgb, not both")
    if node.has("kelvin"):
        return [float(v) for v in kelvin_to_rgb(node["kelvin"].number(1667, 25000))]
    if not node.has("rgb"):
        return [1.0, 1.0, 1.0]
    given = node["rgb"]
    if given.value is None:
        given.fail('is empty: YAML takes # for a comment, so quote a colour in hex, "#ff5000"')
    if isinstance(given.value, str):
        try:
            return [float(v) for v in hex_to_rgb(given.value)]
        except LightError as error:
            given.fail(f"{error}; or give [red, green, blue] in linear light")
    rgb = given.vector(0)
    check_colour(rgb, f"{given.place}:")
    return rgb
