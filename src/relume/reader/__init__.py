"""The light that a face is in, read by a network from the face laid out flat.

What a picture shows of a face is fetched into one fixed layout of the head model, so that a nose's
shadow always lies where noses throw it, however the head is turned or placed. A small network,
trained on portraits under known hard and soft light, answers with the light around the head.
"""

from .lamp import with_lamp
from .layout import CELLS, Layout, lay_out, shown
from .reader import LightReader, ReaderConfig

__all__ = ["CELLS", "Layout", "LightReader", "ReaderConfig", "lay_out", "shown", "with_lamp"]
