"""Volume rendering of the compact model's tri-planes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, UsageError
from ..native import native
from .volume_field import VolumeField
from .volume_march import march
from .volume_rays import GROUP, MOST_STEPS, VolumeConfig, VolumeMaps, VolumeRays

__all__ = ["VolumeRenderer"]

Floats = NDArray[np.float32]


class VolumeRenderer:
    """Renders tri-planes with trained decoders: density, albedo and radiance transfer.

    The formulas are those of `relume.model.compact.field`; rays are integrated by the midpoint
    rule, see `VolumeConfig`. The same planes and camera always give the same maps, whatever was
    rendered before. May be used by several threads at once; the compiled kernel leaves the
    interpreter free meanwhile.
    """

    def __init__(
        self,
        decoders: Mapping[str, NDArray[Any]],
        template: NDArray[Any],
        *,
        plane: int = 64,
        albedo_channels: int = 16,
        shading_channels: int = 8,
        box: float = 0.42,
        config: VolumeConfig | None = None,
    ) -> None:
        """Take in what stays the same from frame to frame.

        Args:
            decoders: weights and biases of the two decoders as the model's field names them:
                "albedo.0.weight" [hidden, A + 1], "albedo.0.bias", "albedo.2.weight" [4, hidden],
                "albedo.2.bias", and "shading..." [hidden, A + S + 9] and [9, hidden].
            template: [D, H, W, 10] signed distance and radiance transfer; see
                `relume.model.compact.template`.
            plane: side of the planes in texels.
            albedo_channels, shading_channels: A and S, the planes' channels.
            box: half the side of the cube that planes and template cover, canonical units.
            config: how rays are sampled.

        Raises:
            ModelError: a weight is missing, of the wrong shape, or the sizes can't be handled.
            UsageError: a setting of `config` makes no sense.
        """
        self.config = config or VolumeConfig()
        self.field = VolumeField.checked(
            decoders, template, plane, albedo_channels, shading_channels, box
        )
        self._kernel: Any = None
        compiled = native()
        c = self.config
        if not (2 <= c.steps <= MOST_STEPS and c.guide_steps >= 2 and c.longest >= 1):
            raise UsageError(
                f"rays take 2 to {MOST_STEPS} steps, guide rays 2 or more and lumps 1 sample or "
                f"more, unlike {c}"
            )
        if compiled is not None:
            weights = [self.field.decoders[k] for k in _ORDER]
            channels = albedo_channels + shading_channels
            if channels > compiled.MOST_FEATURES or any(
                len(w) > compiled.MOST_HIDDEN for w in weights
            ):
                raise ModelError(
                    f"the compiled kernel takes {compiled.MOST_FEATURES} channels and "
                    f"{compiled.MOST_HIDDEN} hidden units at most"
                )
            self._kernel = compiled.VolumeField(
                plane, albedo_channels, channels, self.field.box, self.field.template, *weights
            )

    def render(
        self,
        planes: Floats,
        rotation: NDArray[Any],
        shift: NDArray[Any],
        *,
        focal: float = 4.2634,
        centre: tuple[float, float] = (0.5, 0.5),
        size: int | tuple[int, int] = 64,
        rays: NDArray[Any] | None = None,
        shaded: bool = True,
    ) -> VolumeMaps:
        """What a camera sees.

        Args:
            planes: float32 [3, P, P, A + S], planes xy, xz, zy, albedo's channels first.
            rotation, shift: [3, 3] and [3], canonical to camera coordinates (z forward, y down).
            focal: focal length in units of the image's width.
            centre: principal point in units of its width and height.
            size: pixels a side, or width and height; ignored where `rays` are given.
            rays: [M, 2] x and y over z, for other rays than an image's. Slower: neighbours don't
                help each other.
            shaded: whether transfer is wanted; without it rendering takes about half as long.

        Returns:
            Maps of M rays, an image's in rows.

        Raises:
            UsageError: an argument is of the wrong shape or kind.
        """
        f = self.field
        wanted = (3, f.plane, f.plane, f.albedo_channels + f.shading_channels)
        if not isinstance(planes, np.ndarray) or planes.shape != wanted:
            raise UsageError(f"planes should be of shape {wanted}, not {np.shape(planes)}")
        if planes.dtype != np.float32:
            raise UsageError(f"planes should be float32, not {planes.dtype}")
        r, t = (np.ascontiguousarray(x, np.float32) for x in (rotation, shift))
        if (
            r.shape != (3, 3)
            or t.shape != (3,)
            or not (np.isfinite(r).all() and np.isfinite(t).all())
        ):
            raise UsageError(
                f"a camera is a finite rotation [3, 3] and shift [3], not {r.shape} and {t.shape}"
            )
        chosen = _rays(focal, centre, size, rays)
        contiguous = np.ascontiguousarray(planes)
        if self._kernel is None:
            maps = march(f, self.config, contiguous, r, t, chosen, shaded)
        else:
            maps = self._compiled(contiguous, r, t, chosen, shaded)
        o = chosen.order
        transfer = None if maps.transfer is None else maps.transfer[o]
        return VolumeMaps(maps.albedo[o], transfer, maps.alpha[o], maps.depth[o])

    def _compiled(
        self, planes: Floats, rotation: Floats, shift: Floats, rays: VolumeRays, shaded: bool
    ) -> VolumeMaps:
        """Maps in the groups' order."""
        c, count = self.config, len(rays.groups)
        albedo = np.empty((count, GROUP, 3), np.float32)
        transfer = np.zeros((count, GROUP, 9), np.float32) if shaded else None
        alpha, depth = np.empty((2, count, GROUP), np.float32)
        self._kernel.render(
            planes, rotation, shift, rays.guide, rays.groups, rays.links,
            c.steps, c.guide_steps, c.visible, c.reach, c.opaque, c.lump, c.longest, c.least,
            albedo, transfer, alpha, depth,
        )  # fmt: skip
        return VolumeMaps(
            albedo.reshape(-1, 3),
            None if transfer is None else transfer.reshape(-1, 9),
            alpha.ravel(),
            depth.ravel(),
        )


_ORDER = tuple(
    f"{name}.{layer}.{kind}"
    for name in ("albedo", "shading")
    for layer in (0, 2)
    for kind in ("weight", "bias")
)


def _rays(
    focal: float,
    centre: tuple[float, float],
    size: int | tuple[int, int],
    rays: NDArray[Any] | None,
) -> VolumeRays:
    if rays is not None:
        given = np.ascontiguousarray(rays, np.float32)
        if (
            given.ndim != 2
            or given.shape[1] != 2
            or len(given) == 0
            or not np.isfinite(given).all()
        ):
            raise UsageError(f"rays should be [M, 2] finite numbers, not {given.shape}")
        return VolumeRays.single(given)
    width, height = (size, size) if isinstance(size, int) else size
    if width < 1 or height < 1 or not focal > 0:
        raise UsageError(
            f"an image of {width} x {height} pixels at focal length {focal} has no rays"
        )
    return VolumeRays.image(width, height, float(focal), (float(centre[0]), float(centre[1])))
