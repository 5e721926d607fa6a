"""What OpenVINO is kept from doing to the program around it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# In a process of its own, which a signal may end.
_INTERRUPTED = """
import gc, signal
from relume import Relighter

for _ in range(3):
    Relighter("loop")
    gc.collect()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""

# A child that hangs is ended, with the whole process, by the alarm.
_FORKED = """
import os, signal
import numpy as np
from relume import Relighter

signal.alarm(60)
frame = np.zeros((64, 64, 3), np.uint8)
Relighter("loop")(frame)
child = os.fork()
if child:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    signal.alarm(30)
    Relighter("loop")(frame)
    os._exit(0)
"""


def test_interrupt_reaches_a_program_whose_relighters_came_and_went() -> None:
    assert _told(_INTERRUPTED) == "interrupted\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_forked_process_relights_after_its_parent_has() -> None:
    assert _told(_FORKED) == "0\n"


def _told(program: str) -> str:
    """What a program prints, which must end well."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
