"""How the compact model is used, by the engine and by what looks at frames for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..ratio import SourceLightConfig
from ..runtime import RuntimeConfig
from .coder import CoderConfig
from .gain import GainConfig
from .rim import RimConfig
from .steady import SteadyConfig

__all__ = ["CompactEngineConfig"]


@dataclass(frozen=True)
class CompactEngineConfig:
    """How the model is used."""

    weights: Path | None = None
    """File of weights; the ones that come with relume by default."""
    coder: CoderConfig = field(default_factory=CoderConfig)
    """When a face is encoded anew."""
    look: float = 0.19
    """Seconds between two looks at the face for the source light, once it is known."""
    ask: float = 0.4
    """Seconds for which light that was found to be soft is taken to be."""
    forget: float = 2.0
    """Seconds after which a face that is gone is forgotten."""
    trust: float = 0.6
    """Least confidence in a face for the light to be learnt from it, once the light is known."""
    gain: GainConfig = field(default_factory=GainConfig)
    """How far frame and model are each believed."""
    rim: RimConfig = field(default_factory=RimConfig)
    """How an outline takes light from behind."""
    source: SourceLightConfig = field(
        default_factory=lambda: SourceLightConfig(prior=1.5e-4, contrast=1.3, tint=0.5)
    )
    """The fit of the source light."""
    steady: SteadyConfig = field(default_factory=SteadyConfig)
    """How the gain is steadied."""
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)
    """How the encoders run."""
