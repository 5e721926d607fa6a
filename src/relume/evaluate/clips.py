"""What is measured on: frames of a video or a picture, and the one face followed in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NoFaceError
from ..face import CROP, FaceTracker, TrackedFace
from ..media import open_video, read_image
from ..media.image import PICTURE_ENDINGS

__all__ = ["VIEW", "Clip", "find_inputs", "open_clip", "open_still", "shared_tracker"]

Pixels = NDArray[np.uint8]

VIEW = 256
"""Side of a clip's window in pixels, in which motion, detail and likeness are measured."""

_VIDEO_ENDINGS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames of one person.

    Attributes:
        name: the item's name in results.
        size: (width, height) of the frames.
        times: seconds of each frame.
        faces: the followed face in each frame; None where it was lost.
        source: gives the frames from the first on, each time it is called.
        still: a picture that stands alone.
    """

    name: str
    size: tuple[int, int]
    times: list[float]
    faces: list[TrackedFace | None]
    source: Callable[[], Iterator[Pixels]]
    still: bool = False

    def __len__(self) -> int:
        return len(self.times)

    def frames(self) -> Iterator[Pixels]:
        """The frames, uint8 [H, W, 3]."""
        return islice(self.source(), len(self))

    @cached_property
    def window(self) -> NDArray[np.float64]:
        """[2, 3] from frame pixels to those of one square window that holds the face's crop
        in all frames."""
        corners = []
        for face in self.faces:
            if face is not None:
                square = np.array([[0.0, 0], [CROP, 0], [0, CROP], [CROP, CROP]]) - 0.5
                back = face.pose.uncrop
                corners.append(square @ back[:, :2].T + back[:, 2])
        points = np.clip(np.concatenate(corners), -0.5, np.array(self.size) - 0.5)
        low, high = points.min(0), points.max(0)
        side = float((high - low).max())
        scale = VIEW / side
        shift = VIEW / 2 - 0.5 - scale * (low + high) / 2
        return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])

    def view(self, frame: Pixels) -> Pixels:
        """[256, 256, 3] the window of a frame."""
        scale = float(self.window[0, 0])
        source: Any = frame
        matrix = self.window.copy()
        if scale < 0.5:  # shrink by whole steps first, so that no pixel is passed over
            step = int(1 / scale)
            h, w = frame.shape[0] // step, frame.shape[1] // step
            source = cv2.resize(frame[: h * step, : w * step], (w, h), interpolation=cv2.INTER_AREA)
            matrix[:, :2] *= step
            matrix[:, 2] += scale * (step - 1) / 2
        view = cv2.warpAffine(source, matrix, (VIEW, VIEW), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(view, np.uint8)


def shared_tracker() -> FaceTracker:
    """The one tracker of the process, with nothing followed: its networks take a second to load."""
    tracker = _tracker()
    tracker.reset()
    return tracker


@cache
def _tracker() -> FaceTracker:
    return FaceTracker()


def open_clip(path: Path, most: int) -> Clip:
    """A video's first `most` frames (0: all), its largest face followed.

    Raises:
        MediaError: the video can't be read.
        NoFaceError: nobody is in it.
    """
    tracker = shared_tracker()
    times: list[float] = []
    seen: list[list[TrackedFace]] = []
    with open_video(path, threads=1) as reader:
        for index, frame in enumerate(reader):
            if most and index >= most:
                break
            times.append(float(frame.time if frame.time is not None else index / 25))
            seen.append(tracker.update(frame.rgb8, times[-1]))
        size = (reader.info.width, reader.info.height)
    return Clip(path.stem, size, times, _followed(seen, path), lambda: _decoded(path))


def open_still(path: Path) -> Clip:
    """A picture as a clip of one frame.

    Raises:
        MediaError: the picture can't be read.
        NoFaceError: nobody is in it.
    """
    picture = _rgb8(path)
    faces = shared_tracker().detect(picture)
    if not faces:
        raise NoFaceError(f"{path}: no face was found")
    size = (picture.shape[1], picture.shape[0])
    return Clip(path.stem, size, [0.0], [faces[0]], lambda: iter([picture]), still=True)


def find_inputs(folder: Path, most: int, *, stills: bool) -> list[Path]:
    """Videos (or pictures) of a folder in order of name, the first `most` (0: all); or the file
    itself.

    Raises:
        InputError: there are none.
    """
    endings = PICTURE_ENDINGS if stills else _VIDEO_ENDINGS
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such file or folder; check the name")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in endings)
    if not found:
        kind = "pictures" if stills else "videos"
        raise InputError(f"{folder}: no {kind} in it ({', '.join(endings)})")
    if most and len(found) > most:  # spread over the folder: names are often sorted by kind
        found = [found[i * len(found) // most] for i in range(most)]
    return found


def _decoded(path: Path) -> Iterator[Pixels]:
    with open_video(path, threads=1) as reader:
        for frame in reader:
            yield frame.rgb8


def _rgb8(path: Path) -> Pixels:
    picture = read_image(path)
    if picture.dtype == np.uint8:
        return np.asarray(picture, np.uint8)
    return np.rint(picture * 255).astype(np.uint8)


def _followed(seen: list[list[TrackedFace]], path: Path) -> list[TrackedFace | None]:
    extent: dict[int, float] = {}
    for faces in seen:
        for face in faces:
            extent[face.id] = extent.get(face.id, 0.0) + face.pose.scale * (face.confidence > 0)
    if not extent or max(extent.values()) <= 0.0:
        raise NoFaceError(f"{path}: no face was found in its first {len(seen)} frames")
    best = max(extent, key=lambda i: extent[i])
    return [next((f for f in faces if f.id == best), None) for faces in seen]
