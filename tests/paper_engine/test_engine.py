"""The engine around the networks, with networks that only remember what they were asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import relume
from relume.compose.colour import to_linear
from relume.face import HeadModel, Pose, TrackedFace
from relume.geometry import Camera
from relume.light import Light, LightFrame, from_dpr, load_light
from relume.media import ArrayPicture, open_video
from relume.paper_engine import PaperEngine, PaperEngineConfig
from relume.paper_engine.engine import _shifted
from relume.render import rasterise

from ..studio import plain_matte
from .conftest import FakeNetwork, MakeFace

GREY = Light.ambient(1.0)


def red(image: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.array([1.0, 0.0, 0.0], np.float32), image.shape)


def relit(
    network: FakeNetwork, frame: np.ndarray, face: TrackedFace, *arguments: Any, **options: Any
) -> np.ndarray:
    picture = ArrayPicture(frame.copy())
    plan = PaperEngine(network).plan(picture, face, *arguments, **options)
    np.testing.assert_array_equal(picture.array, frame)  # planning changes nothing
    if plan is not None:
        plan.apply(picture)
    return picture.array


def inside_of(face: TrackedFace, frame: np.ndarray, margin: int) -> np.ndarray:
    """Frame pixels inside of the crop, `margin` crop pixels away from its border."""
    square = np.zeros((512, 512), np.uint8)
    square[margin : 512 - margin, margin : 512 - margin] = 1
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(square, face.crop, frame.shape[1::-1], flags=flags) > 0


def test_on_real_video_the_crop_itself_lands_where_it_was(short_clip: Path) -> None:
    network = FakeNetwork()
    relighter = relume.Relighter(GREY, engine=PaperEngine(network))
    with open_video(short_clip) as video:
        for frame, _ in zip(video, range(3), strict=False):
            before = frame.rgb8.astype(np.float32) / 255
            picture = ArrayPicture(before.copy())
            relighter.process(picture, frame.time)
            changed = np.abs(picture.array - before).max(2) > 0
            assert 0.03 < changed.mean() < 0.3  # of the frame
            assert np.mean((picture.array - before)[changed] ** 2) < 1e-4  # 40 dB
    assert network.encoded == 3


def test_only_the_person_inside_the_crop_changes(short_clip: Path) -> None:
    relighter = relume.Relighter(GREY, engine=PaperEngine(FakeNetwork(red)))
    with open_video(short_clip) as video:
        frame = next(iter(video)).rgb8
    picture = ArrayPicture(frame.copy())
    (face,) = relighter.process(picture, 0.0).faces
    changed = (picture.array != frame).any(2)
    assert not changed[~inside_of(face, frame, 0)].any()
    x, y, half = int(face.pose.x), int(face.pose.y), int(face.pose.scale / 2)
    wall = changed[y + half // 3 : y + half, x + half // 2 : x + half]  # below her left ear
    assert wall.mean() < 0.2
    assert (picture.array[y - 5 : y + 5, x - 5 : x + 5] == [255, 0, 0]).all()


@pytest.mark.usefixtures("all_person")
def test_what_is_drawn_transparent_stays(frame: np.ndarray, face_at: MakeFace) -> None:
    network, face = FakeNetwork(red), face_at(Pose(0.0, 0.0, 0.0, 240.0, 190.0, 256.0))
    network.opacity[:, :32] = 0.0
    out = relit(network, frame, face, GREY, 0.0)
    np.testing.assert_array_equal(out[:, :236], frame[:, :236])
    np.testing.assert_allclose(out[150:230, 250:330], red(out[150:230, 250:330]), atol=1e-4)


@pytest.mark.usefixtures("all_person")
@pytest.mark.parametrize(("amount", "strength"), [(0.5, 1.0), (1.0, 0.5), (0.5, 0.4)])
def test_amount_and_strength_are_shares_in_linear_light(
    frame: np.ndarray, face_at: MakeFace, amount: float, strength: float
) -> None:
    face = face_at(strength=strength)
    out = relit(FakeNetwork(red), frame, face, GREY, 0.0, amount=amount)
    share = amount * strength
    wanted = (1 - share) * to_linear(frame) + share * red(frame)
    inside = inside_of(face, frame, 60)
    np.testing.assert_allclose(to_linear(out)[inside], wanted[inside], atol=1e-3)


@pytest.mark.usefixtures("all_person")
@pytest.mark.parametrize(
    "options",
    [{"amount": 0.0}, {"light": None}, {"strength": 0.0}, {"pose": Pose(0, 0, 0, 900, 0, 99)}],
    ids=["amount", "no light", "faded", "outside"],
)
def test_nothing_to_do(frame: np.ndarray, face_at: MakeFace, options: dict[str, Any]) -> None:
    network = FakeNetwork(red)
    light, amount = options.pop("light", GREY), options.pop("amount", 1.0)
    out = relit(network, frame, face_at(**options), light, 0.0, amount=amount)
    np.testing.assert_array_equal(out, frame)
    assert network.encoded == 0


@pytest.mark.usefixtures("all_person")
def test_the_networks_get_the_light_that_the_head_gets(
    frame: np.ndarray, face_at: MakeFace
) -> None:
    light = load_light("rembrandt").at(0.0)
    for yaw in (0.0, 0.5):
        network, face = FakeNetwork(), face_at(Pose(yaw, 0.1, 0.0, 240.0, 190.0, 256.0))
        relit(network, frame, face, light, 0.0)
        (camera, vector, _) = network.asked[0]
        np.testing.assert_array_equal(camera.vector, face.camera.vector)
        head = light.to_head(face.camera).grey().coefficients
        np.testing.assert_allclose(from_dpr(vector).coefficients, head, atol=2e-3 * head[0, 0])
        # A light fixed to the head is the same whichever way the head looks.
        relit(network, frame, face, Light(light.coefficients, LightFrame.HEAD), 0.0)
        fixed = from_dpr(network.asked[1][1]).coefficients
        np.testing.assert_allclose(fixed, light.grey().coefficients, atol=2e-3 * head[0, 0])


@pytest.mark.usefixtures("all_person")
def test_a_coloured_light_tints(frame: np.ndarray, face_at: MakeFace) -> None:
    face = face_at()
    warm = GREY * [1.3, 1.0, 0.4]
    out = relit(FakeNetwork(lambda i: np.full_like(i, 0.3)), frame, face, warm, 0.0)
    inside = to_linear(out)[inside_of(face, frame, 60)].mean(0)
    level = warm.mean_shading() @ [0.2126, 0.7152, 0.0722]
    np.testing.assert_allclose(inside / to_linear(np.float32(0.3)), [1.3, 1, 0.4] / level, rtol=0.1)


@pytest.mark.usefixtures("all_person")
def test_a_turn_moves_the_camera_and_mixes_lights(frame: np.ndarray, face_at: MakeFace) -> None:
    face, network = face_at(strength=0.5), FakeNetwork(red)
    turn = (0.3, -0.1, 0.0)
    out = relit(network, frame, face, GREY, 0.0, turn, amount=0.25)
    camera, vector, _ = network.asked[0]
    np.testing.assert_allclose(camera.vector, face.camera.turned(0.15, -0.05).vector)
    own = PaperEngine(network).observe(ArrayPicture(frame), face, 0.0)
    mixed = own.lerp(GREY, 0.25).to_head(face.viewer).grey().coefficients
    np.testing.assert_allclose(from_dpr(vector).coefficients, mixed, atol=0.01 * mixed[0, 0])
    # All of the face gives way, as far as it is trusted: no second face shines through.
    inside = inside_of(face, frame, 60)
    wanted = 0.5 * (to_linear(frame) + red(frame))
    assert np.median(np.abs(to_linear(out) - wanted)[inside]) < 0.02


@pytest.mark.usefixtures("all_person")
def test_an_unchanged_frame_is_encoded_once(frame: np.ndarray, face_at: MakeFace) -> None:
    network = FakeNetwork()
    engine = PaperEngine(network, PaperEngineConfig(unchanged=0.5))
    lights = [load_light(name).at(0.0) for name in ("split", "split:right", "loop")]
    for time, light in enumerate(lights):
        slight = Pose(0.1 + 1e-4 * time, 0.05, 0.1, 240.0, 190.0 + 0.05 * time, 260.0)
        engine.plan(ArrayPicture(frame), face_at(slight, fresh=time == 0), light, time / 25)
    assert network.encoded == 1
    assert len({tuple(vector) for _, vector, _ in network.asked}) == 3
    assert len({tuple(camera.vector) for camera, _, _ in network.asked}) == 1
    moved = Pose(0.1, 0.05, 0.1, 243.0, 190.0, 260.0)
    engine.plan(ArrayPicture(frame), face_at(moved), GREY, 0.2)
    assert network.encoded == 2
    engine.plan(ArrayPicture(np.roll(frame, 1, 0)), face_at(moved), GREY, 0.24)
    assert network.encoded == 3


def test_a_still_under_a_timeline_is_encoded_once(short_clip: Path) -> None:
    with open_video(short_clip) as video:
        frame = next(iter(video)).rgb8
    network = FakeNetwork()
    timeline = {"keyframes": [{"time": 0, "light": "split"}, {"time": 1, "light": "loop"}]}
    relighter = relume.Relighter(timeline, engine=PaperEngine(network))
    for count in range(6):
        relighter.process(ArrayPicture(frame.copy()), count / 10)
    assert len({tuple(vector) for _, vector, _ in network.asked}) == 6
    assert network.encoded == 1


@pytest.mark.usefixtures("all_person")
def test_everybody_has_a_history_that_ends(frame: np.ndarray, face_at: MakeFace) -> None:
    network = FakeNetwork()
    engine = PaperEngine(network)
    two = [face_at(id=1), face_at(Pose(0, 0, 0, 120.0, 120.0, 90.0), id=2)]
    for time in (0.0, 0.04, 0.08):
        picture = ArrayPicture(frame)
        for face in two:
            engine.plan(picture, face, GREY, time)
    assert [person for _, _, person in network.asked] == [1, 2] * 3
    assert network.forgotten == []
    engine.plan(ArrayPicture(frame), face_at(id=1, fresh=True), GREY, 0.12)  # a cut
    assert network.forgotten == [1]
    engine.plan(ArrayPicture(frame), face_at(id=1), GREY, 3.0)  # nobody for a while
    assert sorted(network.forgotten) == [1, 1, 2]
    network.forgotten.clear()
    engine.plan(ArrayPicture(frame), face_at(id=1), GREY, 0.0)  # begun anew
    assert network.forgotten == [1]
    network.forgotten.clear()
    for number in range(10, 60):  # stills, one after another
        engine.plan(ArrayPicture(frame), face_at(id=number, fresh=False), GREY, 0.0)
    assert network.forgotten[:3] == [1, 10, 11]
    assert 15 <= len(network.forgotten) <= 25


@pytest.mark.parametrize("turn", [(0.25, 0.0), (-0.3, 0.0), (0.0, 0.2), (0.2, 0.15)])
def test_the_outline_moves_with_the_head(face_at: MakeFace, turn: tuple[float, float]) -> None:
    face = face_at(Pose(0.0, 0.0, 0.0, 255.5, 255.5, 512.0))  # crop and frame are one
    head = HeadModel.load()

    def seen(camera: Camera) -> np.ndarray:
        at, depth = 512 * camera.project(head.mean), camera.to_camera(head.mean)[:, 2]
        return rasterise(at, depth, head.faces, np.ones((len(at), 1)), (512, 512))[1]

    camera = face.camera.turned(*turn)
    here, there = (seen(c)[:330] for c in (face.camera, camera))  # the neck stays behind
    step = np.concatenate([np.eye(2), _shifted(face, camera)[:, None]], axis=1)
    moved = cv2.warpAffine(here.astype(np.uint8), step, (512, 330), borderMode=1) > 0
    assert np.mean(moved != there) < 0.6 * np.mean(here != there)


def test_a_turned_camera_shows_the_person_there_too(
    frame: np.ndarray, face_at: MakeFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    disc = np.zeros((400, 480), np.float32)
    cv2.circle(disc, (240, 180), 62, 1.0, -1)
    matte = plain_matte(disc, np.eye(2, 3))
    monkeypatch.setattr("relume.face.PersonMatte.__call__", lambda *_: matte)
    face = face_at(Pose(0.0, 0.0, 0.0, 240.0, 190.0, 256.0))
    out = relit(FakeNetwork(red), frame, face, None, 0.0, (0.4, 0.0, 0.0))
    changed = (out != frame).any(2)
    assert changed[disc > 0].mean() > 0.99
    grown = changed & (cv2.dilate(disc, np.ones((3, 3))) == 0)
    assert 50 < grown.sum() < 0.5 * disc.sum()
