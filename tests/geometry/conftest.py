"""Property tests have no time limit of their own: machines that share their cores stall at will."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
