"""The shading encoder: planes and a light to shading planes (NeRFFaceLighting; Cai et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from .synthesis import QUIET, Noise, SynthesisBlock, SynthesisBlockConfig

__all__ = ["LitSynthesis", "PlaneMapping", "ShadingConfig", "ShadingEncoder"]


@dataclass(frozen=True)
class ShadingConfig:
    """Sizes of the light-conditioned blocks."""

    plane_channels: int = 96
    """channels of the planes: three times those of one plane"""
    channels: int = 128
    """channels inside"""
    resolution: int = 256
    """height and width of the planes"""
    blocks: int = 2
    """synthesis blocks"""
    w_dim: int = 512
    """length of a light code"""
    clamp: float = 256.0
    """largest magnitude of any layer's output"""

    @property
    def num_ws(self) -> int:
        """Light codes that the blocks consume."""
        return 2 * self.blocks + 1


class LitSynthesis(nn.Module):
    """Synthesis blocks at plane resolution that add light to the planes."""

    def __init__(self, config: ShadingConfig) -> None:
        super().__init__()
        self.config = config
        block = SynthesisBlockConfig(
            in_channels=config.channels,
            out_channels=config.channels,
            image_channels=config.plane_channels,
            resolution=config.resolution,
            w_dim=config.w_dim,
            up=1,
            clamp=config.clamp,
        )
        for i in range(config.blocks):
            self.add_module(f"b{i}", SynthesisBlock(block))

    def forward(self, x: Tensor, planes: Tensor, ws: Tensor, noise: Noise = QUIET) -> Tensor:
        """Shading planes.

        Args:
            x: [N, channels, R, R] features of the planes.
            planes: [N, plane_channels, R, R] that the light is added to.
            ws: [N, num_ws, w_dim] light codes.
            noise: what the layers add.

        Returns:
            [N, plane_channels, R, R].
        """
        for i in range(self.config.blocks):
            x, planes = self.get_submodule(f"b{i}")(x, planes, ws[:, 2 * i : 2 * i + 3], noise)
        return planes


class PlaneMapping(nn.Module):
    """Three 1x1 convolutions from planes to features."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1)
        self.conv2 = nn.Conv2d(channels, channels, 1)
        self.conv3 = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.conv1(x), 0.2)
        x = F.leaky_relu(self.conv2(x), 0.2)
        return self.conv3(x)


class ShadingEncoder(LitSynthesis):
    """The same blocks, fed with features of the planes themselves."""

    def __init__(self, config: ShadingConfig) -> None:
        super().__init__(config)
        self.mapping_x = PlaneMapping(config.plane_channels, config.channels)

    def encode(self, planes: Tensor, ws: Tensor, noise: Noise = QUIET) -> Tensor:
        """planes [N, C, R, R] and light codes [N, num_ws, w_dim] -> shading planes."""
        return self(self.mapping_x(planes), planes, ws, noise)
