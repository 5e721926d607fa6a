"""Following faces, with stand-ins for the networks: ids, fades, cuts, lag, jitter."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.errors import InputError, UsageError
from relume.face import LANDMARKS, FaceTracker, HeadModel, Pose, TrackerConfig
from relume.face.detect import Detection
from relume.face.offsets import offsets
from relume.face.roi import Roi
from relume.media import open_video

HEAD = HeadModel.load()
POINTS = HEAD.mean[HEAD.landmark_indices]
FRAME = np.full((720, 1280, 3), 90, np.uint8)


@dataclass
class World:
    """Faces that stand-ins for the detector and the landmark network see."""

    poses: list[Pose] = field(default_factory=list)
    noise: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    runs: int = 0

    def detect(self, rgb8: np.ndarray) -> list[Detection]:
        found = []
        for pose in self.poses:
            p = pose.project(POINTS) + offsets(pose.yaw) @ pose.uncrop[:, :2].T
            box = np.concatenate([p.min(0), p.max(0)])
            eyes = [p[36:42].mean(0), p[42:48].mean(0)]
            found.append(Detection(box, np.array([*eyes, p[30], p[62], p[0], p[16]]), 0.9))
        return found

    def search(self, rgb8: np.ndarray, step: int) -> list[Detection]:
        return []

    def views(self, rgb8: np.ndarray) -> list[Roi]:
        return []

    def landmarks(self, rgb8: np.ndarray, roi: Roi) -> tuple[np.ndarray, float]:
        self.runs += 1
        near = [p for p in self.poses if np.hypot(p.x - roi.x, p.y - roi.y) < 0.5 * roi.size]
        out = np.zeros((468, 3), np.float32)
        if not near:
            return out, 0.02
        pose = min(near, key=lambda p: np.hypot(p.x - roi.x, p.y - roi.y))
        out[:, :2] = pose.project(POINTS).mean(0)
        out[list(LANDMARKS), :2] = pose.project(POINTS) + offsets(pose.yaw) @ pose.uncrop[:, :2].T
        out[list(LANDMARKS), 2] = (
            (pose.camera.to_camera(POINTS)[:, 2] - 2.7) * pose.scale * 4.2634 / 2.7
        )
        out[:, :2] += self.rng.normal(0, self.noise, (468, 2)) if self.noise else 0.0
        return out, 0.99

    def tracker(self, config: TrackerConfig | None = None) -> FaceTracker:
        return FaceTracker(config, detector=self, landmarks=self.landmarks)  # type: ignore[arg-type]


def at(x: float, yaw: float = 0.0, scale: float = 400.0) -> Pose:
    return Pose(yaw, 0.05, 0.0, x, 360.0, scale)


def test_a_face_keeps_its_id_and_gives_its_pose() -> None:
    world = World([at(400)])
    tracker = world.tracker()
    for i in range(30):
        world.poses = [at(400 + 4 * i, 0.01 * i)]
        (face,) = tracker.update(FRAME, i / 30)
        assert face.id == 0
        assert face.fresh == (i == 0)
        assert face.strength == 1.0  # a video that starts on a face shows the effect at once
    assert face.pose.x == pytest.approx(world.poses[0].x, abs=4)
    assert face.pose.yaw == pytest.approx(0.29, abs=0.03)
    assert face.landmarks.shape == (468, 3)
    assert world.runs < 30 + 4  # one run a frame, and a few to begin


def test_several_faces_keep_their_ids_when_they_pass() -> None:
    world = World()
    tracker = world.tracker()
    for i in range(40):
        world.poses = [at(250 + 3 * i, scale=250), at(1000 - 3 * i, scale=250)]
        faces = tracker.update(FRAME, i / 30)
        assert [f.id for f in faces] == ([0, 1])
    by_id = {f.id: f.pose.x for f in faces}
    assert sorted(by_id.values()) == pytest.approx([367, 883], abs=5)


def test_no_more_faces_than_asked_for_and_the_largest_first() -> None:
    world = World([at(200, scale=150), at(700, scale=400), at(1100, scale=200)])
    tracker = world.tracker(TrackerConfig(max_faces=2))
    for i in range(20):
        faces = tracker.update(FRAME, i / 10)
    assert sorted(round(f.pose.scale) for f in faces) == [200, 400]


def test_a_newcomer_is_found_and_fades_in() -> None:
    world = World([at(300, scale=250)])
    tracker = world.tracker()
    strengths = []
    for i in range(40):
        if i == 5:
            world.poses.append(at(900, scale=250))
        faces = tracker.update(FRAME, i / 30)
        strengths += [f.strength for f in faces if f.id == 1]
    assert strengths[0] == 0.0
    assert strengths[-1] == 1.0
    assert np.diff(strengths).max() <= 1 / 30 / 0.25 + 1e-6


def test_a_lost_face_fades_out_in_place_and_comes_back_as_itself() -> None:
    world = World([at(600)])
    tracker = world.tracker()
    for i in range(10):
        tracker.update(FRAME, i / 30)
    world.poses = []
    gone = [tracker.update(FRAME, (10 + i) / 30) for i in range(15)]
    seen = [f[0] for f in gone if f]
    assert all(f.confidence == 0 for f in seen)
    assert all(abs(f.pose.x - 600) < 2 for f in seen)
    assert np.diff([f.strength for f in seen]).max() < 0
    assert gone[-1] == []
    world.poses = [at(620)]
    back = tracker.update(FRAME, 26 / 30)
    assert back[0].id == 0
    assert back[0].fresh
    assert back[0].strength < 0.2
    world.poses = []
    for i in range(200):
        tracker.update(FRAME, 1 + i / 30)
    world.poses = [at(620)]
    assert tracker.update(FRAME, 9.0)[0].id == 1  # forgotten by now


def test_a_profile_fades_the_effect_away() -> None:
    world = World([at(600)])
    tracker = world.tracker()
    trace = {}
    for i in range(120):
        yaw = 1.3 * i / 119
        world.poses = [at(600, yaw)]
        faces = tracker.update(FRAME, i / 30)
        trace[yaw] = faces[0].strength if faces else 0.0
    assert all(s == 1 for yaw, s in trace.items() if yaw < 0.7)
    assert trace[max(trace)] == 0.0


def test_a_cut_starts_anew_at_full_strength() -> None:
    rng = np.random.default_rng(3)
    shots = [np.kron(rng.integers(0, 255, (9, 16, 3), np.uint8), np.ones((80, 80, 1), np.uint8))
             for _ in range(2)]  # fmt: skip
    world = World([at(500)])
    tracker = world.tracker()
    for i in range(5):
        tracker.update(shots[0], i / 30)
    world.poses = [at(800, 0.3)]
    (face,) = tracker.update(shots[1], 5 / 30)
    assert face.fresh
    assert face.id == 1
    assert face.strength == 1.0
    assert face.pose.x == pytest.approx(800, abs=3)  # no trace of the filter's past


@pytest.mark.parametrize("another", [True, False])
def test_another_face_in_the_same_place_before_the_same_backdrop_is_new(another: bool) -> None:
    rng = np.random.default_rng(3)
    room = np.kron(rng.integers(90, 130, (9, 16, 3), np.uint8), np.ones((80, 80, 1), np.uint8))
    shots = [room, room.copy()]
    for shot in shots:
        features = rng.integers(40, 240, (8, 6, 3), np.uint8)
        shot[150:550, 350:650] = cv2.resize(features, (300, 400), interpolation=cv2.INTER_CUBIC)
    world = World([at(500)])
    tracker = world.tracker()
    for i in range(5):
        tracker.update(shots[0], i / 30)
    (face,) = tracker.update(shots[another], 5 / 30)
    assert face.fresh == another
    assert face.id == another
    assert face.strength == 1.0


def test_jitter_of_a_still_face() -> None:
    """Half a pixel of noise on each landmark of a 400 px crop: the pose stands almost still."""
    world = World([at(600, 0.2)], noise=0.5)
    tracker = world.tracker()
    faces = [tracker.update(FRAME, i / 30)[0] for i in range(90)][30:]
    poses = np.array([f.pose.vector for f in faces])
    assert np.degrees(poses[:, :3].std(0)).max() < 0.1
    assert poses[:, 3:].std(0).max() < 0.5
    landmarks = np.array([f.landmarks[list(LANDMARKS), :2] for f in faces])
    assert landmarks.std(0).mean() < 0.3


@pytest.mark.parametrize("hertz", [0.5, 1.0])
def test_lag_of_a_turning_head(hertz: float) -> None:
    """Less than one frame at 30 fps behind a head that shakes by 20 degrees."""
    world = World(noise=0.5)
    tracker = world.tracker()
    times = np.arange(120) / 30
    turn = 2 * np.pi * hertz * times
    yaws = []
    for t, phase in zip(times, turn, strict=True):
        world.poses = [at(600, 0.35 * np.sin(phase))]
        yaws.append(tracker.update(FRAME, t)[0].pose.yaw)
    waves = np.stack([np.sin(turn), np.cos(turn), np.ones_like(turn)], 1)[30:]
    sin, cos, _ = np.linalg.lstsq(waves, np.array(yaws)[30:], rcond=None)[0]
    lag = -np.arctan2(cos, sin) / (2 * np.pi * hertz)
    assert 0 <= lag < 1 / 30
    assert np.hypot(sin, cos) == pytest.approx(0.35, rel=0.05)


def test_detect_takes_single_pictures() -> None:
    world = World([at(300, scale=200), at(900, 0.2, scale=350)])
    faces = world.tracker().detect(FRAME)
    assert [round(f.pose.scale / 10) for f in faces] == [35, 20]
    assert all(f.strength == 1.0 for f in faces)


def test_of_a_single_picture_it_is_told_how_many_were_left_out() -> None:
    world = World([at(200, scale=150), at(700, scale=400), at(1100, scale=200)])
    for most, left_out in ((1, 2), (2, 1), (3, 0), (4, 0)):
        tracker = world.tracker(TrackerConfig(max_faces=most))
        assert len(tracker.detect(FRAME)) == min(most, 3)
        assert tracker.left_out == left_out


class Parts(World):
    """The first face is seen in a part of the picture alone."""

    def detect(self, rgb8: np.ndarray) -> list[Detection]:
        return super().detect(rgb8)[1:]

    def search(self, rgb8: np.ndarray, step: int) -> list[Detection]:
        return super().detect(rgb8)[:1]

    def views(self, rgb8: np.ndarray) -> list[Roi]:
        return [Roi(320.0, 360.0, 640.0, 0.0)]


def test_what_parts_of_a_picture_show_within_a_face_is_no_face_of_its_own() -> None:
    poses = [at(570, scale=180), at(620, scale=500), at(1050, scale=200)]
    faces = Parts(poses).tracker().detect(FRAME)
    assert [round(f.pose.scale / 10) for f in faces] == [50, 20]
    faces = World(poses).tracker().detect(FRAME)  # a child before a parent
    assert [round(f.pose.scale / 10) for f in faces] == [50, 20, 18]


def test_a_part_that_was_followed_is_given_up_for_the_whole_face() -> None:
    world = World([at(520, scale=160)])
    tracker = world.tracker()
    for i in range(60):
        if i == 10:
            world.poses.append(at(640, scale=500))
        faces = tracker.update(FRAME, i / 20)
    assert [round(f.pose.scale / 10) for f in faces] == [50]


@pytest.mark.parametrize("rolled", [0.7, -0.7, 3.0])
def test_turned_heads_come_upright(rolled: float) -> None:
    world = World([Pose(0.1, 0.0, rolled, 600.0, 360.0, 300.0)])
    (face,) = world.tracker().update(FRAME, 0.0)
    assert np.cos(face.pose.roll - rolled) > 0.99


def test_time_may_stand_still_or_start_again() -> None:
    world = World([at(600)])
    tracker = world.tracker()
    for t in (0.0, 0.1, 0.1, 0.1):
        assert len(tracker.update(FRAME, t)) == 1
    (face,) = tracker.update(FRAME, 0.0)
    assert face.fresh


def test_bad_frames_are_refused() -> None:
    tracker = World().tracker()
    for bad in (FRAME[..., 0], FRAME.astype(np.float32), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(InputError, match="uint8"):
            tracker.update(bad, 0.0)
    with pytest.raises(UsageError, match="finite"):
        tracker.update(FRAME, float("nan"))


@pytest.fixture(scope="module")
def tracker() -> FaceTracker:
    return FaceTracker()


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 700, 3), (64, 64, 3)])
def test_faceless_frames_give_nothing(tracker: FaceTracker, shape: tuple[int, int, int]) -> None:
    tracker.reset()
    frame = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    assert [tracker.update(frame, i / 30) for i in range(2)] == [[], []]
    assert tracker.detect(frame) == []


def test_a_still_picture_gives_a_still_face(demo: Path) -> None:
    """With the real networks: nothing in the loop of region and landmarks keeps moving."""
    with open_video(demo) as reader:
        frame = next(iter(reader)).rgb8
    tracker = FaceTracker()
    faces = [tracker.update(frame, i / 30)[0] for i in range(12)]
    for face in faces[1:]:
        np.testing.assert_allclose(face.pose.vector, faces[0].pose.vector, atol=1e-3)
        np.testing.assert_allclose(face.landmarks, faces[0].landmarks, atol=0.01)


def test_no_more_faces_than_asked_for_when_one_comes_back() -> None:
    first, second = at(350, scale=200), at(900, scale=200)
    world, config = World([first]), TrackerConfig(max_faces=1)
    tracker, most = world.tracker(config), 0
    for i in range(120):
        if i == 10:
            world.poses = [second]  # the first one hides
        if i == 30:
            world.poses = [first, second]
        faces = tracker.update(FRAME, i / 25)
        most = max(most, sum(face.confidence > 0 for face in faces))
    assert most == 1
    assert faces[0].pose.x == pytest.approx(900, abs=10)
