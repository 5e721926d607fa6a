"""Who is asked when a training run is to stop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

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
