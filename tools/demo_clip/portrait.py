"""The photograph, and where its parts are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

__all__ = [
    "COLLAR",
    "EYES",
    "HEIGHT",
    "JAW",
    "MOUTH",
    "NECK",
    "RING",
    "WIDTH",
    "Eye",
    "Opening",
    "portrait",
]

WIDTH, HEIGHT = 1280, 720
SCALE = 2.5  # frame pixels per pixel of the 512-pixel photograph

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Opening:
    """An opening in the skin, by its two edges from the left corner to the right one, frame px."""

    upper: tuple[tuple[float, float], ...]
    lower: tuple[tuple[float, float], ...]

    @property
    def outline(self) -> Floats:
        return np.array([*self.upper, *self.lower[-2:0:-1]], np.float32)

    def edges(self, x: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Height of the upper and the lower edge at `x`."""
        up, low = np.array(self.upper), np.array(self.lower)
        return (
            np.interp(x, up[:, 0], up[:, 1]).astype(np.float32),
            np.interp(x, low[:, 0], low[:, 1]).astype(np.float32),
        )


@dataclass(frozen=True)
class Eye:
    opening: Opening
    iris: tuple[float, float]
    brow: tuple[float, float]  # middle of the brow's lower edge


# fmt: off
EYES = (
    Eye(
        Opening(
            ((486.7, 254.2), (490, 250), (496.7, 246.7), (503.3, 244.2), (508, 243.5),
             (515, 245), (521.7, 250), (526.7, 254.2), (534.2, 258.7)),
            ((486.7, 254.2), (491.7, 257), (498.3, 259.7), (506.7, 261.3), (515, 261.7),
             (523.3, 260.8), (530, 260), (534.2, 258.7)),
        ),
        (508.0, 252.5), (508.0, 226.0),
    ),
    Eye(
        Opening(
            ((592.5, 263.7), (598.3, 258), (606.7, 252.5), (613.3, 249.7), (620, 248.7),
             (628.3, 250), (636.7, 253), (642.5, 256.7), (647.5, 260)),
            ((592.5, 263.7), (596.7, 264.7), (605, 265.8), (615, 267), (623.3, 267),
             (631.7, 265.3), (640, 262.5), (647.5, 260)),
        ),
        (616.3, 258.3), (625.0, 235.0),
    ),
)
MOUTH = Opening(
    ((506, 349), (515.6, 350.5), (528.5, 354.4), (538.7, 357.2), (550.3, 359.5), (559.2, 360.3),
     (572, 359.2), (584.9, 357.6), (597.7, 353.7), (611.8, 352.4)),
    ((506, 349), (514.4, 358.8), (523.3, 365.9), (533.6, 371), (545.1, 373.6), (556.7, 374.6),
     (569.5, 374.2), (581, 372.3), (592.6, 367.2), (602.8, 360.1), (611.8, 352.4)),
)
JAW = np.array(
    [(452, 322), (455.4, 330), (456, 351.8), (460.5, 373), (466, 387.5), (474, 403.6),
     (487.5, 419.6), (505.4, 433.9), (530.4, 442.9), (559, 445.4), (584, 441), (609, 426),
     (634, 405.4), (644.7, 392.9), (651.8, 380.4), (660.7, 366), (667.9, 342.9), (672, 338)],
    np.float32,
)
"""Edge of the jaw from one ear lobe to the other."""
NECK = np.array(
    [(464.5, 384), (466.8, 448), (490, 465), (560, 474), (615, 468), (634, 452), (645, 390)],
    np.float32,
)
"""The neck's skin below the jaw."""
COLLAR = np.array(
    [(476, 330), (471, 360), (464.5, 384), (466.8, 448), (472, 475), (472, 560), (655, 560),
     (640, 470), (634, 452), (637, 432), (650, 426), (648, 402), (641, 391), (628, 370),
     (622, 330)],
    np.float32,
)
"""The neck with the black collar below it; free of the edge where only the wall is behind."""
RING = np.array(
    [(0, 366), (430, 366), (436, 373), (470, 377), (550, 394), (640, 437), (650, 443), (651, 420),
     (1280, 420), (1280, 720), (0, 720)],
    np.float32,
)
"""All that lies below the upper edge of the suit's ring, which goes on behind the neck."""
# fmt: on


def portrait() -> NDArray[np.uint8]:
    """NASA's portrait of Eileen Collins, cut to 16:9 and enlarged, uint8 [720, 1280, 3]."""
    small = skimage.data.astronaut().astype(np.float32)
    size = (int(512 * SCALE), int(512 * SCALE))
    big = cv2.resize(small, size, interpolation=cv2.INTER_LANCZOS4)[:HEIGHT]
    # Enlarging leaves nothing above the old Nyquist frequency; lift what is just below it.
    big += 0.55 * (big - cv2.GaussianBlur(big, (0, 0), 2.0))
    return np.clip(np.round(big), 0, 255).astype(np.uint8)
