"""A long video needs no more memory than a short one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .makers import make_video

_CHILD = """
import sys
from relume.media import VideoWriter, open_video

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

marks = []
with open_video(sys.argv[1], threads=1) as reader:
    with VideoWriter(sys.argv[2], like=reader, threads=1) as writer:
        for index, frame in enumerate(reader):
            frame.put(10, 10, frame.region(10, 10, 40, 40) * 0.5)
            frame.rgb8
            writer.write(frame)
            if index in (300, 1499):
                marks.append(resident())
print(marks[1] - marks[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat(tmp_path):
    source = make_video(tmp_path / "a.mp4", size=(64, 48), frames=1500, sound="aac")
    command = [sys.executable, "-c", _CHILD, str(source), str(tmp_path / "b.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # 1,200 frames of 64x48 are 5.5 MB as 4:2:0 and 11 MB as RGB.
    assert float(done.stdout) < 3
