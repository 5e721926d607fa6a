"""How a training run is asked to stop, and who is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import torch
from torch.utils.data import IterableDataset

from relume.train.data import Batch, loader
from relume.train.log import stopped_by_signal

# In a process of its own: pytest has signals handled on a small stack, which overflows where AMX
# has been used before.
_SIGNALS = """
import signal, time
from relume.train.log import stopped_by_signal

def interrupted() -> bool:
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return True
    return False

signal.signal(signal.SIGINT, signal.default_int_handler)
with stopped_by_signal() as stopped:
    assert stopped() == 0
    assert not interrupted()
    signal.raise_signal(signal.SIGTERM)  # `timeout` sends each twice
    assert stopped() == signal.SIGINT
    later = time.monotonic() + 2
    time.monotonic = lambda: later
    assert interrupted()  # a second wish ends it at once
assert interrupted()
assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
"""


def test_a_signal_is_told_and_later_ones_are_as_before() -> None:
    subprocess.run([sys.executable, "-c", _SIGNALS], check=True)


def test_in_another_thread_no_signal_is_heeded() -> None:
    told = []

    def work() -> None:
        with stopped_by_signal() as stopped:
            told.append(stopped())

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert told == [0]


class _Groups(IterableDataset[Batch]):
    def __iter__(self) -> Iterator[Batch]:
        yield {"group": torch.tensor(os.getpgrp())}


@pytest.mark.skipif(not hasattr(os, "setpgrp"), reason="no process groups")
def test_signals_to_the_group_pass_the_data_process_by() -> None:
    """A terminal's Ctrl-C is sent to all; the step at hand still wants its batch."""
    assert int(next(iter(loader(_Groups(), 1)))["group"]) != os.getpgrp()
    assert int(next(iter(loader(_Groups(), 0)))["group"]) == os.getpgrp()
