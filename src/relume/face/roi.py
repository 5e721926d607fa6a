"""The square, turned region of a frame that a network looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import wrapped
from ..media.picture import Picture

__all__ = ["Roi"]

_EYE_CORNERS = (33, 263)  # outer corners, image left and image right
_MARGIN = 1.5  # the landmark network was trained on regions this much larger than the face
_HALF = 1.5  # frame pixels under one of a crop from which the frame at half its size is looked at


@dataclass(frozen=True)
class Roi:
    """A square turned by `angle`; frame pixels, whose centres are at whole numbers.

    Attributes:
        x, y: its centre.
        size: its side.
        angle: radians, positive where the face leans clockwise in the picture.
    """

    x: float
    y: float
    size: float
    angle: float

    @classmethod
    def from_eyes(
        cls, box: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]
    ) -> Roi:
        """From a detection's box (x0, y0, x1, y1) and its eyes (image left, image right)."""
        angle = float(np.arctan2(right[1] - left[1], right[0] - left[0]))
        size = _MARGIN * float(max(box[2] - box[0], box[3] - box[1]))
        return cls(float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2, size, angle)

    @classmethod
    def from_landmarks(cls, landmarks: NDArray[np.float32]) -> Roi:
        """Around landmarks [468, 2 or 3], upright by the outer corners of the eyes."""
        p = landmarks[:, :2].astype(np.float64)
        along = p[_EYE_CORNERS[1]] - p[_EYE_CORNERS[0]]
        angle = float(np.arctan2(along[1], along[0]))
        c, s = np.cos(angle), np.sin(angle)
        upright = p @ np.array([[c, -s], [s, c]])
        low, high = upright.min(0), upright.max(0)
        centre = np.array([[c, -s], [s, c]]) @ ((low + high) / 2)
        return cls(float(centre[0]), float(centre[1]), _MARGIN * float((high - low).max()), angle)

    def following(self, wanted: Roi, slack: float) -> Roi:
        """This region, moved no further than needed to come as near `wanted` as `slack`: a share
        of its side for centre and side, radians for the angle.

        Landmarks depend a little on the region they are looked for in. One taken anew from every
        frame's landmarks never comes to rest, not even on a still picture.
        """
        reach = slack * wanted.size
        turn = float(wrapped(wanted.angle - self.angle))
        return Roi(
            self.x + _beyond(wanted.x - self.x, reach),
            self.y + _beyond(wanted.y - self.y, reach),
            self.size * float(np.exp(_beyond(float(np.log(wanted.size / self.size)), slack))),
            self.angle + _beyond(turn, slack),
        )

    def gap(self, other: Roi) -> float:
        """How far another region lies away, as a share of this one's side; of sizes and angles
        that differ, what differs at its border."""
        turn = abs(float(wrapped(other.angle - self.angle)))
        way = float(np.hypot(other.x - self.x, other.y - self.y)) / self.size
        return max(way, 0.5 * abs(other.size / self.size - 1.0), 0.5 * turn)

    def to_frame(self, side: int) -> NDArray[np.float64]:
        """[2, 3] similarity from the pixels of a `side` x `side` crop to the frame's."""
        k = self.size / side
        c, s = k * math.cos(self.angle), k * math.sin(self.angle)
        half = (side - 1) / 2
        return np.array(
            [[c, -s, self.x - half * (c - s)], [s, c, self.y - half * (s + c)]], np.float64
        )

    def cut(self, picture: Picture, side: int) -> NDArray[np.uint8]:
        """The region as uint8 [side, side, 3]; beyond the frame its border goes on.

        A region much larger than `side` is shrunk by area first, so that fine detail and noise
        don't alias into the crop.
        """
        import cv2

        matrix = self.to_frame(side)
        step = self.size / side  # pixels under one of the crop
        pixels: Any
        if step >= _HALF:
            pixels, step = picture.half8, step / 2
            matrix = matrix / 2
            matrix[:, 2] -= 0.25
        else:
            pixels = picture.rgb8
        factor = int(step / 1.5 + 0.5)
        if factor >= 2:
            turned = abs(np.cos(self.angle)) + abs(np.sin(self.angle))
            reach = step * side * turned / 2 + 2 * factor
            x, y = matrix @ ((side - 1) / 2, (side - 1) / 2, 1.0)
            h, w = pixels.shape[:2]
            x0, x1 = (int(np.clip(v, 0, w)) for v in (x - reach, x + reach + 1))
            y0, y1 = (int(np.clip(v, 0, h)) for v in (y - reach, y + reach + 1))
            x1, y1 = x0 + (x1 - x0) // factor * factor, y0 + (y1 - y0) // factor * factor
            if x1 > x0 and y1 > y0:
                size = ((x1 - x0) // factor, (y1 - y0) // factor)
                pixels = cv2.resize(pixels[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
                matrix = matrix / factor
                matrix[:, 2] += ((0.5 - x0) / factor - 0.5, (0.5 - y0) / factor - 0.5)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        out: Any = cv2.warpAffine(
            pixels, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(out, np.uint8)


def _beyond(way: float, slack: float) -> float:
    """What of a way is longer than `slack`."""
    return way - min(max(way, -slack), slack)
