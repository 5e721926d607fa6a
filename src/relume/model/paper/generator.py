"""The generator: EG3D (Chan et al. 2022), lit as in NeRFFaceLighting (Jiang et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .field import DecoderConfig, RadianceDecoder, ShadingDecoder, TriplaneField
from .mapping import MappingConfig, MappingNetwork
from .renderer import Rendering, VolumeRenderer
from .sampling import Draws
from .shading import LitSynthesis, ShadingConfig
from .superresolution import SuperResolution
from .synthesis import QUIET, Noise, SynthesisBlock, SynthesisBlockConfig

__all__ = ["Backbone", "BackboneConfig", "Generated", "Generator", "SynthesisNetwork"]


@dataclass(frozen=True)
class BackboneConfig:
    """Sizes of the StyleGAN2 backbone."""

    resolution: int = 256
    """height and width of the planes"""
    plane_channels: int = 96
    """channels of the planes: three times those of one plane"""
    channel_base: int = 32768
    """channels of a block times its resolution"""
    channel_max: int = 512
    """largest number of channels"""
    w_dim: int = 512
    """length of a style code"""

    @property
    def resolutions(self) -> list[int]:
        """4, 8, ... resolution."""
        return [2**i for i in range(2, self.resolution.bit_length())]

    def channels(self, resolution: int) -> int:
        """Channels of the block at a resolution."""
        return min(self.channel_base // resolution, self.channel_max)

    @property
    def num_ws(self) -> int:
        """Style codes that the backbone consumes."""
        return 2 * len(self.resolutions)


class SynthesisNetwork(nn.Module):
    """Style codes to planes, from 4x4 upwards."""

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        before = 0
        for resolution in config.resolutions:
            block = SynthesisBlockConfig(
                in_channels=before,
                out_channels=config.channels(resolution),
                image_channels=config.plane_channels,
                resolution=resolution,
                w_dim=config.w_dim,
            )
            self.add_module(f"b{resolution}", SynthesisBlock(block))
            before = block.out_channels

    def forward(self, ws: Tensor, noise: Noise = QUIET) -> tuple[Tensor, Tensor]:
        """ws [N, num_ws, w_dim] -> features [N, C, R, R] and planes [N, plane_channels, R, R]."""
        x: Tensor | None = None
        planes: Tensor | None = None
        start = 0
        for resolution in self.config.resolutions:
            block = self.get_submodule(f"b{resolution}")
            assert isinstance(block, SynthesisBlock)
            end = start + block.convolutions
            x, planes = block(x, planes, ws[:, start : end + 1], noise)
            start = end
        assert x is not None
        assert planes is not None
        return x, planes


class Backbone(nn.Module):
    """Mapping and synthesis; of the planes, and of the light on them unless EG3D's own."""

    def __init__(
        self,
        config: BackboneConfig,
        mapping: MappingConfig,
        mapping_lit: MappingConfig | None,
        shading: ShadingConfig | None,
    ) -> None:
        super().__init__()
        self.synthesis = SynthesisNetwork(config)
        self.mapping = MappingNetwork(mapping)
        self.mapping_lit = None if mapping_lit is None else MappingNetwork(mapping_lit)
        self.synthesis_lit = None if shading is None else LitSynthesis(shading)


@dataclass(frozen=True)
class Generated:
    """What the generator makes of codes, a light and a camera."""

    image: Tensor
    """[N, 3, 512, 512] picture, about -1..1"""
    image_albedo: Tensor
    """[N, 3, 512, 512] the same without light"""
    rendering: Rendering
    """before super-resolution"""
    planes: Tensor
    """[N, 96, 256, 256]"""
    planes_lit: Tensor | None
    """[N, 96, 256, 256], none for EG3D's own generator"""


class Generator(nn.Module):
    """Backbone, decoders, renderer and super-resolution."""

    def __init__(
        self,
        backbone: Backbone,
        decoder: DecoderConfig,
        superresolution: SuperResolution,
        renderer: VolumeRenderer,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.superresolution = superresolution
        self.decoder = RadianceDecoder(decoder)
        self.shading_decoder = None if backbone.synthesis_lit is None else ShadingDecoder(decoder)
        self.renderer = renderer

    def map_light(self, light: Tensor) -> Tensor:
        """DPR-ordered lights [N, 9] to light codes [N, num_ws, w_dim]."""
        if self.backbone.mapping_lit is None:
            raise ValueError("this generator has no light: it is EG3D's own")
        codes = self.backbone.mapping_lit(None, light)
        assert isinstance(codes, Tensor)
        return codes

    def field(self, planes: Tensor, planes_lit: Tensor | None) -> TriplaneField:
        """The radiance field of planes [N, 96, R, R]."""
        return TriplaneField(
            planes, planes_lit, self.decoder, self.shading_decoder, self.renderer.config.box
        )

    def make_planes(
        self, ws: Tensor, ws_lit: Tensor | None, noise: Noise = QUIET
    ) -> tuple[Tensor, Tensor | None]:
        """Style codes and light codes to planes and shading planes."""
        x, planes = self.backbone.synthesis(ws, noise)
        if self.backbone.synthesis_lit is None or ws_lit is None:
            return planes, None
        return planes, self.backbone.synthesis_lit(x, planes, ws_lit, noise)

    def forward(
        self,
        ws: Tensor,
        ws_lit: Tensor | None,
        cameras: Tensor,
        noise: Noise = QUIET,
        draws: Draws | None = None,
    ) -> Generated:
        """Pictures of style codes [N, num_ws, w_dim], light codes and cameras [N, 25]."""
        planes, planes_lit = self.make_planes(ws, ws_lit, noise)
        rendering = self.renderer.render(self.field(planes, planes_lit), cameras, draws)
        image = self.superresolution(rendering.features, ws[:, -1])
        if planes_lit is None:
            return Generated(image, image, rendering, planes, None)
        albedo = self.superresolution(rendering.albedo, ws[:, -1])
        return Generated(image, albedo, rendering, planes, planes_lit)

    @staticmethod
    def latent(seed: int, batch: int = 1, z_dim: int = 512) -> Tensor:
        """[batch, z_dim] the code that published scripts make of a seed."""
        import numpy as np

        legacy = np.random.RandomState(seed)
        return torch.from_numpy(legacy.randn(batch, z_dim)).float()
