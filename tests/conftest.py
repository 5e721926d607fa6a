"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Property tests have no time limit of their own: machines that share their cores stall at will.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' data folder; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("RELUME_SHARED", ROOT.parent / "shared"))
    if not (folder / "DESIGN.md").is_file():
        pytest.skip("needs the developers' data folder (../shared)")
    return folder


@pytest.fixture(scope="session")
def demo() -> Path:
    """The bundled clip."""
    return ROOT / "src" / "relume" / "assets" / "demo.mp4"


@pytest.fixture(scope="session")
def short_clip(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled clip's first 20 frames at half size, with its sound: a quick real input."""
    import cv2

    from relume.media import VideoFrame, VideoWriter, open_video

    path = tmp_path_factory.mktemp("clip") / "short.mp4"
    with open_video(demo) as reader, VideoWriter(path, like=reader.info) as writer:
        for index, frame in enumerate(reader):
            if index == 20:
                break
            small = cv2.resize(frame.rgb8, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            writer.write(VideoFrame.from_rgb(small, frame.pts, frame.time_base))
    return path
