"""What the command line makes of signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

_CLEANING = """
import time
from relume.cli.process import prepare

prepare()
try:
    print("begun", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("cleaning", flush=True)
    time.sleep(2)
    print("cleaned", flush=True)
"""


@pytest.mark.parametrize(
    ("after", "cleaned"), [(0.05, True), (1.3, False)], ids=["as timeout does", "later"]
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_cuts_cleaning_up_short_only_if_it_is_another_wish(
    number: signal.Signals, after: float, cleaned: bool
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _CLEANING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    assert process.stdout.readline() == "cleaning\n"
    time.sleep(after)
    process.send_signal(number)
    told, _ = process.communicate(timeout=60)
    assert (told == "cleaned\n") is cleaned
