"""The matte: geometry, steadiness, edges; a stand-in for the network."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.cores import spare_thread
from relume.face import FaceTracker, Pose, TrackedFace
from relume.face.matte import PersonMatte
from relume.geometry import chained
from relume.media import read_image

SIZE = (480, 640)


def face_at(x: float, y: float = 240.0, fresh: bool = False, scale: float = 150.0) -> TrackedFace:
    pose = Pose(0.0, 0.0, 0.0, x, y, scale)
    none = np.zeros(40, np.float32), np.zeros(47, np.float32)
    landmarks = np.zeros((468, 3), np.float32)
    return TrackedFace(7, landmarks, 1.0, 1.0, pose, *none, fresh, 0.0, 1.0)


def scene(x: float, radius: int = 60) -> np.ndarray:
    frame = np.full((*SIZE, 3), 40, np.uint8)
    cv2.circle(frame, (round(x), 240), radius, (200, 200, 200), -1)
    return frame


class Bright:
    """A network that finds what is bright, blurred as the real one's masks are."""

    def __init__(self) -> None:
        self.runs = 0
        self.flicker = 0.0

    def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
        self.runs += 1
        mask = (cut[..., 0] > 120).astype(np.float32)
        sign = 1 if self.runs % 2 else -1
        return [np.clip(cv2.blur(mask, (5, 5)) + sign * self.flicker, 0, 1)[None]]


@pytest.fixture
def matte() -> PersonMatte:
    out = PersonMatte()
    out._network = Bright()  # type: ignore[assignment]
    return out


def test_the_matte_lies_where_the_person_is(matte: PersonMatte) -> None:
    frame, face = scene(300), face_at(300, fresh=True)
    m = matte(frame, face, 0.0)
    crop = cv2.warpAffine(frame, face.crop, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    alpha = m.resample(crop, face.crop)
    assert alpha.shape == (512, 512)
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    truth = crop[..., 0] > 120
    assert np.abs(alpha - truth).mean() < 0.03
    # The picture's edge shapes the matte's: steeper than the network's blurred mask.
    row = alpha[256]
    assert ((row > 0.15) & (row < 0.85)).sum() < 24


def test_float_and_byte_crops_agree(matte: PersonMatte) -> None:
    frame, face = scene(300), face_at(300, fresh=True)
    m = matte(frame, face, 0.0)
    crop = cv2.warpAffine(frame, face.crop, (512, 512))
    a = m.resample(crop, face.crop)
    b = m.resample(crop.astype(np.float32) / 255, face.crop)
    np.testing.assert_allclose(a, b, atol=0.02)


def test_flicker_is_averaged_away(matte: PersonMatte) -> None:
    matte._network.flicker = 0.06  # type: ignore[attr-defined]
    frame = scene(300)
    # The head sways by more than what lets a frame be skipped.
    alphas = [
        matte(frame, face_at(300 + 3 * (i % 2), fresh=i == 0), i / 30).alpha.mean()
        for i in range(30)
    ]
    assert np.ptp(alphas[10:]) < 0.5 * 0.06


@pytest.mark.parametrize("name", ["neutral_front_124_03", "neutral_front_010_03"])
def test_ears_as_bright_as_the_wall_have_no_holes(shared: Path, name: str) -> None:
    rgb = read_image(shared / "photos" / "london" / f"{name}.jpg")
    (face,) = FaceTracker().detect(rgb)
    mattes = PersonMatte()
    m = mattes(rgb, face, 0.0)
    crop = cv2.warpAffine(rgb, face.crop, (512, 512))
    alpha = m.resample(crop, face.crop)
    # Well inside what the network sees, beside the face.
    seen = cv2.erode(mattes._states[face.id].mask, np.ones((3, 3))) > 0.98
    whole = chained(face.crop, mattes._states[face.id].window.to_frame(128))
    own = cv2.warpAffine(seen.astype(np.uint8), whole, (512, 512)) > 0
    ears = own & (np.abs(np.arange(512) - 256) > 120)
    ears[:200], ears[330:] = False, False
    assert ears.sum() > 1000
    assert (alpha[ears] < 0.5).mean() < 0.005


@pytest.mark.parametrize(("level", "there"), [(0.6, False), (1.0, True)])
def test_what_is_nowhere_sure_and_apart_is_the_backdrop(
    matte: PersonMatte, level: float, there: bool
) -> None:
    """A hand held up is sure."""

    class Generous(Bright):
        def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
            (mask,) = super().__call__(cut)
            mask[:, 180:230, 20:60] = level
            return [mask]

    matte._network = Generous()  # type: ignore[assignment]
    found = matte(scene(300), face_at(300, fresh=True), 0.0)
    assert (found.alpha[92:112, 14:26].mean() > 0.9) == there
    assert (found.alpha[92:112, 14:26].mean() > 0.01) == there
    assert found.alpha[64, 64] > 0.9


class Fickle(Bright):
    """A network that takes a stretch of the backdrop for the person from some time on."""

    more = False

    def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
        (mask,) = super().__call__(cut)
        mask[:, 180:230, 20:70] = self.more
        return [mask]


@pytest.mark.parametrize("there", [False, True], ids=["nothing", "something"])
def test_what_comes_where_nothing_moved_comes_softly(matte: PersonMatte, there: bool) -> None:
    network, rng = Fickle(), np.random.default_rng(0)
    matte._network = network  # type: ignore[assignment]
    levels = []
    for i in range(40):
        network.more = i > 5
        frame = scene(300)
        if network.more and there:  # a hand
            frame[260:400, 180:240] = 110
        frame += rng.integers(0, 3, frame.shape, np.uint8)
        m = matte(frame, face_at(300), i / 30)
        x, y = (np.linalg.inv(m.to_frame[:, :2]) @ ([210, 330] - m.to_frame[:, 2])).astype(int)
        levels.append(float(m.alpha[y, x]))
    steps = np.diff(levels)
    assert levels[5] == 0.0
    assert levels[-1] > 0.9
    if there:
        assert levels[9] > 0.9
    else:
        assert steps.max() < 0.2
        assert steps.min() > -0.01


def test_a_moving_person_is_followed_without_delay(matte: PersonMatte) -> None:
    for i in range(20):
        x = 200 + 10 * i
        frame, face = scene(x), face_at(x, fresh=i == 0)
        m = matte(frame, face, i / 30)
    crop = cv2.warpAffine(frame, face.crop, (512, 512))
    assert np.abs(m.resample(crop, face.crop) - (crop[..., 0] > 120)).mean() < 0.04


def test_a_face_that_hardly_moves_is_segmented_every_third_frame(matte: PersonMatte) -> None:
    places = [300 + 0.5 * (i % 3) + 0.01 * i for i in range(20)]
    found = [matte(scene(x), face_at(x, fresh=i == 0), i / 30) for i, x in enumerate(places)]
    for i in (i for i in range(20) if i % 3):  # the last one's, moved along
        assert found[i].alpha is found[i - 1].alpha
        by = found[i].to_frame[0, 2] - found[i - 1].to_frame[0, 2]
        assert by == pytest.approx(places[i] - places[i - 1])
    assert matte._network.runs == 7  # type: ignore[attr-defined]


class Slow(Bright):
    """A network that waits until it may answer."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()

    def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
        assert self.free.wait(5)
        return super().__call__(cut)


@pytest.fixture
def slow(matte: PersonMatte) -> Slow:
    network = Slow()
    matte._network = network  # type: ignore[assignment]
    return network


def test_in_a_hurry_an_older_matte_serves_moved_along(matte: PersonMatte, slow: Slow) -> None:
    first = matte(scene(300), face_at(300, fresh=True), 0.0, hurried=True)  # a new face's is none
    slow.free.clear()
    for x, time in ((301, 0.1), (302, 0.15)):
        moved = matte(scene(x), face_at(x), time, hurried=True)
        assert moved.alpha is first.alpha
        assert moved.to_frame[0, 2] - first.to_frame[0, 2] == pytest.approx(x - 300)
    slow.free.set()
    spare_thread().submit(lambda: None).result()
    renewed = matte(scene(302), face_at(302), 0.17, hurried=True)
    assert renewed.alpha is not first.alpha
    assert slow.runs == 2
    # It is of the frame at 0.1, and moved along from there.
    alone = PersonMatte()
    alone._network = Bright()  # type: ignore[assignment]
    alone(scene(300), face_at(300, fresh=True), 0.0)
    alone(scene(301), face_at(301), 0.1)
    wanted = alone(scene(302), face_at(302), 0.17)
    np.testing.assert_array_equal(renewed.to_frame, wanted.to_frame)
    np.testing.assert_array_equal(renewed.alpha, wanted.alpha)


@pytest.mark.parametrize(("far", "time"), [(340, 0.1), (301, 0.4)], ids=["far", "long after"])
def test_even_in_a_hurry_no_matte_serves(
    matte: PersonMatte, slow: Slow, far: int, time: float
) -> None:
    first = matte(scene(300), face_at(300, fresh=True), 0.0, hurried=True)
    got = matte(scene(far), face_at(far), time, hurried=True)
    assert got.alpha is not first.alpha
    assert slow.runs == 2


def test_who_has_time_waits_for_the_matte(matte: PersonMatte, slow: Slow) -> None:
    matte(scene(300), face_at(300, fresh=True), 0.0, hurried=True)
    late = matte(scene(301), face_at(301), 0.1, hurried=True)
    got = matte(scene(301), face_at(301), 0.11)
    assert got.alpha is not late.alpha
    assert slow.runs == 2


def test_a_still_is_segmented_once(matte: PersonMatte) -> None:
    for i in range(20):
        matte(scene(300), face_at(300, fresh=i == 0), i / 5)
    assert matte._network.runs == 1  # type: ignore[attr-defined]
    matte(scene(300, 100), face_at(300), 4.0)
    matte(scene(300, 100), face_at(300), 4.1)
    assert matte._network.runs == 2  # type: ignore[attr-defined]


def test_a_fresh_face_forgets_the_past(matte: PersonMatte) -> None:
    matte(scene(300, 100), face_at(300, fresh=True), 0.0)
    after = matte(scene(300, 30), face_at(300, fresh=True), 1 / 30)
    anew = PersonMatte()
    anew._network = Bright()  # type: ignore[assignment]
    expected = anew(scene(300, 30), face_at(300, fresh=True), 0.0)
    np.testing.assert_array_equal(after.alpha, expected.alpha)


def test_states_of_lost_faces_are_let_go(matte: PersonMatte) -> None:
    import dataclasses

    for i in range(50):
        face = dataclasses.replace(face_at(300, fresh=True), id=i)
        matte(scene(300), face, float(i))
    assert len(matte._states) <= 2


def test_windows_beyond_the_frame_are_no_trouble() -> None:
    m = PersonMatte()(scene(300), face_at(5, 5, fresh=True, scale=900), 0.0)
    assert np.isfinite(m.alpha).all()


def test_the_face_itself_is_the_person_unless_it_is_lost(matte: PersonMatte) -> None:
    dark = np.full((*SIZE, 3), 40, np.uint8)  # the network sees nobody
    face = face_at(300, fresh=True)
    around = np.random.default_rng(0).uniform(-40, 40, (468, 3)).astype(np.float32)
    around[:, :2] += [300, 240]
    sure = replace(face, landmarks=around)
    place = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    assert matte(dark, sure, 0.0).resample(dark, place)[240, 300] > 0.95
    lost = replace(sure, confidence=0.0)
    assert matte(dark, lost, 0.0).resample(dark, place)[240, 300] < 0.05


def test_around_a_face_that_the_network_misses_a_head_fades_out(matte: PersonMatte) -> None:
    dark = np.full((*SIZE, 3), 40, np.uint8)
    turn = np.linspace(0, 2 * np.pi, 468)
    ring = np.stack([300 + 40 * np.cos(turn), 240 + 40 * np.sin(turn), 0 * turn], 1)
    face = replace(face_at(300, fresh=True), landmarks=ring.astype(np.float32))
    place = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    row = matte(dark, face, 0.0).resample(dark, place)[240]
    assert row[339] > 0.9  # the face's very edge
    assert row[420] < 0.02
    assert np.abs(np.diff(row[300:420])).max() < 0.13
    # Where it is found, the network draws the edge.
    seen = matte(scene(300, 45), replace(face, id=8), 0.0).resample(scene(300, 45), place)[240]
    assert seen[352] < 0.05


def test_landmarks_beside_a_fast_face_add_nothing_to_it(matte: PersonMatte) -> None:
    frame, turn = scene(300, 60), np.linspace(0, 2 * np.pi, 468)
    late = np.stack([275 + 58 * np.cos(turn), 240 + 58 * np.sin(turn), 0 * turn], 1)
    face = replace(face_at(300, fresh=True), landmarks=late.astype(np.float32))
    place = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    row = matte(frame, face, 0.0).resample(frame, place)[240]
    assert row[218:230].max() < 0.1  # in the landmarks' hull, beside the person
    assert row[250:345].min() > 0.9


class Dark(Bright):
    """A network that finds what is dark, and a little around it."""

    def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
        mask = (cut[..., 0] < 120).astype(np.float32)
        return [cv2.blur(cv2.dilate(mask, np.ones((3, 3))), (7, 7))[None]]


def test_a_bright_backdrop_stays_out(matte: PersonMatte) -> None:
    """New light there would glow around a dark head; before a dark backdrop it doesn't show."""
    matte._network = Dark()  # type: ignore[assignment]
    frame, face = 240 - scene(300), face_at(300, fresh=True)
    crop = cv2.warpAffine(frame, face.crop, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    alpha = matte(frame, face, 0.0).resample(crop, face.crop)
    assert alpha[crop[..., 0] > 190].max() < 0.25
    inside = cv2.erode((crop[..., 0] < 50).astype(np.uint8), np.ones((9, 9))) > 0
    assert alpha[inside].min() > 0.85


class Red(Bright):
    """A network that finds what is red, with a soft edge."""

    def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
        mask = (cut[..., 0] > 120).astype(np.float32)
        return [cv2.blur(mask, (9, 9))[None]]


def test_colours_tell_what_brightness_does_not(matte: PersonMatte) -> None:
    """Skin before a green wall that is just as bright: new light stays on the skin."""
    matte._network = Red()  # type: ignore[assignment]
    frame = np.full((*SIZE, 3), (70, 160, 90), np.uint8)
    cv2.circle(frame, (300, 240), 60, (190, 100, 85), -1)
    assert np.ptp(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)) <= 1
    face = face_at(300, fresh=True)
    crop = cv2.warpAffine(frame, face.crop, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    alpha = matte(frame, face, 0.0).resample(crop, face.crop)
    skin = (crop[..., 0] > 120).astype(np.uint8)
    around = cv2.dilate(skin, np.ones((17, 17))) - cv2.dilate(skin, np.ones((5, 5)))
    assert alpha[around > 0].mean() < 0.1
    assert alpha[cv2.erode(skin, np.ones((9, 9))) > 0].min() > 0.8


def test_hair_that_mixes_with_a_bright_backdrop_is_the_persons_in_part(matte: PersonMatte) -> None:
    class Generous:
        """Takes all of the mixed band for the person."""

        def __call__(self, cut: np.ndarray) -> list[np.ndarray]:
            return [(cut[..., 0] < 195).astype(np.float32)[None]]

    matte._network = Generous()  # type: ignore[assignment]
    hard = np.full((*SIZE, 3), 200, np.uint8)
    cv2.circle(hard, (300, 240), 70, (60, 45, 40), -1)
    frame = cv2.GaussianBlur(hard, (0, 0), 3.0)
    face = face_at(300, fresh=True)
    crop = cv2.warpAffine(frame, face.crop, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    alpha = matte(frame, face, 0.0).resample(crop, face.crop)
    share = (200 - crop[..., 0].astype(float)) / 140
    assert alpha[share > 0.97].mean() > 0.97
    assert alpha[share < 0.2].mean() < 0.02
    mixed = alpha[(share > 0.4) & (share < 0.6)]
    assert 0.1 < mixed.mean() < 0.7


def test_who_gets_darker_before_a_dark_backdrop_leaves_no_bright_line(matte: PersonMatte) -> None:
    """Pixels that a bright sleeve shares with the road would stay behind as a line around it."""
    matte._network = Red()  # type: ignore[assignment]
    hard = np.full((*SIZE, 3), 110, np.uint8)
    cv2.circle(hard, (300, 240), 70, (215, 220, 200), -1)
    frame = cv2.GaussianBlur(hard, (0, 0), 0.8)
    alpha = matte(frame, face_at(300, fresh=True), 0.0).resample(frame, np.eye(3)[:2])
    share = (frame[..., 0] - 110.0) / 105
    band = (share > 0.1) & (share < 0.9)
    assert band.sum() > 500
    # Half as bright, the person is as bright as the backdrop: so is any mixture of the two.
    darker = frame[..., 0] * 0.5**alpha
    assert np.percentile(darker[band], 98) < 110  # 121 with the edge of bright backdrops
    assert np.percentile(darker[band], 2) > 90
