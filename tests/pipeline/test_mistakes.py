"""Wrong things given to the Python API: refused in relume's own words, with the remedy."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import relume
from relume.errors import LightError, MediaError, NoFaceError, OutputError, UsageError
from relume.pipeline.models import build_engine
from relume.pipeline.track import track_video

FRAME = np.zeros((8, 8, 3), np.uint8)


class Seen:
    """What pictures of other libraries have."""

    __array_interface__: Any = None


@pytest.fixture(scope="module")
def relighter() -> relume.Relighter:
    return relume.Relighter("loop", engine=build_engine("ratio"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda relighter: relighter("talk.mp4", 0.0),
        lambda relighter: relighter.process("talk.mp4", 0.0),
        lambda relighter: relighter.still(Path("talk.png")),
        lambda relighter: relighter.hold("talk.png"),
    ],
    ids=["call", "process", "still", "hold"],
)
def test_a_files_name_in_a_frames_place(
    relighter: relume.Relighter, ask: Callable[[Any], Any]
) -> None:
    with pytest.raises(UsageError, match=r"relume\.relight_video"):
        ask(relighter)


@pytest.mark.parametrize(
    ("source", "output", "passes", "what"),
    [
        (FRAME, "out.mp4", {}, "source"),
        ("talk.mp4", FRAME, {}, "output"),
        ("talk.mp4", "out.mp4", {"alpha": FRAME}, "alpha"),
    ],
    ids=["source", "output", "pass"],
)
def test_an_array_in_a_files_place(source: Any, output: Any, passes: Any, what: str) -> None:
    engine: Any = build_engine("compact")
    with pytest.raises(UsageError, match=rf"the {what} is the name .* relume\.Relighter"):
        relume.relight_video(source, output, "loop", passes=passes, engine=engine)


def test_something_is_written() -> None:
    engine: Any = build_engine("compact")
    with pytest.raises(UsageError, match="give an output, or a pass"):
        relume.relight_video("talk.mp4", None, "loop", engine=engine)


def test_an_empty_name_is_not_the_current_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine: Any = build_engine("compact")
    relume.write_image(tmp_path / "1.png", FRAME)
    monkeypatch.chdir(tmp_path)
    for ask in (
        lambda: relume.open_video(""),
        lambda: list(track_video("")),
        lambda: relume.relight_video("", "out.png", "loop", engine=engine),
        lambda: relume.relight_video("1.png", "", "loop", engine=engine),
        lambda: relume.read_image(""),
        lambda: relume.write_image("", FRAME),
        lambda: relume.media.VideoWriter(""),
    ):
        with pytest.raises(UsageError, match="name is empty; give a file"):
            ask()


def test_names_that_no_file_has_and_what_files_hold(tmp_path: Path) -> None:
    """As a service is given them."""
    engine: Any = build_engine("compact")
    for ask in (
        lambda: relume.open_video("a\0.mp4"),
        lambda: relume.relight_video("talk.mp4", "a\0.mp4", "loop", engine=engine),
        lambda: relume.read_image("a\0.png"),
        lambda: relume.write_image(str(tmp_path / "a\0.png"), FRAME),
    ):
        with pytest.raises(UsageError, match="has a zero byte"):
            ask()
    for content in (b"RIFF", io.BytesIO(b"RIFF")):
        for read in (
            relume.open_video,
            relume.read_image,
            lambda given: relume.relight_video(given, "out.mp4", "loop", engine=engine),
        ):
            with pytest.raises(UsageError, match="write what it holds to a file first"):
                read(content)  # type: ignore[operator]
    with pytest.raises(MediaError, match=r"http://a/b\.png: relume reads files"):
        relume.read_image("http://a/b.png")


def test_a_stop_that_is_no_event_is_told(tmp_path: Path) -> None:
    stop: Any = True
    with pytest.raises(UsageError, match=r"stop is a threading\.Event"):
        relume.relight_video("talk.mp4", tmp_path / "a.mp4", "loop", stop=stop)


@pytest.mark.parametrize("source", [0, FRAME, None], ids=["number", "array", "none"])
def test_what_is_no_name_in_a_videos_or_pictures_place(source: Any) -> None:
    with pytest.raises(UsageError, match=r"named by a text or path.*camera:0"):
        relume.open_video(source)
    for ask in (
        lambda: relume.read_image(source),
        lambda: relume.media.read_hdr(source),
        lambda: relume.write_image(source, FRAME),
    ):
        with pytest.raises(UsageError, match="a picture is named by a text or path, not "):
            ask()
    with pytest.raises(UsageError, match="a video is named by a text or path, not "):
        relume.media.VideoWriter(source)
    with pytest.raises(UsageError, match="a light's file is named by a text or path, not "):
        relume.light.save_light(relume.light.Light.ambient(), source)
    with pytest.raises(UsageError, match="a virtual camera is named by a text"):
        relume.media.VirtualCamera(source)


def test_a_files_name_in_a_sources_place() -> None:
    with pytest.raises(UsageError, match=r"like is a source that open_video gives.*not str"):
        relume.media.VideoWriter("out.mp4", like="talk.mp4")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"talk\.mp4: a part of a video is a Part\(start, end\)"):
        relume.open_video("talk.mp4", part=(0.0, 1.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", ["2", 1.5, float("nan"), []])
def test_threads_are_a_whole_number(threads: Any) -> None:
    with pytest.raises(UsageError, match="threads is a whole number, not"):
        build_engine("ratio", threads=threads)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_virtual_camera_without_a_rate(rate: float) -> None:
    with pytest.raises(UsageError, match="makes no sense; give 25"):
        relume.media.VirtualCamera(rate=rate)


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda relighter: relighter(FRAME, "1"), "a frame's time"),
        (lambda relighter: relighter.process(FRAME.copy(), "1"), "a frame's time"),
        (lambda relighter: relighter.aim(yaw="10"), "yaw"),
        (lambda relighter: relighter.aim(amount=[1]), "the amount"),
        (lambda relighter: relighter.aim(amount=np.ones(1)), "the amount"),
        (lambda _: relume.Relighter("loop", yaw=np.array([0.1, 0.2])), "yaw"),
        (lambda _: relume.Relighter("loop", pitch="10"), "pitch"),
        (lambda _: relume.Relighter("loop", max_faces="2"), "max_faces"),
        (lambda _: relume.load_light("loop", rotation="90"), "the rotation"),
        (lambda _: relume.load_light({"ambient": 1}, exposure="1"), "the exposure"),
        (lambda _: relume.load_light("loop", intensity=None), "the intensity"),
        (lambda _: list(track_video("talk.mp4", max_faces="2")), "max_faces"),
        (lambda _: relume.light.kelvin_to_rgb("3200"), "a colour temperature"),
        (lambda _: relume.media.VirtualCamera(rate="30"), "a rate"),
        (lambda _: relume.media.Part("1:00"), "a part's start"),
        (lambda _: relume.media.Part(0.0, "1:00"), "a part's end"),
        (lambda _: relume.open_video("talk.mp4", rate="25"), "a rate"),
        (lambda _: relume.media.VideoWriter("out.mp4", quality="best"), "quality"),
        (lambda _: relume.write_image("out.png", FRAME, quality="best"), "quality"),
    ],
)
def test_texts_in_a_numbers_place(
    relighter: relume.Relighter, ask: Callable[[Any], Any], name: str
) -> None:
    with pytest.raises(UsageError, match=rf"^{name} is a number, not "):
        ask(relighter)


@pytest.mark.parametrize("kind", [Fraction, Decimal, np.float32])
def test_numbers_of_any_kind(kind: Callable[[float], Any]) -> None:
    relighter = relume.Relighter(engine=build_engine("ratio"))
    quarter = kind(0.25)  # as a time, PyAV's pts * time_base is a Fraction
    relighter.aim("loop", yaw=quarter, pitch=quarter, amount=quarter)
    relighter(FRAME, quarter)
    assert (relighter.yaw, relighter.pitch, relighter.amount) == (0.25, 0.25, 0.25)
    with pytest.raises(UsageError, match="a frame's time is a finite number"):
        relighter(FRAME, 10**400)


@pytest.mark.parametrize("faces", [0, -1, float("nan")])
def test_no_face_to_be_followed(tmp_path: Path, faces: Any) -> None:
    source = tmp_path / "a.png"
    relume.write_image(source, FRAME)
    for ask in (
        lambda: relume.Relighter("loop", max_faces=faces),
        lambda: list(track_video(source, max_faces=faces)),
    ):
        with pytest.raises(UsageError, match=f"at least one face .* {faces}"):
            ask()


def test_half_a_face_to_be_followed() -> None:
    with pytest.raises(UsageError, match=r"max_faces is a whole number, not 1\.5"):
        relume.Relighter("loop", max_faces=1.5)  # type: ignore[arg-type]


def test_a_light_that_names_nothing() -> None:
    with pytest.raises(LightError, match="not int"):
        relume.load_light(42)  # type: ignore[arg-type]


def test_a_models_name_in_an_engines_place() -> None:
    with pytest.raises(UsageError, match=r"'ratio' is no engine.*build_engine"):
        relume.Relighter("loop", engine="ratio")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "match"),
    [
        (np.zeros((0, 0, 3), np.uint8), "a pixel at least"),
        (np.zeros((8, 8), np.uint8), r"numpy\.repeat"),
        (np.zeros((8, 8, 1), np.uint8), r"numpy\.repeat"),
        (np.zeros((8, 8, 4), np.uint8), r"x\[\.\.\., :3\]"),
        (np.zeros((8, 8, 3), np.uint16), "65535"),
        (np.zeros((8, 8, 3), np.float64), "float32"),
        (np.full((8, 8, 3), 255, np.float32), "reach 255; divide"),
        (np.full((8, 8, 3), np.nan, np.float32), r"NaN.*numpy\.nan_to_num"),
        (np.full((8, 8, 3), -np.inf, np.float32), r"-inf.*numpy\.nan_to_num"),
        (np.zeros((8, 8, 3), ">f4"), r"astype\(numpy\.float32\)"),
        ([[[0, 0, 0]]], r"not list; numpy\.asarray"),
        (np.zeros((3, 8, 8), np.uint8), r"channels come last: numpy\.moveaxis\(x, 0, 2\)"),
        (np.zeros((1, 8, 8, 3), np.uint8), r"one by one, such as x\[0\]$"),
        (np.zeros((1, 3, 8, 8), np.uint8), r"such as x\[0\]; channels come last"),
        (Seen(), r"numpy\.asarray\(x\)"),
    ],
)
def test_arrays_of_another_kind(relighter: relume.Relighter, frame: Any, match: str) -> None:
    for ask in (relighter, relighter.process, relighter.still, relighter.hold):
        with pytest.raises(UsageError, match=match):
            ask(frame)


def test_an_array_is_relit_in_place_if_it_can_be_written_to(short_clip: Path) -> None:
    with relume.open_video(short_clip) as reader:
        before = next(iter(reader)).rgb8.copy()
    relighter = relume.Relighter("split", engine=build_engine("ratio"))
    frame = before.copy()
    assert relighter.process(frame).relit == 1
    assert (frame != before).any()
    frame = before.copy()
    frame.flags.writeable = False
    with pytest.raises(UsageError, match=r"read-only.*give a copy"):
        relighter.process(frame)


def test_a_video_frames_array_is_not_relit_in_its_place(
    relighter: relume.Relighter, short_clip: Path
) -> None:
    with relume.open_video(short_clip) as reader:
        frame = next(iter(reader))
    for ask in (relighter.process, relighter.still):
        for pixels in (frame.rgb8, frame.half8):
            with pytest.raises(UsageError, match="the frame itself in the place of its rgb8"):
                ask(pixels)


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"exposure": 9999}, "exposure"),
        ({"exposure": float("nan")}, "exposure"),
        ({"rotation": float("nan")}, "finite angle"),
        ({"rotation": 90}, r"math\.radians"),
        ({"intensity": -1}, "intensity"),
    ],
)
def test_numbers_of_a_light_out_of_range(asked: dict[str, float], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        relume.load_light("split", **asked)


def test_a_lamp_of_four_colours_and_a_negative_ambience() -> None:
    with pytest.raises(LightError, match="colour"):
        relume.light.directional([1, 0, 0], rgb=[1, 2, 3, 4])
    with pytest.raises(LightError, match="0 or more"):
        relume.light.Light.ambient(-1)


@pytest.mark.parametrize("wrong", ["left", None, {}, [[1, 2], 3], np.ones((2, 2)), 1j])
def test_what_a_light_is_made_of_is_checked(wrong: Any) -> None:
    room = relume.light
    even = room.Light.ambient()
    for make in (
        lambda: room.directional(wrong),
        lambda: room.directional([0, 0, 1], intensity=wrong),
        lambda: room.directional([0, 0, 1], rgb=wrong),
        lambda: room.directional([0, 0, 1], softness=wrong),
        lambda: room.point(wrong),
        lambda: room.point([0, 0, 1], intensity=wrong),
        lambda: room.area(wrong),
        lambda: room.AreaLamp(width=wrong),
        lambda: room.AreaLamp(shape=wrong),
        lambda: room.area([0, 0, 1], (wrong,)),
        lambda: room.area([0, 0, 1], facing=(wrong,)),
        lambda: room.Lamp(wrong, np.ones(3)),
        lambda: room.Lamp(np.ones(3), wrong),
        lambda: room.Light.ambient(wrong),
        lambda: room.Light(wrong),
        lambda: room.Light(np.ones(9), lamps=(wrong,)),
        lambda: room.Light(np.ones(9), lamps=wrong),
        lambda: even * wrong,
        lambda: wrong * even,
        lambda: even.lerp(wrong, 0.5),
        lambda: even.lerp(even, wrong),
    ):
        with pytest.raises(LightError, match=r"got|not"):
            make()


def test_what_is_aimed_at_is_checked(relighter: relume.Relighter) -> None:
    for asked, match in (
        ({"amount": 5}, "a share from 0 to 1"),
        ({"amount": float("nan")}, "a share from 0 to 1"),
        ({"yaw": 8.0}, r"got 8 \(458\.366 degrees\); .* math\.radians"),
        ({"pitch": float("nan")}, "pitch is a finite number"),
    ):
        with pytest.raises(UsageError, match=match):
            relighter.aim(**asked)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        relighter.amount = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("g/p%d.png", "g/p%d.png"),
        ("g", "g/p%d.png"),
        ("g/*.png", "g/p%d.png"),
        ("g/p1.png", "g/p%d.png"),
        ("g/*.png", "g/p2.png"),
        ("h", "h/"),
    ],
)
def test_the_inputs_own_pictures_are_not_written_over(
    tmp_path: Path, source: str, output: str
) -> None:
    engine: Any = build_engine("compact")
    for folder, name in (("g", "p%d.png"), ("h", "%05d.png")):
        (tmp_path / folder).mkdir()
        for number in (1, 2, 3):
            relume.write_image(tmp_path / folder / (name % number), FRAME)
    where = str(tmp_path / output) + ("/" if output.endswith("/") else "")
    with pytest.raises(OutputError, match="is the input itself"):
        relume.relight_video(str(tmp_path / source), where, "loop", overwrite=True, engine=engine)
    assert len(list(tmp_path.rglob("*.png"))) == 6


@pytest.mark.parametrize(
    ("source", "output"), [("gone/1.png", "there/%d.png"), ("gone.png", "there/1.png")]
)
def test_pictures_that_are_not_there_are_told_before_their_places_are_compared(
    tmp_path: Path, source: str, output: str
) -> None:
    engine: Any = build_engine("compact")
    (tmp_path / "there").mkdir()
    relume.write_image(tmp_path / "there" / "1.png", FRAME)
    with pytest.raises(MediaError, match="no such file"):
        relume.relight_video(
            tmp_path / source, tmp_path / output, "loop", overwrite=True, engine=engine
        )


def test_a_mapping_of_passes() -> None:
    engine: Any = build_engine("compact")
    with pytest.raises(UsageError, match="files by name"):
        relume.relight_video("a.mp4", "b.mp4", "loop", passes=["alpha"], engine=engine)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("output", "alpha"),
    [
        ("out/", "out/%05d.png"),
        ("out/%05d.png", "out/00001.png"),
        ("out/00001.png", "out/%05d.png"),
        ("out/%04d.png", "out/%05d.png"),
        ("out/a.png", "out/./a.png"),
    ],
)
def test_one_place_for_two_outputs(tmp_path: Path, output: str, alpha: str) -> None:
    engine: Any = build_engine("compact")
    source = tmp_path / "a.png"
    relume.write_image(source, FRAME)
    with pytest.raises(OutputError, match="use two names"):
        relume.relight_video(
            source, f"{tmp_path}/{output}", "loop", engine=engine,
            passes={"alpha": f"{tmp_path}/{alpha}"},
        )  # fmt: skip


class Slotted:
    """An engine that can be neither referred to weakly nor hashed."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def plan(self, *given: Any) -> None:
        return None

    def observe(self, picture: Any, face: Any, time: float) -> Any:
        raise AssertionError("nobody asked for the light")


@pytest.mark.parametrize("make", [lambda: build_engine("ratio"), Slotted], ids=["ratio", "stub"])
def test_an_engine_has_one_relighter_at_a_time(make: Callable[[], Any]) -> None:
    engine = make()
    first = relume.Relighter("loop", engine=engine)
    with pytest.raises(UsageError, match=r"another relighter's.*build_engine"):
        relume.Relighter("split", engine=engine)
    relume.Relighter("split", engine=make())
    del first
    second = relume.Relighter("split", engine=engine)
    held = second.hold(FRAME)
    del second
    with pytest.raises(UsageError, match="another relighter's"):
        relume.Relighter("loop", engine=engine)  # for the held picture has it
    del held
    relume.Relighter("loop", engine=engine)


def test_an_engine_is_free_after_a_relighter_that_only_a_cycle_holds() -> None:
    engine = build_engine("ratio")
    relighter = relume.Relighter("loop", engine=engine)
    cycle: list[Any] = [relighter]
    cycle.append(cycle)
    del relighter, cycle
    relume.Relighter("split", engine=engine)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [({}, NoFaceError), ({"threads": 0}, UsageError), ({"passes": {"alpha": "c.png"}}, UsageError)],
    ids=["no face", "no thread", "no passes"],
)
def test_an_engine_is_free_after_a_video_that_failed(
    tmp_path: Path, asked: dict[str, Any], kind: type[Exception]
) -> None:
    engine: Any = Slotted()
    relume.write_image(tmp_path / "a.png", FRAME)
    with pytest.raises(kind) as failed:
        relume.relight_video(tmp_path / "a.png", tmp_path / "b.png", "loop", engine=engine, **asked)
    relume.Relighter("split", engine=engine)  # though the error's traceback holds the first
    assert failed.tb


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_relighter_is_not_copied(relighter: relume.Relighter, take: Callable[[Any], Any]) -> None:
    with pytest.raises(UsageError, match="make one for each video, in the process"):
        take(relighter)


def test_a_video_frame_in_an_arrays_place(relighter: relume.Relighter) -> None:
    frame: Any = relume.media.VideoFrame.from_rgb(FRAME)
    with pytest.raises(UsageError, match=r"VideoFrame; .*rgb8 is one, .*\.process takes the frame"):
        relighter(frame)


@pytest.mark.parametrize(
    ("light", "match"),
    [
        (np.ones((9, 3)), r"relume\.Light\(coefficients\).*relume\.estimate_light"),
        (relume.Light, r"not a class: Light\("),
        (type("Half", (), {"at": None, "constant": True})(), "Half is no .*: it lacks view"),
    ],
    ids=["array", "class", "half"],
)
def test_what_is_no_light(light: Any, match: str) -> None:
    for ask in (
        relume.load_light,
        lambda light: relume.Relighter(light, engine=build_engine("ratio")),
    ):
        with pytest.raises(LightError, match=match):
            ask(light)


def test_a_light_that_is_one_already() -> None:
    for light in (relume.Light.ambient(), relume.load_light("loop")):
        with pytest.raises(LightError, match="a light already: use it as it is"):
            relume.load_light(light)  # type: ignore[arg-type]


class Odd:
    """A LightSource that gives what it is made with."""

    constant = False

    def __init__(self, light: Any = None, view: Any = (0.0, 0.0, 0.0)) -> None:
        self.light, self.seen = light or relume.Light.ambient(), view

    def at(self, time: float) -> Any:
        return self.light

    def view(self, time: float) -> Any:
        return self.seen


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (Odd("split"), r"^Odd\.at\(time\) gives a relume\.Light, not str"),
        (Odd(view=0.1), r"^Odd\.view\(time\) is yaw, pitch and roll.*got 0\.1"),
        (Odd(view=(0.0, 0.0)), r"^Odd\.view\(time\) is"),
        (Odd(view=(0.0, 0.0, 0.6)), r"30 degrees\) each at most, got \(0\.0, 0\.0, 0\.6\)"),
        (Odd(view=(np.nan, 0.0, 0.0)), r"^Odd\.view\(time\) is"),
    ],
)
def test_a_light_source_of_ones_own_is_checked(
    relighter: relume.Relighter, source: Any, match: str
) -> None:
    relighter.aim(Odd(view=[0.1, 0.0, 0.5]))  # type: ignore[arg-type]
    relighter.plan(relume.media.ArrayPicture(FRAME), [], 0.0)
    relighter.aim(source)
    with pytest.raises(LightError, match=match):
        relighter.plan(relume.media.ArrayPicture(FRAME), [], 0.0)
    relighter.aim("loop")


def test_progress_is_a_function_before_anything_is_done(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    relume.write_image(source, FRAME)
    with pytest.raises(UsageError, match=r"progress is a function.* not 3"):
        relume.relight_video(source, tmp_path / "b.png", "loop", progress=3)  # type: ignore[arg-type]


def test_radiance_in_a_pictures_place(tmp_path: Path) -> None:
    path = tmp_path / "sky.hdr"
    path.write_bytes(cv2.imencode(".hdr", np.ones((8, 16, 3), np.float32))[1].tobytes())
    with pytest.raises(MediaError, match=r"relume\.media\.read_hdr"):
        relume.read_image(path)


def test_things_are_shown_in_a_line(relighter: relume.Relighter) -> None:
    relighter.aim("loop")
    assert repr(relighter) == ("<Relighter: ConstantLight, yaw 0, pitch 0, amount 1, RatioEngine>")
    frame = relume.media.VideoFrame.from_rgb(FRAME, 3, Fraction(1, 2))
    assert repr(frame) == "<VideoFrame: 8x8 rgb, 8 bits, 1.5 s>"
    assert repr(relighter.hold(FRAME)) == "<HeldPicture: 8x8 uint8, 0 faces>"
    assert repr(relighter.process(FRAME.copy())) == "<FrameResult: 0 faces, 0 relit>"
