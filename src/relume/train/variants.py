"""The compact model with one part taken away or swapped, to measure what the part is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..geometry import FOCAL, RADIUS
from ..model.compact import CompactConfig
from ..model.compact.blocks import FiLMResidual, conv
from ..model.compact.encoder import ShadingEncoder
from ..model.compact.field import Field
from ..model.compact.model import CompactModel
from ..model.compact.renderer import Rendered
from ..model.compact.sampler import sample_grid, sample_planes
from .config import LossConfig
from .losses import root, view_losses

__all__ = ["VARIANTS", "Variant", "VariantModel"]


class VariantModel(CompactModel):
    """The compact model, asked in a way that also fits a model whose shading planes need the light.

    Attributes:
        lit: whether they do.
    """

    lit = False

    def shading_planes(self, albedo: Tensor, code: Tensor, light: Tensor) -> Tensor:
        """Shading planes for light [B, 9, 3] in the head frame."""
        del light
        return self.encode_shading(albedo, code)

    def shading(self, rendered: Rendered, light: Tensor) -> Tensor:
        """[B, M, 3] shading of rendered rays under that light."""
        return rendered.shading(light)

    def losses(
        self, rendered: Rendered, batch: dict[str, Tensor], view: int, config: LossConfig
    ) -> dict[str, Tensor]:
        """See `relume.train.losses.view_losses`."""
        return view_losses(rendered, batch, view, batch["light"], config)


class _Unlifted(VariantModel):
    """Looks the picture's features up through a fixed frontal camera, not through the frame's."""

    def encode_albedo(
        self, picture: Tensor, rotation: Tensor, shift: Tensor, intrinsics: Tensor
    ) -> tuple[Tensor, Tensor]:
        frontal = torch.diag(torch.tensor([1.0, -1.0, -1.0])).expand_as(rotation)
        away = torch.tensor([0.0, 0.0, RADIUS]).expand_as(shift)
        lens = torch.tensor([FOCAL, 0.5, 0.5]).expand_as(intrinsics)
        return super().encode_albedo(picture, frontal, away, lens)


class _ShadingField(Field):
    """Decodes shading in three colours where `Field` decodes nine numbers of transfer."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__(config)
        inner = config.albedo_channels + config.shading_channels + 9
        self.shading = nn.Sequential(
            nn.Linear(inner, config.hidden), nn.SiLU(), nn.Linear(config.hidden, 3)
        )

    def forward(
        self, albedo: Tensor, shading: Tensor | None, points: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        density, colour, _ = super().forward(albedo, None, points)
        if shading is None:
            return density, colour, None
        features = sample_planes(torch.cat([albedo, shading], -1), points, self.config.box)
        transfer = sample_grid(self.template, points, self.config.box)[..., 1:]
        found = 0.7 + self.shading(torch.cat([features, transfer * 3], -1))
        return density, colour, F.pad(found, (0, 6))  # `Rendered` has room for nine numbers


class _Conditioned(VariantModel):
    """Takes the light into its shading planes, as the paper does, and renders shading.

    Each plane's share of the encoder's input goes with the nine numbers of one colour.
    """

    lit = True

    def __init__(self, config: CompactConfig) -> None:
        super().__init__(config)
        inner = config.albedo_channels + 9
        self.shading_encoder = ShadingEncoder(replace(config, albedo_channels=inner))
        self.field = _ShadingField(config)

    def shading_planes(self, albedo: Tensor, code: Tensor, light: Tensor) -> Tensor:
        everywhere = light.transpose(1, 2)[:, :, None, None].expand(*albedo.shape[:4], 9)
        return self.encode_shading(torch.cat([albedo, everywhere], -1), code)

    def shading(self, rendered: Rendered, light: Tensor) -> Tensor:
        del light
        assert rendered.transfer is not None
        return rendered.transfer[..., :3].clamp_min(0)

    def losses(
        self, rendered: Rendered, batch: dict[str, Tensor], view: int, config: LossConfig
    ) -> dict[str, Tensor]:
        out = view_losses(replace(rendered, transfer=None), batch, view, batch["light"], config)
        if rendered.transfer is None:
            return out
        known = batch["known"][:, view, :, None]
        total = known.sum() + 1.0
        found = self.shading(rendered, batch["light"])
        truth = (batch["transfer"][:, view] @ batch["light"]).clamp_min(0)
        out["transfer"] = config.transfer * ((found - truth).abs() * known).sum() / total
        gap = root(rendered.albedo * found) - root(batch["albedo"][:, view] * truth)
        out["relit"] = config.relit * (gap.abs() * known).sum() / total
        return out


class _Inverted(nn.Module):
    """1x1 to four times the channels, depthwise 3x3, 1x1 back: about as many multiplications as
    a plain 3x3 convolution (Sandler et al., 2018)."""

    def __init__(self, channels: int, zero: bool = False) -> None:
        super().__init__()
        self.widen = conv(channels, 4 * channels, 1)
        self.deep = nn.Conv2d(4 * channels, 4 * channels, 3, 1, 1, groups=4 * channels)
        self.narrow = conv(4 * channels, channels, 1)
        if zero:
            nn.init.zeros_(self.narrow.weight)
            nn.init.zeros_(cast(Tensor, self.narrow.bias))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.narrow(F.silu(self.deep(F.silu(self.widen(x))))))


class _Modulated(nn.Module):
    """`FiLMResidual` with convolutions whose weights the code scales, input channel by input
    channel, and evens out again (Karras et al., 2020), in the place of FiLM."""

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = conv(channels, channels)
        self.styles = nn.ModuleList(nn.Linear(code, channels) for _ in range(2))
        self.gain = nn.Parameter(torch.zeros(()))
        for style in self.styles:
            nn.init.zeros_(cast(Tensor, style.weight))
            nn.init.ones_(cast(Tensor, style.bias))

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        y = x
        for layer, style in zip((self.first, self.second), self.styles, strict=True):
            scale = style(code)
            weight = layer.weight.float().square().sum((2, 3))  # [out, in]
            even = (scale.float().square() @ weight.T + 1e-6).rsqrt()
            y = F.silu(y) * scale[..., None, None]
            y = F.conv2d(y, layer.weight, None, 1, 1) * even[..., None, None].to(y.dtype)
            y = y + cast(Tensor, layer.bias)[:, None, None].to(y.dtype)
        return x + self.gain * y


def _blocks(model: CompactModel) -> list[nn.ModuleList]:
    trunk, shading = model.albedo_encoder.trunk, model.shading_encoder
    return [trunk.down, trunk.middle, trunk.up, shading.blocks]


def _modulated(config: CompactConfig) -> VariantModel:
    model = VariantModel(config)
    for blocks in _blocks(model):
        for i, old in enumerate(blocks):
            channels = cast(FiLMResidual, old).first.in_channels
            blocks[i] = _Modulated(channels, config.code)
    return model


def _depthwise(config: CompactConfig) -> VariantModel:
    model = VariantModel(config)
    for blocks in _blocks(model):
        for block in blocks:
            old = cast(FiLMResidual, block)
            channels = old.first.in_channels
            old.first = cast(nn.Conv2d, _Inverted(channels))
            old.second = cast(nn.Conv2d, _Inverted(channels, zero=True))
    return model


def _without_code(config: CompactConfig) -> VariantModel:
    model = VariantModel(config)
    for blocks in _blocks(model):
        for block in blocks:
            block.register_forward_pre_hook(lambda _, given: (given[0], 0 * given[1]))
    return model


def _without_template(config: CompactConfig) -> VariantModel:
    model = VariantModel(config)
    model.field.template.zero_()
    return model


def _without_coordinates(config: CompactConfig) -> VariantModel:
    model = VariantModel(config)

    def blank(_: nn.Module, given: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return F.pad(given[0][:, :-3], (0, 0, 0, 0, 0, 3)), given[1]

    model.albedo_encoder.trunk.register_forward_pre_hook(blank)
    return model


@dataclass(frozen=True)
class Variant:
    """A model to be trained beside the others.

    Attributes:
        title: what is different.
        build: makes it with fresh weights.
        start: added to the seed of those weights.
    """

    title: str
    build: Callable[[CompactConfig], VariantModel]
    start: int = 0


VARIANTS = {
    "full": Variant("as it ships", VariantModel),
    "again": Variant("the same from other initial weights", VariantModel, 1),
    "no-template": Variant("no template in density and transfer", _without_template),
    "no-coordinates": Variant("no 3D coordinate map", _without_coordinates),
    "unlifted": Variant("features not looked up at the template's surface", _Unlifted),
    "light-in": Variant("light as a condition, not through transfer", _Conditioned),
    "depthwise": Variant("depthwise convolutions in blocks", _depthwise),
    "no-code": Variant("no global code (FiLM)", _without_code),
    "modulated": Variant("modulated convolutions, not FiLM", _modulated),
}
"""Every variant by its name; "full" is what the others are compared with."""
