"""Running the program as a user does: in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def relume() -> Run:
    """Run `relume ARGUMENTS`; the result has returncode, stdout and stderr."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "relume", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture
def hang_ups_heeded() -> Iterator[None]:
    """Programs end when their terminal is closed, also where the tests run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
