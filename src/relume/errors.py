"""Every error that relume raises on purpose.

The tree::

    RelumeError
    ├── UsageError            there is no such option, or its value makes no sense
    ├── InputError            the input is missing, broken or of a kind that relume can't use
    │   ├── MediaError        a video, picture or sound stream can't be read
    │   │   └── StoppedError  a camera was told to stop before its first frame
    │   └── LightError        a light's name, file or value makes no sense
    ├── NoFaceError           nothing to relight: no face was found anywhere in the input
    ├── OutputError           the result can't be written (place, codec, space)
    ├── MissingDependencyError  an optional package is needed and not installed
    └── ModelError            a network or checkpoint is missing, damaged or of the wrong kind

Messages name the input and the remedy. The command line prints them as one line and ends
with the class's `exit_code`; a traceback means a fault of relume's own.
"""

from __future__ import annotations

__all__ = [
    "InputError",
    "LightError",
    "MediaError",
    "MissingDependencyError",
    "ModelError",
    "NoFaceError",
    "OutputError",
    "RelumeError",
    "StoppedError",
    "UsageError",
]


class RelumeError(Exception):
    """Base of all errors that relume raises on purpose."""

    exit_code = 1


class UsageError(RelumeError):
    """There is no such option, or its value makes no sense."""

    exit_code = 2


class InputError(RelumeError):
    """The input is missing, broken or of a kind that relume can't use."""

    exit_code = 3


class MediaError(InputError):
    """A video, picture or sound stream can't be read."""


class StoppedError(MediaError):
    """A camera was told to stop before its first frame."""


class LightError(InputError):
    """A light's name, file or value makes no sense."""

    exit_code = 4


class NoFaceError(RelumeError):
    """No face was found anywhere in the input."""

    exit_code = 5


class OutputError(RelumeError):
    """The result can't be written: place, codec or space."""

    exit_code = 6


class MissingDependencyError(RelumeError):
    """An optional package is needed and not installed."""

    exit_code = 7


class ModelError(RelumeError):
    """A network or checkpoint is missing, damaged or of the wrong kind."""

    exit_code = 8
