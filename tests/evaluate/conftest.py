"""Made-up people for the tests, drawn once."""

from __future__ import annotations

import pytest

from relume.evaluate.clips import Clip
from relume.evaluate.protocols.people import MadeClip, make_clip


@pytest.fixture(scope="session")
def made() -> MadeClip:
    """Three frames of a made-up person."""
    return MadeClip((3, 1), 3)


@pytest.fixture(scope="session")
def clip(made: MadeClip) -> Clip:
    """The same as an input, tracked."""
    return make_clip(made, "person")
