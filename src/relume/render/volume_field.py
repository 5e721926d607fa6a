"""The compact model's field in NumPy: what `relume.model.compact.field` is in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

__all__ = ["VolumeField"]

Floats = NDArray[np.float32]
_F = np.float32


@dataclass(frozen=True, eq=False)
class VolumeField:
    """Decoders and template: all of the field that doesn't change from frame to frame.

    Attributes:
        decoders: float32 weights and biases, "albedo.0.weight" to "shading.2.bias".
        template: [D, H, W, 10] over z, y, x of the box: signed distance, radiance transfer.
        plane: side of the planes in texels.
        albedo_channels, shading_channels: of the planes.
        box: half the side of the cube that planes and template cover.
    """

    decoders: Mapping[str, Floats]
    template: Floats
    plane: int
    albedo_channels: int
    shading_channels: int
    box: float

    @classmethod
    def checked(
        cls,
        decoders: Mapping[str, NDArray[Any]],
        template: NDArray[Any],
        plane: int,
        albedo_channels: int,
        shading_channels: int,
        box: float,
    ) -> VolumeField:
        """A field of parts that fit.

        Raises:
            ModelError: a weight is missing or of the wrong shape.
        """
        a, s = albedo_channels, shading_channels
        first = decoders.get("albedo.0.weight"), decoders.get("shading.0.weight")
        if first[0] is None or first[1] is None or first[0].ndim != 2 or first[1].ndim != 2:
            raise ModelError("the decoders lack albedo.0.weight or shading.0.weight")
        hidden = len(first[0]), len(first[1])
        shapes = {
            "albedo.0": (hidden[0], a + 1), "albedo.2": (4, hidden[0]),
            "shading.0": (hidden[1], a + s + 9), "shading.2": (9, hidden[1]),
        }  # fmt: skip
        weights: dict[str, Floats] = {}
        for name, shape in shapes.items():
            for key, wanted in ((f"{name}.weight", shape), (f"{name}.bias", shape[:1])):
                value = decoders.get(key)
                if value is None or value.shape != wanted:
                    found = "missing" if value is None else f"of shape {value.shape}"
                    raise ModelError(f"decoder {key} is {found}; it should be of shape {wanted}")
                weights[key] = np.ascontiguousarray(value, _F)
        if template.ndim != 4 or template.shape[3] != 10 or min(template.shape[:3]) < 2:
            raise ModelError(f"a template is [D, H, W, 10], not {template.shape}")
        if plane < 2 or box <= 0:
            raise ModelError(f"planes of {plane} texels in a box of {box} make no field")
        grid = np.ascontiguousarray(template, _F)
        return cls(weights, grid, plane, albedo_channels, shading_channels, float(box))

    def distance(self, points: Floats) -> Floats:
        """[N] signed distance of points [N, 3] to the template's head."""
        return self._template(points, slice(0, 1))[:, 0]

    def density(self, planes: Floats, points: Floats) -> Floats:
        """[N] what density is 20 times the softplus of."""
        return self.albedo(planes, points)[0]

    def albedo(self, planes: Floats, points: Floats) -> tuple[Floats, Floats]:
        """[N] as `density` has it, and [N, 3] linear albedo."""
        features = self._planes(planes[..., : self.albedo_channels], points)
        distance = self._template(points, slice(0, 1))
        out = self._decode("albedo", np.concatenate([features, distance * _F(8)], 1))
        density = out[:, 0] * _F(10) - distance[:, 0] * _F(120) - _F(1)
        return density, _F(1.2) * _sigmoid(out[:, 1:]) ** 2

    def transfer(self, planes: Floats, points: Floats) -> Floats:
        """[N, 9] radiance transfer."""
        prior = self._template(points, slice(1, 10))
        features = self._planes(planes, points)
        out = self._decode("shading", np.concatenate([features, prior * _F(3)], 1))
        return np.asarray(prior + _F(0.3) * out, _F)

    def _decode(self, name: str, x: Floats) -> Floats:
        d = self.decoders
        h = x @ d[f"{name}.0.weight"].T + d[f"{name}.0.bias"]
        h *= _sigmoid(h)
        return np.asarray(h @ d[f"{name}.2.weight"].T + d[f"{name}.2.bias"], _F)

    def _planes(self, planes: Floats, points: Floats) -> Floats:
        """[N, C] sum of three bilinear look-ups; see `relume.model.compact.sampler`."""
        low, share = _cells(points / _F(self.box), self.plane)
        out = np.zeros((len(points), planes.shape[-1]), _F)
        for plane, (across, along) in zip(planes, ((0, 1), (0, 2), (2, 1)), strict=True):
            x, a = low[:, across], share[:, across, None]
            y, b = low[:, along], share[:, along, None]
            out += (1 - b) * ((1 - a) * plane[y, x] + a * plane[y, x + 1])
            out += b * ((1 - a) * plane[y + 1, x] + a * plane[y + 1, x + 1])
        return out

    def _template(self, points: Floats, values: slice) -> Floats:
        """[N, C] trilinear look-up of some of the template's values."""
        grid = self.template[..., values]
        at = points / _F(self.box)
        x, a = _cells(at[:, 0], grid.shape[2])
        y, b = _cells(at[:, 1], grid.shape[1])
        z, c = _cells(at[:, 2], grid.shape[0])
        out = np.zeros((len(points), grid.shape[3]), _F)
        for k, wz in ((0, 1 - c), (1, c)):
            for j, wy in ((0, wz * (1 - b)), (1, wz * b)):
                left, right = grid[z + k, y + j, x], grid[z + k, y + j, x + 1]
                out += (wy * (1 - a))[:, None] * left + (wy * a)[:, None] * right
        return out


def _cells(at: Floats, size: int) -> tuple[NDArray[np.int32], Floats]:
    """Lower cells and the shares of the upper ones at positions in [-1, 1]."""
    f = np.clip((at * _F(0.5) + _F(0.5)) * _F(size) - _F(0.5), 0, _F(size - 1.001))
    low = f.astype(np.int32)
    return low, np.asarray(f - low, _F)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.minimum(-x, _F(80)))), _F)
