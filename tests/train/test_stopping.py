"""How a training run is asked to stop, and who is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

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


# A file of its own: the data process imports what it is given from there.
_GROUPS = """
import os
import torch
from torch.utils.data import IterableDataset
from relume.train.data import loader

class Groups(IterableDataset):
    def __iter__(self):
        yield {"group": torch.tensor(os.getpgrp())}

if __name__ == "__main__":
    for workers in (1, 0):
        print(int(next(iter(loader(Groups(), workers)))["group"]) == os.getpgrp())
"""


@pytest.mark.skipif(not hasattr(os, "setpgrp"), reason="no process groups")
def test_signals_to_the_group_pass_the_data_process_by(tmp_path: Path) -> None:
    """A terminal's Ctrl-C is sent to all; the step at hand still wants its batch."""
    program = tmp_path / "groups.py"
    program.write_text(_GROUPS)
    told = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]
