"""Draws the README's strip, docs/strip.jpg: the bundled clip under some lights, from some sides.

python tools/make_readme_strip.py docs/strip.jpg
"""

from __future__ import annotations

import math
import sys
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from relume import Relighter, open_video, write_image

TAKES = (
    (None, 0.0),
    ("rembrandt", 0.0),
    ("split:right", 0.0),
    ("golden-hour", 0.0),
    ("neon-pair", -17.0),
    ("soft-window", 17.0),
)
FRAMES = (18, 30)  # seen frames come before the shown one, so that everything has settled
TOP, LEFT, SIDE = 0, 320, 560
SMALL = 300


def main(output: str) -> None:
    clip = resources.files("relume").joinpath("assets/demo.mp4")
    with resources.as_file(clip) as path, open_video(path) as video:
        shots = [f.rgb8.copy() for i, f in enumerate(video) if FRAMES[0] <= i <= FRAMES[1]]
    parts = [_cut(_take(shots, light, yaw)) for light, yaw in TAKES]
    write_image(output, np.concatenate(parts, 1), overwrite=True)


def _take(shots: list[NDArray[np.uint8]], light: str | None, yaw: float) -> NDArray[np.uint8]:
    if light is None:
        return shots[-1]
    relighter = Relighter(light, yaw=math.radians(yaw))
    for index, shot in enumerate(shots):
        lit = relighter(shot, index / 25)
    return lit


def _cut(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    square = frame[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    return np.asarray(cv2.resize(square, (SMALL, SMALL), interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    main(sys.argv[1])
