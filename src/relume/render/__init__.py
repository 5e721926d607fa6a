"""Drawing: a small mesh rasteriser."""

from .raster import rasterise

__all__ = ["rasterise"]
