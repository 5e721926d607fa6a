"""OpenVINO, without what it does besides inference."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .native import native

__all__ = [
    "cpu_settings",
    "float_hint",
    "multiplies_bf16",
    "multiplies_int8",
    "openvino",
    "own_signal_stack",
]

_TELEMETRY = "openvino_telemetry"


def openvino() -> Any:
    """The module `openvino`, imported without its telemetry.

    By itself `import openvino` writes an id into the user's home and reports its use to Google
    Analytics, unless the user has forbidden that. Where the package that does so is missing,
    OpenVINO has a stub for it, and is imported in a good part of the time.
    """
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    absent = _TELEMETRY not in sys.modules
    if absent:
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        if absent:
            sys.modules.pop(_TELEMETRY, None)
    return openvino


class _Stack(ctypes.Structure):
    """Linux's `stack_t`."""

    _fields_ = (("place", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def own_signal_stack() -> Iterator[None]:
    """For what makes an `openvino.Core`: the thread handles signals on the stack of before.

    A core gives the thread in which it first compiles a stack for signals, and frees it when it
    goes, with the last of its networks. Where several go in another order than they came, the
    thread is left with one that was freed, and the next Ctrl-C is a segmentation fault.
    """
    if sys.platform != "linux":
        yield
        return
    change, before = ctypes.CDLL(None).sigaltstack, _Stack()
    change(None, ctypes.byref(before))
    try:
        yield
    finally:
        change(ctypes.byref(before), None)  # refused where it is too small for AMX


def cpu_settings(threads: int, precision: str) -> dict[str, Any]:
    """How OpenVINO compiles one of relume's networks.

    Args:
        threads: of one inference.
        precision: of floats, see `float_hint`.
    """
    return {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
        "ENABLE_CPU_PINNING": False,  # several relumes may share a machine
    }


def multiplies_bf16() -> str:
    """What multiplies bfloat16 in this processor itself: "amx", "avx512", or "none".

    OpenVINO takes bfloat16 for a precision of every processor with AVX-512 and imitates it where
    the processor can't, in four times what float32 takes. "none" without compiled kernels, too.
    """
    compiled = native()
    return "none" if compiled is None else str(compiled.bf16())


def multiplies_int8() -> bool:
    """Whether this processor has units for integers of eight bits (x86 with VNNI).

    Without, their products are summed in sixteen bits, which overflow, and little time is won.
    """
    compiled = native()
    return compiled is not None and bool(compiled.int8())


def float_hint(exact: bool) -> str:
    """OpenVINO's `INFERENCE_PRECISION_HINT` for a network of floats."""
    return "f32" if exact or multiplies_bf16() == "none" else "bf16"
