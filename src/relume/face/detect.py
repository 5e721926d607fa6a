"""Face detection with MediaPipe's two BlazeFace networks (Bazarevsky et al., 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..media.picture import Picture
from .networks import Network, NetworkConfig
from .roi import Roi

__all__ = ["Detection", "FaceDetector", "anchors", "decode", "merge", "overlap", "within"]

Floats = NDArray[np.float64]

_SHORT, _FULL = 128, 192
_THRESHOLD = 0.5
_OVERLAP = 0.3


@dataclass(frozen=True, eq=False)
class Detection:
    """A face found in a frame; frame pixels, whose centres are at whole numbers.

    Attributes:
        box: [4] x0, y0, x1, y1 from the brows to the chin.
        points: [6, 2] eyes (image left, right), tip of the nose, mouth, ears (image left, right).
        score: 0..1.
    """

    box: Floats
    points: Floats
    score: float

    @property
    def roi(self) -> Roi:
        """Where the landmark network should look."""
        return Roi.from_eyes(self.box, self.points[0], self.points[1])


class FaceDetector:
    """Finds faces of any size in a frame.

    The short-range network (128 px) sees large faces in about a third of the time of the
    full-range one (192 px), which sees small ones; neither sees a face that is larger than its
    picture or turned far in the plane, so that `search` also looks at shrunk, magnified and
    turned views.

    Args:
        config: threads and cache of the networks.
    """

    def __init__(self, config: NetworkConfig | None = None) -> None:
        self._short = Network("face_detection_short_range", -1.0, 1.0, config)
        self._full = Network("face_detection_full_range", -1.0, 1.0, config)
        self._short_anchors = anchors(_SHORT, ((8, 2), (16, 6)))
        self._full_anchors = anchors(_FULL, ((4, 1),))

    @property
    def networks(self) -> list[Network]:
        """What it runs."""
        return [self._full, self._short]

    def detect(self, picture: Picture) -> list[Detection]:
        """Faces in the whole frame, best first: both networks, one look each."""
        view = _whole(picture)
        return merge([*self._run(picture, view, full=True), *self._run(picture, view, full=False)])

    def search(self, picture: Picture, step: int) -> list[Detection]:
        """One of several harder looks; `step` counts frames and picks which.

        A tracker without a face takes one step a frame, a still picture takes them all
        (`range(len(detector.views(picture)))`).
        """
        views = self.views(picture)
        return merge(self._run(picture, views[step % len(views)], full=True))

    def views(self, picture: Picture) -> list[Roi]:
        """The harder looks: the frame from afar, turned by 40 degrees, and its quarters."""
        h, w = picture.height, picture.width
        whole = _whole(picture)
        out = [Roi(whole.x, whole.y, 1.7 * whole.size, 0.0)]
        out += [Roi(whole.x, whole.y, 1.2 * whole.size, a) for a in (-0.7, 0.7)]
        # Overlapping squares of 0.6 of the shorter side: a face twice as far is found in one.
        side = 0.6 * min(w, h)
        if side >= _FULL / 2:
            columns, rows = (int(np.ceil((n - side) / (0.7 * side))) + 1 for n in (w, h))
            xs = np.linspace(side / 2, w - side / 2, columns) - 0.5
            ys = np.linspace(side / 2, h - side / 2, rows) - 0.5
            out += [Roi(float(x), float(y), side, 0.0) for y in ys for x in xs]
        return out

    def _run(self, picture: Picture, view: Roi, full: bool) -> list[Detection]:
        network, grid, side = (
            (self._full, self._full_anchors, _FULL)
            if full
            else (self._short, self._short_anchors, _SHORT)
        )
        outputs = network(view.cut(picture, side))
        values, logits = sorted(outputs, key=lambda o: -o.shape[-1])
        to_frame = view.to_frame(side)
        linear, shift = to_frame[:, :2], to_frame[:, 2]
        factor = view.size / side
        found = []
        for d in merge(decode(values, logits[:, 0], grid, side)):
            points = d.points @ linear.T + shift
            centre = linear @ ((d.box[:2] + d.box[2:]) / 2) + shift
            half = factor * (d.box[2:] - d.box[:2]) / 2
            found.append(Detection(np.r_[centre - half, centre + half], points, d.score))
        return found


def _whole(picture: Picture) -> Roi:
    h, w = picture.height, picture.width
    return Roi((w - 1) / 2, (h - 1) / 2, float(max(w, h)), 0.0)


def anchors(side: int, layers: tuple[tuple[int, int], ...]) -> Floats:
    """[A, 2] anchor centres in input pixels; `layers` holds (stride, anchors a cell)."""
    out = []
    for stride, count in layers:
        ticks = (np.arange(side // stride) + 0.5) * stride
        x, y = np.meshgrid(ticks, ticks)
        out.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), count, axis=0))
    return np.concatenate(out)


def decode(
    values: NDArray[np.float32], logits: NDArray[np.float32], grid: Floats, side: int
) -> list[Detection]:
    """Detections above the threshold, in pixels of the network's input.

    Args:
        values: [A, 16] centre, size and six points relative to the anchor, in input pixels.
        logits: [A] scores before the sigmoid.
        grid: [A, 2] anchor centres.
        side: the input's side.
    """
    with np.errstate(over="ignore"):
        score = 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
    found = []
    for i in np.flatnonzero(score > _THRESHOLD):
        v = values[i].astype(np.float64)
        if not np.isfinite(v).all() or v[2:4].min() <= 0 or v[2:4].max() > 2 * side:
            continue
        centre = grid[i] + v[:2] - 0.5  # to pixel centres at whole numbers
        points = grid[i] + v[4:].reshape(6, 2) - 0.5
        box = np.r_[centre - v[2:4] / 2, centre + v[2:4] / 2]
        found.append(Detection(box, points, float(score[i])))
    return found


def merge(found: list[Detection]) -> list[Detection]:
    """Non-maximum suppression that blends what overlaps, weighted by score; best first."""
    rest = sorted(found, key=lambda d: -d.score)
    out = []
    while rest:
        best = rest[0]
        same = [d for d in rest if overlap(d.box, best.box) > _OVERLAP]
        rest = [d for d in rest if overlap(d.box, best.box) <= _OVERLAP]
        weight = np.array([d.score for d in same])
        weight /= weight.sum()
        box = np.tensordot(weight, np.stack([d.box for d in same]), 1)
        points = np.tensordot(weight, np.stack([d.points for d in same]), 1)
        out.append(Detection(box, points, best.score))
    return out


def overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of two boxes x0, y0, x1, y1; 1 for a box with itself."""
    common = _common(a, b)
    union = _area(a) + _area(b) - common
    return common / union if union > 0 else 1.0


def within(a: Floats, b: Floats) -> float:
    """The share of box `a` that lies in box `b`; 1 for a box of no extent."""
    own = _area(a)
    return _common(a, b) / own if own > 0 else 1.0


def _common(a: Floats, b: Floats) -> float:
    size = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.maximum(size, 0.0)))


def _area(box: Floats) -> float:
    return float(np.prod(box[2:] - box[:2]))
