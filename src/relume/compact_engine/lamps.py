"""How the model's cells take a new light: its smooth part by transfer, its lamps by depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..geometry import Camera
from ..light import LUMINANCE, Light
from ..render import crisp_lamps, depth_normals, hidden_share, lamp_beams, lamp_shading, raised
from ..runtime import RAYS, Views
from .gloss import Gloss, GlossConfig, Surface, lamp_gloss, smooth_gloss, to_viewer
from .reading import foremost, pixels, planes

__all__ = ["Lit", "LitCells", "Relief", "bareness"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Lit:
    """A light's shading of a view's cells, 0 or more, and what of it cast shadows take."""

    shading: Floats
    """[N, N, 3] without cast shadows."""
    lamps: Floats | None = None
    """[N, N, 3] what of that is the lamps'; None without any."""
    beams: Sequence[tuple[Floats, Floats]] = ()
    """Each lamp's clamped cosine times its colour, [N, N, 3], without and with cast shadows."""
    bare: float = 0.0
    """See `bareness`."""

    def shadowed(self, depth: float) -> Floats:
        """[N, N, 3] with cast shadows, which take a share `depth` of a lamp's light."""
        if self.lamps is None:
            return self.shading
        lit, cast = (np.asarray(sum(maps)) for maps in zip(*self.beams, strict=True))
        return self.shading - np.float32(depth) * hidden_share(lit, cast) * self.lamps

    def taken(self, smooth: Callable[[Floats], Floats], bounce: np.float32) -> Floats:
        """[N, N, 3] 0..1 the share of smoothed shading that cast shadows take.

        Smoothing lets light leak over what turns away from a lamp: over the flank of a nose, whose
        shadow on the cheek would then lie apart from it, like a bruise. So a shadow takes the
        leaked light too, on whatever near it turns away.

        Args:
            smooth: blurs [N, N, 3], as the shading will be.
            bounce: shading that is added everywhere.
        """
        if self.lamps is None:
            return np.zeros_like(self.shading)
        total, lost = np.full((3, RAYS, RAYS), 1e-6, np.float32), np.zeros((), np.float32)
        around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_NEAR, _NEAR))
        for beam in self.beams:
            # Of one colour, so that one channel tells of all.
            parts = [planes(part) for part in beam]
            most = parts[0].max((1, 2))
            channel = int(np.argmax(most))
            lit, cast = (part[channel] for part in parts)
            top = np.maximum(most[channel], np.float32(1e-6))
            away = 1 - smoothstep(lit / top, 0.0, _FACED)
            hidden = hidden_share(lit[..., None], cast[..., None])[..., 0]
            hidden = np.maximum(hidden, cv2.dilate(hidden, around) * away)
            there = smooth(lit[..., None])[..., 0] * (most / top)[:, None, None]
            total += there
            lost = lost + there * hidden
        share = smooth(self.lamps) / (smooth(self.shading) + bounce)
        return np.asarray(pixels(lost / total) * np.minimum(share, 1), np.float32)


def bareness(light: Light) -> float:
    """0..1 the share of a light that bare lamps give, whose shading has edges."""
    whole = float(light.coefficients[0] @ LUMINANCE)
    given = sum(
        max(1 - lamp.softness / _BARE, 0.0) * float(lamp.coefficients[0] @ LUMINANCE)
        for lamp in light.lamps
    )
    return min(given / max(whole, 1e-9), 1.0)


@dataclass(frozen=True, eq=False)
class Relief:
    """The shape of a view's cells, the same under every light.

    Attributes:
        views: the model's maps, N x N cells over the crop.
        camera: that the maps are seen from.
        height: factor of noses and brows for the shadows that they throw.
    """

    views: Views
    camera: Camera
    height: float = 1.0

    @cached_property
    def solid(self) -> NDArray[np.bool_]:
        """[N, N] where the person is."""
        return self.views.alpha > 0.5

    @cached_property
    def normals(self) -> Floats:
        """[N, N, 3] in the view frame.

        Between a cheek and the hair behind it the depth has a valley, whose far side would face the
        lamp across the head: there the head as a whole tells.
        """
        fine, whole = (
            depth_normals(self.views.depth, self.solid, self.camera.intrinsics, blur)
            for blur in (_BLUR, _WHOLE)
        )
        mixed = whole + (fine - whole) * foremost(self.views)[..., None]
        length = np.sqrt(np.einsum("ijc,ijc->ij", mixed, mixed))
        return np.asarray(mixed / np.maximum(length, np.float32(1e-6))[..., None], np.float32)

    @cached_property
    def depth(self) -> Floats:
        """[N, N] for cast shadows."""
        return raised(self.views.depth, self.solid, self.height, _BROAD)

    @cached_property
    def surface(self) -> Surface:
        """For gloss, which shows every bump."""
        masked = self.normals * self.solid.astype(np.float32)[..., None]
        even = np.asarray(cv2.GaussianBlur(masked, (0, 0), _SHEEN), np.float32).reshape(-1, 3)
        even /= np.maximum(np.sqrt(np.einsum("mc,mc->m", even, even)), 1e-6)[:, None]
        return Surface(even, to_viewer(self.camera, self.solid.shape[0]).reshape(-1, 3))


class LitCells:
    """The cells of a view under a light.

    Args:
        relief: of the view.
        light: the light.
    """

    def __init__(self, relief: Relief, light: Light) -> None:
        self._relief, self._views, self._camera = relief, relief.views, relief.camera
        self._light = light.to_camera(relief.camera)

    def shading(self, openness: float | np.float32, crisp: float) -> Lit:
        """Shading without the shadows that the person casts on itself, and those.

        Args:
            openness: factor for what the transfer's self-shadowing takes off.
            crisp: see `GainConfig.crisp`.
        """
        light = self._light.to_head(self._camera)
        transfer = self._views.transfer * np.float32(openness)
        whole = np.maximum(transfer @ light.smooth.astype(np.float32), 0)
        if not light.lamps:
            return Lit(np.asarray(whole, np.float32))
        normals = self._relief.normals @ self._camera.view_to_head.T.astype(np.float32)
        beams = lamp_beams(transfer, normals, light.lamps)
        whole = np.asarray(whole + beams, np.float32)
        lit = np.asarray(sum(lit for lit, _ in self._beams))
        shading, lamps = crisp_lamps(whole, beams, lit, crisp)
        return Lit(shading, lamps, self._beams, bareness(self._light))

    def gloss(self, old: Light, config: GlossConfig) -> Gloss:
        """What skin reflects of the light, and of the frame's own light `old`."""
        light, seen, shape = self._light, self._relief.surface, self._relief.solid.shape
        weight = self._relief.solid.astype(np.float32)
        new = smooth_gloss(seen, light.smooth, config.lobes) * weight.ravel()
        for lamp, (lit, cast) in zip(light.lamps, self._beams, strict=True):
            # Any channel that the lamp has tells how much of it gets there.
            channel = int(np.argmax(lamp.rgb))
            faint = np.float32(1e-4 * lamp.rgb[channel])
            reach = (cast[..., channel] + faint) / (lit[..., channel] + faint)
            shine = lamp_gloss(seen, lamp, config.lobes) * reach.ravel()
            new += lamp.rgb.astype(np.float32)[:, None] * (shine * weight.ravel())
        # The old light's colours are the skin's in part: its gloss is taken for grey.
        grey = old.to_camera(self._camera).grey().coefficients
        was = smooth_gloss(seen, grey, config.lobes)[0] * weight.ravel()
        whole = np.asarray(cv2.merge([*new.reshape(3, *shape)]), np.float32)
        return Gloss(whole, was.reshape(*shape, 1))

    @cached_property
    def _beams(self) -> list[tuple[Floats, Floats]]:
        """Each lamp's shading without and with cast shadows."""
        relief, eye = self._relief, self._camera.intrinsics
        found = []
        for lamp in self._light.lamps:
            lit, cast = lamp_shading(relief.depth, relief.normals, relief.solid, eye, [lamp])
            front = smoothstep(float(lamp.direction[2]), *_FRONT)
            found.append((lit, lit + np.float32(front) * (cast - lit)))
        return found


_FRONT = (-0.5, -0.15)
"""Of a lamp's direction towards the viewer: from farther behind, shadows fall by what the depth map
doesn't know, and would end in the middle of the hair."""

_BARE = 0.06
"""Softness from which a lamp isn't bare: a beauty dish, the sun through haze."""

_NEAR = 9
"""Cells across around a shadow within which what turns away from the lamp is of it."""

_FACED = 0.3
"""Cosine to a lamp, over the largest there is, from which on a place faces it."""

_BROAD = 5.0
"""Cells from which on the head's shape is no relief."""

_BLUR = 1.0
"""Cells over which depth is smoothed before its slope is taken."""

_WHOLE = 6.0
"""The same where ears and hair lie behind the face."""

_SHEEN = 2.0
"""Cells over which normals are smoothed for gloss, which shows every bump."""
