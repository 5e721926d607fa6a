"""What a run was made on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

from .results import Machine

__all__ = ["this_machine"]

_PACKAGES = ("numpy", "opencv-python-headless", "openvino", "av", "torch")


def this_machine() -> Machine:
    """Processor, cores, system, Python and the packages that figures depend on."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        os=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        versions=versions,
    )


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
