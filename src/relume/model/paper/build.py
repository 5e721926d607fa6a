"""Every size of the published networks, in one place, and the assembly of their parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .deeplab import DeepLabConfig, DeepLabV3
from .discriminator import DiscriminatorConfig, DualDiscriminator
from .encoder import (
    HighFrequencyConfig,
    HighFrequencyEncoder,
    HybridConfig,
    HybridDecoder,
    LowFrequencyConfig,
    LowFrequencyDecoder,
)
from .field import DecoderConfig
from .generator import Backbone, BackboneConfig, Generator
from .light_estimator import LightEstimator, LightEstimatorConfig
from .mapping import MappingConfig
from .portrait import Encoders, PortraitRelighter
from .renderer import RendererConfig, VolumeRenderer
from .shading import ShadingConfig, ShadingEncoder
from .style import StyleConfig, StyleEncoder
from .superresolution import SuperResolution, SuperResolutionConfig
from .temporal import TemporalConfig, TemporalNetwork
from .transformer import TransformerConfig

__all__ = [
    "PaperConfig",
    "build_discriminator",
    "build_generator",
    "build_light_estimator",
    "build_portrait_relighter",
    "published",
    "tiny",
]


@dataclass(frozen=True)
class PaperConfig:
    """All parts' sizes; the defaults are the published ones."""

    trunk: DeepLabConfig = field(default_factory=DeepLabConfig)
    """DeepLabV3 of the albedo encoder"""
    low: LowFrequencyConfig = field(default_factory=LowFrequencyConfig)
    """its low-frequency decoder"""
    high: HighFrequencyConfig = field(default_factory=HighFrequencyConfig)
    """its high-frequency encoder"""
    hybrid: HybridConfig = field(default_factory=HybridConfig)
    """its last decoder"""
    shading: ShadingConfig = field(default_factory=ShadingConfig)
    """shading encoder and the generator's own lit synthesis"""
    style: StyleConfig = field(default_factory=StyleConfig)
    """planes to style code"""
    temporal: TemporalConfig = field(default_factory=TemporalConfig)
    """temporal network"""
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    """the generator's StyleGAN2"""
    z_dim: int = 512
    """length of the generator's latent code"""
    camera_dim: int = 25
    """numbers of a camera"""
    light_dim: int = 9
    """numbers of a light; 0 builds EG3D's own generator and discriminator"""
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    """decoders of point features"""
    renderer: RendererConfig = field(default_factory=RendererConfig)
    """volume rendering"""
    superresolution: SuperResolutionConfig = field(default_factory=SuperResolutionConfig)
    """super-resolution"""
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """dual discriminator"""
    estimator: LightEstimatorConfig = field(default_factory=LightEstimatorConfig)
    """DPR's light estimator"""

    def unlit(self) -> PaperConfig:
        """EG3D's own generator and discriminator, which know no light."""
        return replace(self, light_dim=0, discriminator=replace(self.discriminator, light_dim=0))


def published() -> PaperConfig:
    """The published sizes."""
    return PaperConfig()


def tiny() -> PaperConfig:
    """The same shape at 64x64 with few channels, for tests and trials of the training code."""
    w_dim, planes, resolution = 32, 12, 32
    return PaperConfig(
        trunk=DeepLabConfig(
            widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), out_channels=16, rates=(2, 3, 4)
        ),
        low=LowFrequencyConfig(
            in_channels=16,
            blocks=2,
            transformer=TransformerConfig(dim=32, heads=2),
            hidden=16,
            out_channels=planes,
        ),
        high=HighFrequencyConfig(stem=8, channels=planes, layers=2),
        hybrid=HybridConfig(
            channels=planes,
            hidden=(24, 16),
            transformer=TransformerConfig(dim=32, heads=2, sr_ratio=2),
        ),
        shading=ShadingConfig(
            plane_channels=planes, channels=16, resolution=resolution, w_dim=w_dim
        ),
        style=StyleConfig(in_channels=planes, hidden=(8, 16), w_dim=w_dim, num_ws=8),
        temporal=TemporalConfig(channels=planes, layers=2, heads=2, hidden=24),
        backbone=BackboneConfig(
            resolution=resolution,
            plane_channels=planes,
            channel_base=512,
            channel_max=32,
            w_dim=w_dim,
        ),
        z_dim=w_dim,
        decoder=DecoderConfig(in_features=planes // 3, hidden=16, out_features=8),
        renderer=RendererConfig(resolution=16, coarse=12, fine=12),
        superresolution=SuperResolutionConfig(
            in_channels=8, channels=(16, 8), in_resolution=16, w_dim=w_dim
        ),
        discriminator=DiscriminatorConfig(
            resolution=64, channel_base=512, channel_max=32, mapping_layers=2
        ),
        estimator=LightEstimatorConfig(resolution=64, channels=(4, 4, 8, 30)),
    )


def build_generator(config: PaperConfig) -> Generator:
    """NeRFFaceLighting's generator, or EG3D's where `config.light_dim` is 0."""
    lit = config.light_dim > 0
    mapping = MappingConfig(
        z_dim=config.z_dim,
        c_dim=config.camera_dim,
        w_dim=config.backbone.w_dim,
        layers=2,
        num_ws=config.backbone.num_ws,
    )
    mapping_lit = MappingConfig(
        z_dim=0,
        c_dim=config.light_dim,
        w_dim=config.shading.w_dim,
        layers=1,
        num_ws=config.shading.num_ws,
    )
    return Generator(
        backbone=Backbone(
            config.backbone, mapping, mapping_lit if lit else None, config.shading if lit else None
        ),
        decoder=config.decoder,
        superresolution=SuperResolution(config.superresolution),
        renderer=VolumeRenderer(config.renderer),
    )


def build_portrait_relighter(config: PaperConfig) -> PortraitRelighter:
    """The relighting network, in evaluation mode."""
    encoders = Encoders(
        trunk=DeepLabV3(config.trunk),
        low=LowFrequencyDecoder(config.low),
        high=HighFrequencyEncoder(config.high),
        hybrid=HybridDecoder(config.hybrid),
        shading=ShadingEncoder(config.shading),
        generator=build_generator(config),
        style=StyleEncoder(config.style),
    )
    return PortraitRelighter(encoders, TemporalNetwork(config.temporal)).eval()


def build_discriminator(config: PaperConfig) -> DualDiscriminator:
    """NeRFFaceLighting's discriminator, or EG3D's where its `light_dim` is 0."""
    return DualDiscriminator(config.discriminator)


def build_light_estimator(config: PaperConfig) -> LightEstimator:
    """DPR's network, in evaluation mode."""
    return LightEstimator(config.estimator).eval()
