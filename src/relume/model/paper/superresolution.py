"""Super-resolution of rendered features, four times, with two synthesis blocks (EG3D)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from .ops import resize_antialiased
from .synthesis import SynthesisBlock, SynthesisBlockConfig

__all__ = ["SuperResolution", "SuperResolutionConfig"]


@dataclass(frozen=True)
class SuperResolutionConfig:
    """Sizes of the super-resolution."""

    in_channels: int = 32
    """channels of the rendered features, of which the first three are the picture"""
    channels: tuple[int, int] = (256, 128)
    """channels of the two blocks"""
    in_resolution: int = 128
    """features and picture are brought to this size first; the result is four times it"""
    w_dim: int = 512
    """length of a style code"""
    clamp: float = 256.0
    """largest magnitude of any layer's output"""


class SuperResolution(nn.Module):
    """Features and picture of any size to a picture of 4 in_resolution."""

    def __init__(self, config: SuperResolutionConfig) -> None:
        super().__init__()
        self.in_resolution = config.in_resolution
        channels = (config.in_channels, *config.channels)
        for i in range(2):
            block = SynthesisBlockConfig(
                in_channels=channels[i],
                out_channels=channels[i + 1],
                image_channels=3,
                resolution=config.in_resolution * 2 ** (i + 1),
                w_dim=config.w_dim,
                clamp=config.clamp,
            )
            self.add_module(f"block{i}", SynthesisBlock(block))

    def forward(self, features: Tensor, w: Tensor, rgb: Tensor | None = None) -> Tensor:
        """Picture [N, 3, 4R, 4R], about -1..1 but not clamped.

        Args:
            features: [N, in_channels, r, r].
            w: [N, w_dim] style code of all layers.
            rgb: [N, 3, r, r] the picture so far; the first three features by default.
        """
        x = resize_antialiased(features, self.in_resolution)
        rgb = x[:, :3] if rgb is None else resize_antialiased(rgb, self.in_resolution)
        ws = w.unsqueeze(1).expand(-1, 3, -1)
        for i in range(2):
            x, rgb = self.get_submodule(f"block{i}")(x, rgb, ws)
        return rgb
