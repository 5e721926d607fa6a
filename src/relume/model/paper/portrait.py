"""The published relighting network as a whole (Cai et al., CVPR 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from .deeplab import DeepLabV3
from .encoder import HighFrequencyEncoder, HybridDecoder, LowFrequencyDecoder, append_coordinates
from .generator import Generator
from .renderer import Rendering
from .sampling import Draws
from .shading import ShadingEncoder
from .style import StyleEncoder
from .synthesis import QUIET, Noise
from .temporal import TemporalNetwork

__all__ = ["PortraitPlanes", "PortraitRelighter", "Relit"]


@dataclass(frozen=True)
class PortraitPlanes:
    """A portrait, encoded: draw it under any light from any camera without encoding again."""

    planes: Tensor
    """[N, 96, 256, 256] geometry and albedo"""
    style: Tensor
    """[N, 14, 512] style codes of the super-resolution"""


@dataclass(frozen=True)
class Relit:
    """A drawn portrait with what it was drawn from."""

    image: Tensor
    """[N, 3, 512, 512], about -1..1, not clamped"""
    rendering: Rendering
    """before super-resolution"""
    portrait: PortraitPlanes
    """as encoded"""
    planes_lit: Tensor
    """[N, 96, 256, 256] shading planes, before any temporal residual"""
    residual: tuple[Tensor, Tensor] | None = None
    """added to planes and shading planes before drawing, in a video"""


class Encoders(nn.Module):
    """All parts but the temporal network, under the published names."""

    def __init__(
        self,
        trunk: DeepLabV3,
        low: LowFrequencyDecoder,
        high: HighFrequencyEncoder,
        hybrid: HybridDecoder,
        shading: ShadingEncoder,
        generator: Generator,
        style: StyleEncoder,
    ) -> None:
        super().__init__()
        self.deeplabv3 = nn.ModuleDict({"model": trunk})
        self.decoder_f_low = low
        self.encoder_f_high = high
        self.decoder_f_hybrid = hybrid
        self.shading_encoder = shading
        self.eg3d = nn.ModuleDict({"G": generator})
        self.planes2ws = style


class PortraitRelighter(nn.Module):
    """Portraits to planes, planes and a light to shading planes, both to a picture.

    Pictures are RGB in -1..1, 512x512; cameras [N, 25] in EG3D's convention; lights [N, 9] in
    DPR's order and axes (x right, z up, y into the picture).
    """

    def __init__(self, encoders: Encoders, temporal: TemporalNetwork) -> None:
        super().__init__()
        self.encoders = encoders
        self.attention = temporal

    @property
    def generator(self) -> Generator:
        """The frozen generator whose light mapping, decoders and super-resolution are used."""
        generator = self.encoders.eg3d["G"]
        assert isinstance(generator, Generator)
        return generator

    def encode_albedo(self, image: Tensor) -> Tensor:
        """image [N, 3, 512, 512] -> planes [N, 96, 256, 256] of geometry and albedo."""
        parts = self.encoders
        x = append_coordinates(image)
        low = parts.decoder_f_low(parts.deeplabv3["model"](x))
        planes = parts.decoder_f_hybrid(low, parts.encoder_f_high(x))
        assert isinstance(planes, Tensor)
        return planes.float()

    def encode_style(self, planes: Tensor) -> Tensor:
        """planes -> style codes [N, 14, 512] of the super-resolution."""
        average = self.generator.backbone.mapping.w_avg
        style = average + self.encoders.planes2ws(planes)
        assert isinstance(style, Tensor)
        return style

    def encode(self, image: Tensor) -> PortraitPlanes:
        """All that doesn't depend on light and camera."""
        planes = self.encode_albedo(image)
        return PortraitPlanes(planes, self.encode_style(planes))

    def encode_shading(self, planes: Tensor, light: Tensor, noise: Noise = QUIET) -> Tensor:
        """planes and lights [N, 9] -> shading planes [N, 96, 256, 256].

        The published code draws fresh noise here at every call; by default there is none.
        """
        codes = self.generator.map_light(light)
        return self.encoders.shading_encoder.encode(planes, codes, noise)

    def stabilise(self, planes: Tensor, planes_lit: Tensor) -> tuple[Tensor, Tensor]:
        """Residuals for the frame after a window of five.

        Args:
            planes: [N, 5 x 96, 256, 256] the window's planes, oldest first.
            planes_lit: the same of its shading planes.
        """
        residual, residual_lit = self.attention(planes, planes_lit)
        return residual, residual_lit

    def render(
        self, planes: Tensor, planes_lit: Tensor, cameras: Tensor, draws: Draws | None = None
    ) -> Rendering:
        """Volume rendering at 64x64; random sampling only where `draws` asks for it."""
        generator = self.generator
        return generator.renderer.render(generator.field(planes, planes_lit), cameras, draws)

    def super_resolve(self, features: Tensor, style: Tensor) -> Tensor:
        """Rendered features [N, 32, r, r] -> picture [N, 3, 512, 512]."""
        picture = self.generator.superresolution(features, style[:, -1])
        assert isinstance(picture, Tensor)
        return picture

    def draw(
        self,
        portrait: PortraitPlanes,
        cameras: Tensor,
        light: Tensor,
        noise: Noise = QUIET,
        draws: Draws | None = None,
    ) -> Relit:
        """An encoded portrait under lights [N, 9] from cameras [N, 25]."""
        planes_lit = self.encode_shading(portrait.planes, light, noise)
        rendering = self.render(portrait.planes, planes_lit, cameras, draws)
        image = self.super_resolve(rendering.features, portrait.style)
        return Relit(image, rendering, portrait, planes_lit)

    def forward(
        self,
        image: Tensor,
        cameras: Tensor,
        light: Tensor,
        noise: Noise = QUIET,
        draws: Draws | None = None,
    ) -> Relit:
        """Portraits [N, 3, 512, 512] under lights [N, 9] from cameras [N, 25]."""
        return self.draw(self.encode(image), cameras, light, noise, draws)
