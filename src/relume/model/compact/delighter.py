"""The delighting network: what of a frame's light nine coefficients can't say."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from .blocks import UNet, conv
from .config import DELIGHT_FEATURES, CompactConfig

__all__ = ["Delighter"]


class Delighter(nn.Module):
    """A frame and the model's maps of it to what takes cast shadows, highlights and hard edges off.

    It works on the frame's own cells, so that what it takes off lies where the frame has it; the
    model's maps, rendered in the frame's view, tell it what a person under that light should look
    like. It starts as nothing: factors of 1.

    Args:
        config: sizes.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        narrow, wide = config.delight[:2]
        self.code = nn.Sequential(
            conv(DELIGHT_FEATURES, narrow, 3, 2), nn.SiLU(), conv(narrow, wide, 3, 2)
        )
        self.code_out = nn.Sequential(nn.SiLU(), nn.Linear(wide, config.delight_code), nn.SiLU())
        self.unet = UNet(DELIGHT_FEATURES, 3, config.delight, config.delight_code)
        nn.init.zeros_(self.unet.leave.weight)
        nn.init.zeros_(cast(Tensor, self.unet.leave.bias))

    def forward(self, features: Tensor) -> Tensor:
        """[B, 33, N, N] to the natural logarithm of a factor in linear light, [B, 3, N, N]."""
        code = self.code_out(self.code(features).mean((2, 3)))
        return cast(Tensor, self.unet(features, code)).float()
