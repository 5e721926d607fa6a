"""Drawing: a small mesh rasteriser; lamps with cast shadows; volume rendering of tri-planes."""

from .lamps import (
    ShadowConfig,
    crisp_lamps,
    depth_normals,
    hidden_share,
    lamp_beams,
    lamp_shading,
    point_shading,
    raised,
    with_shadows,
)
from .raster import rasterise
from .volume import VolumeRenderer
from .volume_rays import VolumeConfig, VolumeMaps

__all__ = [
    "ShadowConfig",
    "VolumeConfig",
    "VolumeMaps",
    "VolumeRenderer",
    "crisp_lamps",
    "depth_normals",
    "hidden_share",
    "lamp_beams",
    "lamp_shading",
    "point_shading",
    "raised",
    "rasterise",
    "with_shadows",
]
