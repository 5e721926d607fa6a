"""Several relighters may work at once, a thread each: docs/python.md says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from relume import Relighter
from relume.media import open_video


def test_a_thread_each_gives_what_one_after_another_does(short_clip: Path) -> None:
    with open_video(short_clip) as reader:
        frames = [(frame.rgb8.copy(), frame.time) for frame in reader]

    def relit(light: str) -> list[np.ndarray]:
        relighter = Relighter(light, yaw=0.1)
        held = Relighter(light).hold(frames[0][0])
        moving = [relighter(rgb8, time) for rgb8, time in frames[:12]]
        return [*moving, *(held.show(yaw=yaw).copy() for yaw in (0.0, 0.05, 0.1))]

    lights = ("split", "loop", "golden-hour")
    with ThreadPoolExecutor(len(lights)) as pool:
        at_once = list(pool.map(relit, lights))
    for light, found in zip(lights, at_once, strict=True):
        np.testing.assert_array_equal(found, relit(light))
