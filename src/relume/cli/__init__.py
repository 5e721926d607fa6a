"""The command line; `relume --help` lists its commands."""

from .main import main

__all__ = ["main"]
