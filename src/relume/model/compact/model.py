"""The compact model: the house's verbs, put together from its parts."""

from __future__ import annotations

from torch import Tensor, nn

from .config import CompactConfig
from .encoder import AlbedoEncoder, ShadingEncoder
from .field import Field
from .renderer import Rendered, render
from .temporal import Stabiliser

__all__ = ["CompactModel"]


class CompactModel(nn.Module):
    """Portrait in, planes, pictures out.

    Encode once, then relight and turn the camera cheaply: neither re-runs an encoder, and a new
    light is a dot product with the rendered transfer.

    Args:
        config: sizes.
    """

    def __init__(self, config: CompactConfig | None = None) -> None:
        super().__init__()
        self.config = config or CompactConfig()
        self.albedo_encoder = AlbedoEncoder(self.config)
        self.shading_encoder = ShadingEncoder(self.config)
        self.field = Field(self.config)
        self.stabiliser = Stabiliser(self.config)

    def encode_albedo(
        self, picture: Tensor, rotation: Tensor, shift: Tensor, intrinsics: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Picture [B, 3, 256, 256] and its camera to albedo planes and global code.

        See `AlbedoEncoder.forward`.
        """
        planes, code = self.albedo_encoder(picture, rotation, shift, intrinsics)
        return planes, code

    def encode_shading(self, albedo: Tensor, code: Tensor) -> Tensor:
        """Albedo planes and code to shading planes [B, 3, H, W, S]; no light goes in."""
        planes: Tensor = self.shading_encoder(albedo, code)
        return planes

    def render(
        self,
        albedo: Tensor,
        shading: Tensor | None,
        rotation: Tensor,
        shift: Tensor,
        rays: Tensor,
        *,
        coarse: int = 24,
        fine: int = 24,
        hint: Tensor | None = None,
    ) -> Rendered:
        """March rays [B, M, 2]; see `relume.model.compact.renderer.render`."""
        return render(
            self.field, albedo, shading, rotation, shift, rays, coarse=coarse, fine=fine, hint=hint
        )
