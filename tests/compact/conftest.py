"""Small sizes for the compact model's tests."""

from __future__ import annotations

import pytest

from relume.model.compact import CompactConfig


@pytest.fixture(scope="session")
def config() -> CompactConfig:
    return CompactConfig(
        picture=64, plane=16, albedo_channels=4, shading_channels=2, stem=(8, 8), trunk=(8, 12),
        code=8, shading_width=8, hidden=8, template=14, window=3, compared=4, gate=4,
    )  # fmt: skip
