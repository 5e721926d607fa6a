"""`load_light`, its forms and errors, and the schema's agreement with it."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from relume.errors import LightError, OutputError
from relume.light import (
    LUMINANCE,
    PRESETS,
    Light,
    LightFrame,
    Timeline,
    directional,
    load_light,
    rotate_y,
    save_light,
)

SCHEMA = json.loads(resources.files("relume").joinpath("light/schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LAMP: dict[str, Any] = {"azimuth": -40, "elevation": 30}
LONG = '{"lamps": []}' * 25

VALID: list[Any] = [
    {"preset": "rembrandt"},
    {"preset": "short:left", "rotation": -30, "exposure": 0.5, "intensity": 2, "frame": "head"},
    {"preset": "rim", "frame": "camera"},
    {"lamps": [], "ambient": 1},
    {"ambient": {"intensity": 0.5, "kelvin": 3200}, "exposure": 1},
    {"lamps": [{**LAMP, "rgb": [0, 0, 13.85]}]},
    {"lamps": [LAMP], "ambient": {"intensity": 0.2, "kelvin": 7000}, "normalise": True},
    {"lamps": [{"elevation": 90, "softness": 1, "kelvin": 3200, "intensity": 0.5}]},
    {"lamps": [{"direction": [0, 1, 1], "rgb": [1, 0, 0.5]}]},
    {"lamps": [{**LAMP, "rgb": "#ff5000"}], "ambient": {"rgb": "#00A0ff"}},
    {"lamps": [{"position": [1, 0.5, 1], "intensity": 3}]},
    {"lamps": [{"position": [1, 0, 1], "shape": "rect", "width": 0.6, "height": 1.2}]},
    {"lamps": [{"position": [1, 0, 1], "shape": "disc", "width": 0.6, "facing": [-1, 0, -1]}]},
    {"coefficients": [3.5, 0, 1, 0, 0, 0, 0, 0, 0]},
    {"coefficients": [[3.5, 3, 2]] * 9, "frame": "head"},
    {"coefficients": [[3.5, 3, 2], *[[-1, 0, 1]] * 8]},
    {"keyframes": [{"time": 0, "light": "loop"}]},
    {
        "loop": True,
        "keyframes": [
            {"time": "0:00", "light": {"preset": "loop"}, "camera": {"yaw": -10}},
            {"time": "0:02.5", "rotate": 90, "ease": "smoothstep"},
            {"time": "1:00:04", "light": "split:right", "camera": {"yaw": 10, "pitch": 5}},
        ],
    },
]

INVALID: list[tuple[Any, str]] = [
    ({}, "exactly one"),
    ([], "mapping"),
    (3, "mapping"),
    ({"preset": "rembrand"}, r"preset: no light .*did you mean 'rembrandt'"),
    ({"preset": "rim:left"}, "no sides"),
    ({"preset": "loop:up"}, "left or right"),
    ({"preset": 5}, "preset: must be a text"),
    ({"preset": "loop", "file": "a.hdr"}, "exactly one"),
    ({"preset": "loop", "rotatoin": 5}, r"rotatoin.*did you mean 'rotation'"),
    ({"preset": "loop", "rotation": "5"}, "rotation: must be a number"),
    ({"preset": "loop", "rotation": True}, "rotation: must be a number"),
    ({"preset": "loop", "intensity": -1}, "intensity: must be at least 0"),
    ({"preset": "loop", "exposure": 99}, "between -20 and 20"),
    ({"preset": "loop", "frame": "world"}, "world"),
    ({"preset": "loop", "normalise": False}, "a level of their own"),
    ({"preset": "loop", "ambient": 1}, "lamps only"),
    ({"ambient": {"rgb": [0, 300, 0]}}, r"ambient.rgb: is linear light of 16 at most.*intensity"),
    (
        {"lamps": [{**LAMP, "rgb": [255, 80, 0]}]},
        r"lamps\[0\].rgb: is linear .* got \[255, 80, 0\]: of a .*, write \[1, 0.0802, 0\]",
    ),
    ({"coefficients": [1, 2, 3]}, "9"),
    ({"coefficients": [[1, 2]] * 9}, r"coefficients\[0\]: must be three"),
    ({"coefficients": [1, [1, 2, 3], *[0] * 7]}, r"coefficients\[1\]"),
    ({"coefficients": [-1, *[0] * 8]}, r"coefficients\[0\]: must be at least 0"),
    ({"coefficients": [[1, 1, -1], *[[0, 0, 0]] * 8]}, r"coefficients\[0\]\[2\]: must be at least"),
    (
        {"coefficients": [1] * 9, "lamps_within": [{"direction": [0, 0, 1], "rgb": [1, 1, -1]}]},
        r"lamps_within\[0\].rgb\[2\]: must be at least 0",
    ),
    ({"lamps": LAMP}, "lamps: must be a list"),
    ({"lamps": [{}]}, r"lamps\[0\]: needs azimuth"),
    ({"lamps": [{**LAMP, "direction": [0, 0, 1]}]}, "needs azimuth"),
    ({"lamps": [{**LAMP, "kelvin": 500}]}, r"lamps\[0\].kelvin: must be between"),
    ({"lamps": [{**LAMP, "kelvin": 5000, "rgb": [1, 1, 1]}]}, "not both"),
    ({"lamps": [{**LAMP, "rgb": [1, -1, 1]}]}, r"rgb\[1\]: must be at least 0"),
    ({"lamps": [{**LAMP, "rgb": "#f50"}]}, r"rgb: .*six digits.*#ff5000.*\[red, green, blue\]"),
    ({"lamps": [{**LAMP, "rgb": "orange"}]}, r"rgb: .*six digits"),
    ({"lamps": [{**LAMP, "rgb": None}]}, r"rgb: is empty.*quote"),
    ({"lamps": [{**LAMP, "softness": 2}]}, "softness: must be between"),
    ({"lamps": [{"position": [1, 0, 1], "softness": 0.2}]}, "softness"),
    ({"lamps": [{"position": [1, 0, 1], "width": 1}]}, "goes with a shape"),
    ({"lamps": [{"position": [1, 0, 1], "shape": "disc", "height": 1}]}, "width only"),
    ({"lamps": [{"position": [1, 0], "shape": "rect"}]}, "three numbers"),
    ({"lamps": [3]}, r"lamps\[0\]: must be a mapping"),
    ({"keyframes": []}, "at least one"),
    ({"keyframes": {"time": 0}}, "list"),
    ({"keyframes": [{"light": "loop"}]}, r"keyframes\[0\]: needs the key 'time'"),
    ({"keyframes": [{"time": 0}]}, "needs a light, a rotate or a camera"),
    ({"keyframes": [{"time": "0:75", "light": "loop"}]}, r"time.*0:75"),
    ({"keyframes": [{"time": "0:00:01:05", "light": "loop"}]}, r"time.*frames.*0:00:01\.48"),
    ({"keyframes": [{"time": "soon", "light": "loop"}]}, r"time.*soon"),
    ({"keyframes": [{"time": -1, "light": "loop"}]}, "time: must be at least 0"),
    ({"keyframes": [{"time": 0, "light": {"preset": "lop"}}]}, r"\[0\].light.preset: no light"),
    ({"keyframes": [{"time": 0, "light": "loop", "ease": "easein"}]}, "did you mean 'ease-in'"),
    ({"keyframes": [{"time": 0, "light": "loop", "camera": {"jaw": 3}}]}, "did you mean 'yaw'"),
    ({"keyframes": [{"time": 0, "light": {"keyframes": []}}]}, "keyframes"),
    ({"keyframes": [{"time": 0, "light": "loop"}], "loop": 1}, "loop: must be true or false"),
]

# What a schema can't say.
INVALID_BEYOND_SCHEMA: list[tuple[Any, str]] = [
    ({"lamps": [{"direction": [0, 0, 0]}]}, r"lamps\[0\]: .*not all zero"),
    ({"lamps": [{"position": [0, 0, 0.1]}]}, r"lamps\[0\]: .*0.2 m"),
    ({"lamps": [], "normalise": True}, "normalise: .*dark"),
    (
        {"keyframes": [{"time": 2, "light": "loop"}, {"time": 1, "light": "rim"}]},
        "keyframes: .*rise",
    ),
    ({"keyframes": [{"time": 1, "rotate": 5}]}, "keyframes: .*at least one"),
]


def load_yaml(folder: Path, value: Any) -> Any:
    path = folder / "light.yaml"
    path.write_text(yaml.safe_dump(value))
    return load_light(path)


def test_a_colour_in_hex_is_that_of_the_screen() -> None:
    """8 bits, sRGB; linear light elsewhere."""
    a, b = ({"lamps": [{**LAMP, "rgb": rgb}]} for rgb in ("#ff5000", [1, 0.0802198, 0]))
    lights = [load_light(spec).at(0).coefficients for spec in (a, b)]
    np.testing.assert_allclose(*lights, atol=1e-6)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("value", VALID)
def test_valid_for_both(value: Any, tmp_path: Path) -> None:
    VALIDATOR.validate(value)
    source = load_yaml(tmp_path, value)
    assert isinstance(source, Timeline) == ("keyframes" in value)
    as_mapping = load_light(value).at(0.5)
    np.testing.assert_array_equal(source.at(0.5).coefficients, as_mapping.coefficients)


@pytest.mark.parametrize(("value", "match"), INVALID)
def test_invalid_for_both(value: Any, match: str, tmp_path: Path) -> None:
    assert not VALIDATOR.is_valid(value)
    with pytest.raises(LightError, match=rf"(?s)light\.yaml.*{match}"):
        load_yaml(tmp_path, value)


@pytest.mark.parametrize(("value", "match"), INVALID_BEYOND_SCHEMA)
def test_invalid_for_the_loader(value: Any, match: str, tmp_path: Path) -> None:
    VALIDATOR.validate(value)
    with pytest.raises(LightError, match=rf"light\.yaml: {match}"):
        load_yaml(tmp_path, value)


def test_schema_knows_the_presets() -> None:
    for name, preset in PRESETS.items():
        assert VALIDATOR.is_valid({"preset": name})
        assert VALIDATOR.is_valid({"preset": f"{name}:left"}) == (preset.side is not None)


def test_names() -> None:
    plain, right = (load_light(name).at(0) for name in ("Rembrandt", "rembrandt:right"))
    np.testing.assert_array_equal(plain.coefficients, PRESETS["rembrandt"].light().coefficients)
    np.testing.assert_allclose(right.coefficients, plain.mirrored().coefficients, atol=1e-12)
    with pytest.raises(LightError, match="did you mean 'golden-hour'"):
        load_light("goldenhour")


def test_modifiers() -> None:
    light, plain = load_light("loop", rotation=0.3, exposure=-1, intensity=3), load_light("loop")
    expected = plain.at(0).rotated(rotate_y(0.3)) * 1.5
    np.testing.assert_allclose(light.at(0).coefficients, expected.coefficients, atol=1e-12)
    mapping = load_light({"preset": "loop", "rotation": np.degrees(0.3), "exposure": -1})
    np.testing.assert_allclose(light.at(0).coefficients, 3 * mapping.at(0).coefficients)


def test_positive_rotation_takes_a_front_light_to_the_right() -> None:
    light = load_light({"lamps": [{"azimuth": 0}], "rotation": 90}).at(0)
    expected = directional([1, 0, 0], softness=0.2)
    np.testing.assert_allclose(light.coefficients, expected.coefficients, atol=1e-12)


def test_frames() -> None:
    assert load_light("loop").at(0).frame is LightFrame.CAMERA
    assert load_light("loop", frame=LightFrame.HEAD).at(0).frame is LightFrame.HEAD
    own = load_light({"preset": "loop", "frame": "camera"}, frame=LightFrame.HEAD)
    assert own.at(0).frame is LightFrame.CAMERA


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/key.json").write_text(json.dumps({"lamps": [LAMP]}))
    (tmp_path / "inner/a.yaml").write_text("file: key.json\nintensity: 2\n")
    (tmp_path / "move.yaml").write_text("keyframes: [{time: 1:30, light: inner/a.yaml}]")
    source = load_light(str(tmp_path / "move.yaml"))
    assert isinstance(source, Timeline)
    assert source.duration == 90  # unquoted 1:30 is YAML's own notation for 90
    expected = 2 * load_light({"lamps": [LAMP]}).at(0)
    np.testing.assert_allclose(source.at(0).coefficients, expected.coefficients)


def test_files_that_name_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("file: b.yaml")
    (tmp_path / "b.yaml").write_text("a.yaml")
    with pytest.raises(LightError, match="names itself"):
        load_light(tmp_path / "a.yaml")


def test_a_timeline_is_no_constant_light(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("keyframes: [{time: 0, light: loop}]")
    with pytest.raises(LightError, match="is a timeline"):
        load_light({"file": str(tmp_path / "t.yaml"), "rotation": 3})


def test_a_dark_light_that_another_file_normalises_is_named(tmp_path: Path) -> None:
    (tmp_path / "dark.yaml").write_text("lamps: [{azimuth: 180}]")
    with pytest.raises(LightError, match=r"dark\.yaml: .*front of the face dark"):
        load_light({"file": str(tmp_path / "dark.yaml"), "normalise": True})


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.yaml", b"{", "isn't valid YAML"),
        (
            "a.yaml",
            b"file: a\nrotation: [\n",
            "line 3, column 1: isn't valid YAML: expected the node",
        ),
        ("a.yaml", b"lamps:\n  - azimuth: 1\n   rgb: 2\n", "line 3, column 4: .*its indentation$"),
        ("a.yml", b"\tlamps: 3", r"line 1, column 1: isn't valid YML: found character '\\t' that"),
        ("a.json", b'{\n"a" 1}', "line 2, column 5: isn't valid JSON: Expecting ':' delimiter$"),
        ("a.json", b"{'a': 1}", "isn't valid JSON"),
        ("a.yaml", b"lamps:\n- {azimuth: 1, rgb: #FF5000}\n", '# begins .* quote .* "#FF5000"$'),
        (
            "a.yaml",
            b"lamps:\n  - azimuth: 1\n    rgb: [1, 1, 1]\n    'azimuth': 2\n",
            "line 4, column 5: .*'azimuth' is given twice, first in line 2; leave one out$",
        ),
        (
            "a.yml",
            b"keyframes:\n- {time: 0, light: loop}\nkeyframes:\n- {time: 0, light: rim}\n",
            "line 3, column 1: .*'keyframes' is given twice, first in line 1",
        ),
        ("a.json", b'{"preset": "loop", "preset": "rim"}', "'preset' is given twice; leave one"),
        ("a.json", b'{"preset": "loop", "rotation": NaN}', "rotation: must be a number"),
        ("a.yaml", b"preset: loop\nintensity: 1e3", "intensity: .* '1e3', a text: write 1000$"),
        ("a.yaml", b"ambient: 1e-7", "ambient: .* '1e-7', a text: write 0.0000001$"),
        ("a.json", b'{"ambient": "nan"}', "ambient: must be a number, got 'nan'$"),
        ("a.yaml", b"\xff\xfe\x00\xd8", "UTF-8"),
        ("a.yaml", b"", "mapping"),
        ("a.hdr", b"#?RADIANCE\n", "a.hdr"),
        ("a.hdr", b"", "a.hdr"),
        ("a.jpg", b"", "relume.load_light"),
        ("a.xyz", b"", "must be one of"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, name: str, content: bytes, match: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        LightError, match=rf"(?s){name}.*{match}" if match != name else match
    ) as told:
        load_light(tmp_path / name)
    assert "\n" not in str(told.value)


def test_a_key_that_is_merged_in_may_be_given_again(tmp_path: Path) -> None:
    text = "lamps:\n- &key {azimuth: 30, intensity: 2}\n- {<<: *key, azimuth: -30}\n"
    (tmp_path / "a.yaml").write_text(text + "- {<<: *key, azimuth: 0}\n")
    lamps = load_light(tmp_path / "a.yaml").at(0).lamps
    assert [round(float(np.degrees(np.arcsin(x.direction[0])))) for x in lamps] == [30, -30, 0]
    assert all(x.rgb.tolist() == [2, 2, 2] for x in lamps)


@pytest.mark.parametrize("name", ["no.hdr", "no.yaml", "no.txt", "no/such.png"])
def test_missing_files_are_named(name: str) -> None:
    with pytest.raises(LightError, match=r"no such file.*; check the name and the folder"):
        load_light(name)


def test_an_empty_name_and_a_folder_are_no_light(tmp_path: Path) -> None:
    for spec in ("", " "):
        with pytest.raises(LightError, match="its name is empty; give a preset"):
            load_light(spec)
    for spec in (str(tmp_path), {"file": str(tmp_path)}):
        with pytest.raises(LightError, match="is a folder; name a file in it"):
            load_light(spec)


@pytest.mark.parametrize(
    ("spec", "match"),
    [
        (LONG, "no light is called"),
        (f"{LONG}.hdr", "no such file"),
        (f"{LONG}.yaml", "can't be read"),
        ({"file": f"{LONG}.json"}, "no such file"),
        ({"keyframes": [{"time": 0, "light": LONG}]}, "no light is called"),
    ],
)
def test_names_too_long_for_files_are_refused(spec: Any, match: str) -> None:
    with pytest.raises(LightError, match=match):
        load_light(spec)


def test_portraits_go_to_the_pipelines_estimator(tmp_path: Path) -> None:
    path = tmp_path / "someone.png"
    path.touch()
    seen: list[Path] = []

    def estimate(portrait: Path) -> Light:
        seen.append(portrait)
        return 3 * directional([0, 0, 1])

    light = load_light(path, from_portrait=estimate).at(0)
    assert seen == [path]
    assert light.mean_shading() @ LUMINANCE == pytest.approx(1)
    as_is = load_light({"file": str(path), "normalise": False}, from_portrait=estimate).at(0)
    assert as_is.coefficients[0, 0] == pytest.approx(3 * np.pi * 0.5 / np.sqrt(np.pi))


@pytest.mark.parametrize("frame", LightFrame)
def test_json_round_trip_is_exact(tmp_path: Path, frame: LightFrame) -> None:
    coefficients = np.random.default_rng(4).normal(size=(9, 3))
    coefficients[0] = np.abs(coefficients[0])
    light = Light(coefficients, frame)
    save_light(light, tmp_path / "l.json")
    VALIDATOR.validate(json.loads((tmp_path / "l.json").read_text()))
    again = load_light(tmp_path / "l.json").at(0)
    np.testing.assert_array_equal(again.coefficients, light.coefficients)
    assert again.frame is frame
    assert [p.name for p in tmp_path.iterdir()] == ["l.json"]


def test_saving_where_or_what_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file.l\.json"):
        save_light(Light.ambient(), tmp_path / "file/l.json")
    with pytest.raises(LightError, match=r"l\.json: .* negative"):
        save_light(Light(-np.ones(9)), tmp_path / "l.json")
    with pytest.raises(LightError, match=r"\.json or as \.txt"):
        save_light(Light.ambient(), tmp_path / "l.png")
    with pytest.raises(LightError, match=r"not ConstantLight; .*\.at\(0\.0\)"):
        save_light(load_light("loop"), tmp_path / "l.json")  # type: ignore[arg-type]


DOCS = Path(__file__).resolve().parents[2] / "docs/lights.md"


@pytest.mark.skipif(not DOCS.is_file(), reason="an installed package has no docs")
def test_the_documentations_examples_load() -> None:
    text = DOCS.read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    assert len(examples) == 3
    for example in examples:
        value = yaml.safe_load(example)
        VALIDATOR.validate(value)
        if "file" not in value:
            load_light(value).at(1.0)
    assert all(f"| `{name}` |" in text and preset.about in text for name, preset in PRESETS.items())


def test_a_file_is_not_written_over_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    save_light(Light.ambient(1.0), path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="overwrite=True"):
        save_light(Light.ambient(2.0), path)
    assert path.read_bytes() == before
    save_light(Light.ambient(2.0), path, overwrite=True)
    assert path.read_bytes() != before
