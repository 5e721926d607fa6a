"""The ratio-image baseline: relighting and small camera moves with no learned model.

The tracked head mesh gives smooth shading; the light that a frame was taken in is fitted to its
skin; the frame is multiplied by new shading over old, in linear light. What it can't do is
remove sharp shadows and highlights: that takes a model of albedo. (Liu et al., "Expressive
expression mapping with ratio images", 2001; Wen et al., "Face relighting with radiance
environment maps", 2003.)
"""

from .engine import RatioConfig, RatioEngine, RatioPlan
from .source_light import SourceLight, SourceLightConfig

__all__ = ["RatioConfig", "RatioEngine", "RatioPlan", "SourceLight", "SourceLightConfig"]
