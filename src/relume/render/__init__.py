"""Drawing: a small mesh rasteriser; volume rendering of tri-planes."""

from .raster import rasterise
from .volume import VolumeRenderer
from .volume_rays import VolumeConfig, VolumeMaps

__all__ = ["VolumeConfig", "VolumeMaps", "VolumeRenderer", "rasterise"]
