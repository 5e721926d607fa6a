"""OpenVINO, without what it does besides inference."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["openvino"]

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
