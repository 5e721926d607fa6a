"""Following faces through a video."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, UsageError
from ..media.picture import Picture, as_picture
from ..number import check_number
from .cuts import CutDetector
from .detect import Detection, FaceDetector, merge, overlap, within
from .fit import FitConfig
from .landmarks import LandmarkNet, LandmarkSource
from .networks import NetworkConfig
from .panels import PanelFinder
from .roi import Roi
from .track import Track, TrackConfig
from .tracked import TrackedFace, landmark_box

__all__ = ["FaceTracker", "TrackerConfig", "detect_faces"]

Frame = NDArray[np.uint8] | Picture

_SAME = 0.35  # overlap from which two boxes are the same face
_WITHIN = (0.5, 0.8)
"""Share of a face's box within a larger one's from which it is taken for a part of that face: in a
picture, and in a video, where faces may pass each other."""


@dataclass(frozen=True)
class TrackerConfig:
    """What is looked for and how it is steadied.

    Raises:
        UsageError: no face is to be followed.
    """

    max_faces: int = 4
    """Faces followed at once: of new ones the largest first, and none is given up for a larger."""
    presence: float = 0.5
    """Probability from which the landmark network's answer counts as a face."""
    max_error: float = 25.0
    """Misfit in crop pixels beyond which landmarks are not believed to be a face's."""
    rescan: float = 1.0
    """Seconds between two looks for new faces while one is followed."""
    search: float = 0.1
    """Seconds between two looks while nobody is there."""
    memory: float = 2.0
    """Seconds in which a lost face that comes back keeps its id."""
    track: TrackConfig = field(default_factory=TrackConfig)
    """Filters, fades and what lowers confidence."""
    fit: FitConfig = field(default_factory=FitConfig)
    """Priors of the pose fit."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """Threads and cache of the networks."""

    def __post_init__(self) -> None:
        check_number("max_faces", self.max_faces)
        if not self.max_faces >= 1:
            raise UsageError(f"at least one face is followed, not {self.max_faces}")
        if not isinstance(self.max_faces, SupportsIndex):
            raise UsageError(f"max_faces is a whole number, not {self.max_faces!r}")


class FaceTracker:
    """Finds faces and follows them from frame to frame.

    A followed face costs one run of the landmark network on the region that its last landmarks
    mark out, and another where it has moved far. Detection runs when nothing is followed, when a
    face was lost, after cuts and every `rescan` seconds.
    For one thread at a time, `detect` included.

    Args:
        config: see `TrackerConfig`.
        detector, landmarks: stand-ins for the networks, for tests.
    """

    def __init__(
        self,
        config: TrackerConfig | None = None,
        detector: FaceDetector | None = None,
        landmarks: LandmarkSource | None = None,
    ) -> None:
        self.config = config or TrackerConfig()
        self._detector = detector or FaceDetector(self.config.network)
        self._landmarks = landmarks or LandmarkNet(self.config.network)
        self._next_id = 0
        self.left_out = 0
        """Faces that the last `detect` found beyond the most that are followed."""
        self.reset()

    def reset(self) -> None:
        """Forget every face, as for a new video; ids go on counting."""
        self._tracks: list[Track] = []
        self._cuts = CutDetector()
        self._panels = PanelFinder()
        self._time: float | None = None
        self._scanned = -np.inf
        self._looks = 0

    def update(self, frame: Frame, time: float) -> list[TrackedFace]:
        """Faces of the next frame, oldest id first.

        Args:
            frame: uint8 [H, W, 3] RGB, or a picture.
            time: seconds; frames may be spaced unevenly. A time before the last one starts anew.

        Raises:
            InputError: the frame is not what it should be.
            UsageError: the time isn't finite.
        """
        picture = _checked(frame)
        if not np.isfinite(time):
            raise UsageError(f"a frame's time must be a finite number of seconds, got {time}")
        if self._time is not None and time < self._time:
            self.reset()
        step = 0.0 if self._time is None else time - self._time
        self._time = time
        cut = self._cuts(picture)
        if cut:
            self._tracks, self._panels = [], PanelFinder()
        poses = [track.face.pose for track in self._tracks]
        for track in self._tracks:
            self._follow(track, picture, time, step)
        if self._cuts.is_doubtful and any(
            not track.lost and self._cuts.is_another(pose, track.face.pose)
            for track, pose in zip(self._tracks, poses, strict=True)
        ):
            cut, self._tracks, self._panels = True, [], PanelFinder()
        self._drop_doubles()
        if self._must_scan(cut, time):
            self._scan(picture, time, cut)
        self._tracks = [
            t for t in self._tracks if time - t.seen <= self.config.memory or t.strength > 0
        ]
        self._tracks.sort(key=lambda t: t.id)
        faces = [t.face for t in self._tracks if t.strength > 0 or not t.lost]
        return self._panels(picture, faces, time)

    def detect(self, frame: Frame) -> list[TrackedFace]:
        """Faces of a single picture, largest first, at full strength where they can be trusted.

        Takes its time: looks at the picture from afar, turned and in parts. What is being
        followed by `update` is left alone.

        Raises:
            InputError: an array that is not uint8 [H, W, 3].
        """
        picture = _checked(frame)
        surely = self._detector.detect(picture)
        found = list(surely)
        for look in range(len(self._detector.views(picture))):
            found += self._detector.search(picture, look)
        tracks: list[Track] = []
        for detection in merge(found):
            track = self._acquire(detection, picture, 0.0, rounds=4)
            if track is not None and not any(_same(track, other) for other in tracks):
                tracks.append(track)
        # Where a face fills the picture, a look at a quarter of it may find another in its cheek;
        # what is seen in the picture as a whole, too, is a face before a face.
        whole: list[Track] = []
        for track in sorted(tracks, key=lambda t: -t.size):
            part = any(_part(track, other, _WITHIN[0]) for other in whole)
            box = landmark_box(track.landmarks)
            if not part or any(overlap(box, detection.box) > _SAME for detection in surely):
                whole.append(track)
        self.left_out = max(0, len(whole) - self.config.max_faces)
        return PanelFinder()(picture, [t.face for t in whole[: self.config.max_faces]], 0.0)

    def _follow(self, track: Track, picture: Picture, time: float, step: float) -> None:
        if track.lost:
            track.miss(step)
            return
        landmarks, presence = self._landmarks(picture, track.roi)
        if presence >= self.config.presence and _plausible(landmarks, picture):
            # Of a head that moved far since the last frame, the first look shows where to look.
            moved = Roi.from_landmarks(landmarks)
            if track.is_far(moved):
                again, sure = self._landmarks(picture, moved)
                if sure >= self.config.presence and _plausible(again, picture):
                    landmarks, presence = again, sure
        if presence < self.config.presence or not _plausible(landmarks, picture):
            track.miss(step)
        else:
            track.hit(picture, landmarks, presence, time, step)
            if track.error > self.config.max_error:
                track.miss(0.0)

    def _drop_doubles(self) -> None:
        """Two tracks on one face: the older one stays, and of one on a part of it the whole one."""
        kept: list[Track] = []
        for track in sorted(self._tracks, key=lambda t: (t.lost, t.id)):
            if track.lost or not any(_same(track, k) for k in kept if not k.lost):
                kept.append(track)
        held = [track for track in kept if not track.lost]
        self._tracks = [
            t
            for t in kept
            if t.lost or not any(_part(t, k, _WITHIN[1]) for k in held if k.size > t.size)
        ]

    def _must_scan(self, cut: bool, time: float) -> bool:
        held = [t for t in self._tracks if not t.lost]
        if cut or len(held) < len(self._tracks):
            return True
        if not held:  # nobody about: look often, but not at every frame
            return time - self._scanned >= self.config.search
        return len(held) < self.config.max_faces and time - self._scanned >= self.config.rescan

    def _scan(self, picture: Picture, time: float, cut: bool) -> None:
        self._scanned = time
        found = self._detector.detect(picture)
        if not found:
            # A new shot gets the looks for near and turned faces at once, later frames one each.
            for look in range(3) if cut else [self._looks]:
                found += self._detector.search(picture, look)
            self._looks = 3 if cut else self._looks + 1
        for detection in sorted(merge(found), key=lambda d: -float(d.box[2] - d.box[0])):
            if any(not t.lost and _covers(t, detection) for t in self._tracks):
                continue
            known = sorted(
                (t for t in self._tracks if t.lost and t.near(detection.box)),
                key=lambda t: t.gap(detection.box),
            )
            if sum(not t.lost for t in self._tracks) >= self.config.max_faces:
                continue
            track = self._acquire(detection, picture, time, 3, known[0] if known else None, cut)
            if track is not None and not any(
                _same(track, t) for t in self._tracks if t is not track and not t.lost
            ):
                if track not in self._tracks:
                    self._tracks.append(track)
            elif track is not None and track in self._tracks:
                track.miss(0.0)

    def _acquire(
        self,
        detection: Detection,
        picture: Picture,
        time: float,
        rounds: int,
        known: Track | None = None,
        cut: bool = True,
    ) -> Track | None:
        """Landmarks and a track for a detection, or None where the network sees no face."""
        wanted = detection.roi
        for _ in range(rounds):
            roi = wanted
            landmarks, presence = self._landmarks(picture, roi)
            if presence < self.config.presence or not _plausible(landmarks, picture):
                return None
            wanted = Roi.from_landmarks(landmarks)
        track = known or Track(self._next_id, self.config.track, self.config.fit)
        track.start(picture, roi, landmarks, presence, time, at_once=cut)
        if track.error > self.config.max_error:
            if known is not None:
                known.miss(0.0)
            return None
        if known is None:
            self._next_id += 1
        return track


def detect_faces(frame: Frame, config: TrackerConfig | None = None) -> list[TrackedFace]:
    """Faces of a single picture, largest first; see `FaceTracker.detect`.

    Loads the networks each time: keep a `FaceTracker` for more than one picture.
    """
    return FaceTracker(config).detect(frame)


def _checked(frame: Frame) -> Picture:
    if isinstance(frame, np.ndarray) and (
        frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape
    ):
        raise InputError(
            f"a frame must be uint8 RGB of shape [H, W, 3], got {frame.dtype} {frame.shape}"
        )
    return as_picture(frame)


def _plausible(landmarks: NDArray[np.float32], picture: Picture) -> bool:
    """Whether the landmarks are finite, span some pixels and lie for a good part in the frame."""
    if not np.isfinite(landmarks).all():
        return False
    h, w = picture.height, picture.width
    x, y = landmarks[:, 0], landmarks[:, 1]
    inside = ((x >= 0) & (x < w) & (y >= 0) & (y < h)).mean()
    return bool(inside > 0.5 and np.ptp(x) > 8 and np.ptp(y) > 8)


def _same(a: Track, b: Track) -> bool:
    return overlap(landmark_box(a.landmarks), landmark_box(b.landmarks)) > _SAME


def _part(small: Track, large: Track, share: float) -> bool:
    return within(landmark_box(small.landmarks), landmark_box(large.landmarks)) > share


def _covers(track: Track, detection: Detection) -> bool:
    box = landmark_box(track.landmarks)
    centre = (detection.box[:2] + detection.box[2:]) / 2
    inside = bool((centre > box[:2]).all() and (centre < box[2:]).all())
    return inside or overlap(box, detection.box) > _SAME
