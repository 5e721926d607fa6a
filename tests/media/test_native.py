from __future__ import annotations

import logging
import sys
from types import ModuleType

import pytest

import relume
from relume.native import ABI, native


@pytest.mark.parametrize("number", [None, ABI - 1, ABI + 1])
def test_kernels_of_other_sources_are_left_alone(
    number: int | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    module = ModuleType("relume._native")
    module.__file__ = "/there/_native.so"
    if number is not None:
        module.ABI = number  # type: ignore[attr-defined]
    monkeypatch.setattr(relume, "_native", module, raising=False)
    monkeypatch.setitem(sys.modules, "relume._native", module)
    native.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            assert native() is None
            assert native() is None
    finally:
        native.cache_clear()
    assert len(caplog.records) == 1
    assert "/there/_native.so" in caplog.text
    assert "install relume anew" in caplog.text
