"""relume: relight portrait video in 3D.

Importing this package is fast: every name below is loaded when it is first used, and PyTorch
never is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors, geometry, light, media, pipeline
    from .errors import RelumeError
    from .geometry import Camera
    from .light import Light
    from .media import open_video, read_image, write_image
    from .pipeline import Relighter, estimate_light, load_light, relight_video

__all__ = [
    "Camera",
    "Light",
    "Relighter",
    "RelumeError",
    "__version__",
    "errors",
    "estimate_light",
    "geometry",
    "light",
    "load_light",
    "media",
    "open_video",
    "pipeline",
    "read_image",
    "relight_video",
    "write_image",
]

__version__ = "0.1.0"

_HOME = {
    "Camera": "geometry",
    "Light": "light",
    "Relighter": "pipeline",
    "RelumeError": "errors",
    "estimate_light": "pipeline",
    "load_light": "pipeline",
    "open_video": "media",
    "read_image": "media",
    "relight_video": "pipeline",
    "write_image": "media",
}


_ROOMS = ("errors", "geometry", "light", "media", "pipeline")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'relume' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
