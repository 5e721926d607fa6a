"""All sizes of the compact model in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["DELIGHT_FEATURES", "CompactConfig"]

DELIGHT_FEATURES = 33
"""Channels that the delighting network sees; see `relume.compact_engine.delight`."""


@dataclass(frozen=True)
class CompactConfig:
    """Sizes of `CompactModel`; a checkpoint carries its own."""

    picture: int = 256
    """Side of the input crop in pixels."""
    plane: int = 64
    """Side of a tri-plane's planes in texels."""
    albedo_channels: int = 16
    """Channels of an albedo plane."""
    shading_channels: int = 8
    """Channels of a shading plane."""
    box: float = 0.42
    """Half the side of the cube that the planes cover, in canonical units."""
    stem: tuple[int, int] = (48, 32)
    """Channels of the picture's features at a quarter of its size: inside, and as lifted."""
    trunk: tuple[int, ...] = (48, 96, 128, 160)
    """Channels of the canonical U-Net, one entry a level, each half as large as the last."""
    code: int = 96
    """Length of the global code that modulates the trunk (FiLM)."""
    shading_width: int = 48
    """Channels inside the shading head."""
    hidden: int = 48
    """Hidden units of the two decoders."""
    template: int = 40
    """Side of the template's grid in cells."""
    window: int = 5
    """Frames that a new one counts among at first: 1 / window is its share in what the temporal
    network remembers before that has learnt anything."""
    compared: int = 16
    """Numbers in which the temporal network compares two frames' texels."""
    cell: int = 4
    """Texels a side of the cells that the temporal network weighs as one."""
    gate: int = 32
    """Channels inside the temporal network."""
    delight: tuple[int, ...] = (32, 64, 128, 192, 192)
    """Channels of the delighting network's U-Net, as `trunk`."""
    delight_code: int = 64
    """Length of the code that modulates it."""

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> CompactConfig:
        """From plain values as a checkpoint holds them; lists become tuples.

        Sizes of the temporal network that was there before are passed over.
        """
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v
            for k, v in facts.items()
            if k not in ("attention", "patch")
        }
        return cls(**values)
