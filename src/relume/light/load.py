"""`load_light`: any way of naming a light to a `LightSource`; `save_light`: to a file."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, cast

from ..errors import LightError, UsageError
from ..number import check_number
from ..place import OutputPlace, named
from .dpr import parse_dpr, to_dpr
from .hdri import read_environment
from .light import Light, LightFrame, check_light
from .node import Node, did_you_mean
from .presets import PRESETS, Side
from .sh import rotate_y
from .source import ConstantLight, LightSource
from .spec import parse_light, parse_timeline
from .surroundings import environment_light
from .timeline import Timeline

__all__ = ["load_light", "save_light"]

_MAPS = (".hdr", ".exr")
_SPECS = (".yaml", ".yml", ".json")
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".hif")
_LARGEST_TEXT = 10_000_000
_BARE_COLOUR = re.compile(r":[ \t]+(#[0-9a-fA-F]{6})\b")
_MOST_STOPS = 20  # as the schema of light files has it

FromPortrait = Callable[[Path], Light]
LightSpec = str | Path | Mapping[str, Any]


def load_light(
    spec: LightSpec,
    *,
    rotation: float = 0.0,
    exposure: float = 0.0,
    intensity: float = 1.0,
    frame: LightFrame | None = None,
    from_portrait: FromPortrait | None = None,
) -> LightSource:
    """The light that `spec` names.

    Presets and files are normalised: on a frontal face their mean shading has luminance 1 (of a
    preset `Preset.level`), so that the picture's exposure stays put (a mapping may say
    `normalise: false`). A file is turned first, a preset afterwards: turning a map chooses what
    lights the face, turning a preset takes its lamps away from it. Lamps and coefficients are
    taken as they are.

    Args:
        spec: a preset's name, `rembrandt` or `rembrandt:right` (the side of the picture that the
            key stands on); a path: .hdr or .exr surroundings, .yaml or .json (a light or a
            timeline, see schema.json), .txt (DPR), or a portrait whose light is to be taken;
            or the mapping that a YAML file would hold.
        rotation: radians that the light is turned about the vertical; positive takes what comes
            from the camera's side to the picture's right. (Mappings and files have degrees.)
        exposure: stops brighter, on top of all else, -20 to 20.
        intensity: factor, on top of all else, 0 or more.
        frame: the frame of reference where the spec names none: CAMERA (default), or HEAD for a
            light that turns with the head.
        from_portrait: estimates the camera-frame light of a picture; the pipeline brings it.

    Raises:
        UsageError: a rotation, exposure or intensity out of its range.
        LightError: no such light, or a broken file; the message names file, key and remedy.
    """
    _check_kind(spec)
    _check_numbers(rotation, exposure, intensity)
    loader = _Loader(from_portrait)
    if not isinstance(spec, Mapping) and _is_distant(Path(spec)):
        light = _Finder(loader, Path()).file(str(spec), "light", frame, None, rotation)
        return ConstantLight(light * (intensity * 2.0**exposure))
    source = loader.source(spec, frame)
    if rotation == 0.0 and exposure == 0.0 and intensity == 1.0:
        return source
    turn, gain = rotate_y(rotation), intensity * 2.0**exposure
    if isinstance(source, Timeline):
        return source.mapped(lambda light: light.rotated(turn) * gain)
    return ConstantLight(source.at(0.0).rotated(turn) * gain)


def _check_kind(spec: object) -> None:
    if isinstance(spec, (str, PathLike, Mapping)):
        return
    if isinstance(spec, type):
        raise LightError(f"a light is an object, not a class: {spec.__name__}(...)")
    kind = type(spec).__name__
    if isinstance(spec, Light | LightSource):
        raise LightError(
            f"this {kind} is a light already: use it as it is; a Light is turned by"
            " .rotated(relume.light.rotate_y(angle)) and made stronger by *"
        )
    lacks = [name for name in ("constant", "at", "view") if not hasattr(spec, name)]
    if hasattr(spec, "at"):
        raise LightError(f"{kind} is no relume.light.LightSource: it lacks {' and '.join(lacks)}")
    raise LightError(
        f"a light is named by a preset's name (of relume.light.PRESETS), a file or a mapping, not"
        f" {kind}; relume.Light(coefficients) makes one of numbers, relume.estimate_light reads"
        " that of a picture in memory"
    )


def _check_numbers(rotation: float, exposure: float, intensity: float) -> None:
    for name, number in (
        ("the rotation", rotation),
        ("the exposure", exposure),
        ("the intensity", intensity),
    ):
        check_number(name, number)
    if not math.isfinite(rotation):
        raise UsageError(f"a light is turned by a finite angle, got {rotation:g}")
    if abs(rotation) > 2.0 * math.pi:
        raise UsageError(
            f"a light is turned by radians, -2 pi to 2 pi, got {rotation:g}; of degrees"
            " math.radians makes such"
        )
    if not abs(exposure) <= _MOST_STOPS:
        raise UsageError(f"an exposure is -{_MOST_STOPS} to {_MOST_STOPS} stops, got {exposure:g}")
    if not 0.0 <= intensity < math.inf:
        raise UsageError(f"an intensity is a factor of 0 or more, got {intensity:g}")


def save_light(light: Light, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a light: .json (all of it, read back exactly) or .txt (DPR: grey, camera frame).

    Args:
        light: to be written.
        path: of the file.
        overwrite: replace an existing file.

    Raises:
        UsageError: the path is no name.
        LightError: it is no Light, or less than none on average; the file's ending is another, or
            DPR can't hold the light.
        OutputError: the file exists, or can't be written.
    """
    check_light(light)
    path = named(path, "a light's file", "a.json")
    if light.coefficients[0].min() < 0.0:
        raise LightError(f"{path}: a light's first coefficients can't be negative")
    if path.suffix.lower() == ".json":
        rows = ",\n".join("    " + json.dumps(row) for row in light.coefficients.tolist())
        frame = json.dumps(light.frame.value)
        text = f'{{\n  "frame": {frame},\n  "coefficients": [\n{rows}\n  ]{_written(light)}\n}}\n'
    elif path.suffix.lower() == ".txt":
        text = "".join(f"{value:.17g}\n" for value in to_dpr(light))
    else:
        raise LightError(f"{path}: a light is written as .json or as .txt (DPR)")
    place = OutputPlace(path, overwrite=overwrite)
    with place.guard():
        place.partial.write_text(text, encoding="utf-8")
        place.commit()


def _written(light: Light) -> str:
    """The lamps as a member of a JSON object; nothing where there are none."""
    lamps = [
        {"direction": x.direction.tolist(), "rgb": x.rgb.tolist(), "softness": x.softness}
        for x in light.lamps
    ]
    rows = ",\n".join("    " + json.dumps(lamp) for lamp in lamps)
    return f',\n  "lamps_within": [\n{rows}\n  ]' if lamps else ""


class _Loader:
    """One call of `load_light`: what is open already, and who reads portraits."""

    def __init__(self, from_portrait: FromPortrait | None) -> None:
        self.from_portrait = from_portrait
        self.open: list[Path] = []

    def source(self, spec: str | Path | Mapping[str, Any], frame: LightFrame | None) -> LightSource:
        if isinstance(spec, Mapping):
            return self.document(Node(dict(spec), "light"), Path(), frame)
        if Path(spec).suffix.lower() in _SPECS:
            return self.spec_file(Path(spec), frame)
        return ConstantLight(_Finder(self, Path()).any(str(spec), "light", frame))

    def document(self, node: Node, folder: Path, frame: LightFrame | None) -> LightSource:
        """A mapping's light or timeline; paths in it are relative to `folder`."""
        finder = _Finder(self, folder)
        if isinstance(node.value, Mapping) and node.has("keyframes"):
            return parse_timeline(node, finder, frame)
        return ConstantLight(parse_light(node, finder, frame))

    def spec_file(self, path: Path, frame: LightFrame | None) -> LightSource:
        import yaml

        from .text import read_json, read_yaml

        real = path.resolve()
        if real in self.open:
            raise LightError(f"{path}: this file names itself as a light, through {self.open[-1]}")
        text = _read_text(path)
        try:
            value = (read_json if path.suffix.lower() == ".json" else read_yaml)(text)
        except (ValueError, yaml.YAMLError, RecursionError) as error:
            raise LightError(_syntax(path, text, error)) from error
        self.open.append(real)
        try:
            return self.document(Node(value, str(path)), path.parent, frame)
        finally:
            self.open.pop()

    def distant(self, path: Path) -> Light:
        """The light of a file that isn't YAML or JSON, as bright as it comes."""
        ending = path.suffix.lower()
        if ending in _MAPS:
            return environment_light(read_environment(path))
        if ending == ".txt":
            return parse_dpr(_read_text(path)).deringed()
        if ending not in _PICTURES:
            endings = ", ".join((*_MAPS, *_SPECS, ".txt", *_PICTURES))
            raise LightError(f"a light file must be one of {endings}")
        if self.from_portrait is None:
            raise LightError(
                "a portrait's light is read off it by relume.load_light (relume.light.load_light"
                " takes it from whatever is passed as from_portrait)"
            )
        return self.from_portrait(path)


class _Finder:
    """What a text in a document means: presets, and paths relative to the document's folder."""

    def __init__(self, loader: _Loader, folder: Path) -> None:
        self.loader = loader
        self.folder = folder

    def any(self, name: str, place: str, frame: LightFrame | None) -> Light:
        if not name.strip():
            raise LightError(f"{place}: its name is empty; give a preset's name or a file")
        path = self.folder / name
        if not os.path.isfile(path) and (_stem(name) in PRESETS or not _looks_like_path(path)):
            return self.preset(name, place, frame)
        return self.file(name, place, frame, None, 0.0)

    def preset(self, name: str, place: str, frame: LightFrame | None) -> Light:
        stem, side = _stem(name), name.lower().partition(":")[2].strip()
        if stem not in PRESETS:
            hint = did_you_mean(stem, PRESETS)
            raise LightError(f"{place}: no light is called {name!r}; {hint}; or a path")
        if side not in ("", "left", "right"):
            raise LightError(f"{place}: a side must be left or right, got {side!r}")
        chosen = cast(Side, side) if side else None
        try:
            return PRESETS[stem].light(chosen, frame or LightFrame.CAMERA)
        except LightError as error:
            raise LightError(f"{place}: {error}") from None

    def file(
        self, name: str, place: str, frame: LightFrame | None, normalise: bool | None, turn: float
    ) -> Light:
        path = self.folder / name
        if os.path.isdir(path):
            raise LightError(f"{place}: {path} is a folder; name a file in it")
        if not os.path.isfile(path):
            raise LightError(f"{place}: no such file: {path}; check the name and the folder")
        if path.suffix.lower() in _SPECS:
            source = self.loader.spec_file(path, frame)
            if isinstance(source, Timeline):
                raise LightError(f"{place}: {path} is a timeline; name a constant light here")
            light = source.at(0.0).rotated(rotate_y(turn))
            return _normalised(light, path) if normalise else light
        try:
            light = self.loader.distant(path).rotated(rotate_y(turn))
            if frame is not None:
                light = replace(light, frame=frame)
            return light if normalise is False else light.normalised()
        except LightError as error:
            message = str(error)
            raise LightError(message if str(path) in message else f"{path}: {message}") from error


def _normalised(light: Light, path: Path) -> Light:
    try:
        return light.normalised()
    except LightError as error:
        raise LightError(f"{path}: {error}") from error


def _syntax(path: Path, text: str, error: Exception) -> str:
    """What is wrong with a file that YAML or JSON can't read, and where, in one short line."""
    kind, place = path.suffix[1:].upper(), ""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "msg", None)
    if mark is not None:
        place = f", line {mark.line + 1}, column {mark.column + 1}"
    elif isinstance(error, json.JSONDecodeError):
        place = f", line {error.lineno}, column {error.colno}"
    if what and what.startswith("expected <block end>"):
        what = "this doesn't go with the lines before it; check its indentation"
    bare = _BARE_COLOUR.search(text)
    hint = f'; # begins a comment, so quote a colour in hex, "{bare[1]}"' if bare else ""
    return f"{path}{place}: isn't valid {kind}: {what or ' '.join(str(error).split())}{hint}"


def _stem(name: str) -> str:
    return name.lower().partition(":")[0].strip()


def _is_distant(path: Path) -> bool:
    return path.suffix.lower() in (*_MAPS, *_PICTURES, ".txt")


def _looks_like_path(path: Path) -> bool:
    # Of names too long for a file, a Path's own methods raise OSError.
    return os.path.exists(path) or _is_distant(path) or path.suffix.lower() in _SPECS


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_TEXT:
            raise LightError(f"{path}: too large for a light in text ({path.stat().st_size} bytes)")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise LightError(
            f"{path}: no such file (named as a light); check the name and the folder"
        ) from None
    except OSError as error:
        raise LightError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LightError(f"{path}: isn't a text file in UTF-8") from error
