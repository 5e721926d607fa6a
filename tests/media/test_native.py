from __future__ import annotations

import logging
import sys
from types import ModuleType

import pytest

import relume
from relume.native import ABI, native
from relume.pipeline import models


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


def test_another_default_model_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(relume, "_native", raising=False)
    monkeypatch.setitem(sys.modules, "relume._native", None)
    native.cache_clear()
    models._tell_of_ratio.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            assert [models.default_model() for _ in range(2)] == ["ratio"] * 2
    finally:
        native.cache_clear()
    missing, other = caplog.messages
    assert "slow stand-ins" in missing
    assert "default model is ratio, not compact, and its picture is another" in other
    assert "--model compact" in other
