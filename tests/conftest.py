"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' data folder; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("RELUME_SHARED", ROOT.parent / "shared"))
    if not (folder / "DESIGN.md").is_file():
        pytest.skip("needs the developers' data folder (../shared)")
    return folder
