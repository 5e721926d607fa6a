"""Video: portraits in order, steadied by the temporal network."""

from __future__ import annotations

from collections import deque
from typing import Literal

import torch
from torch import Tensor

from .portrait import PortraitPlanes, PortraitRelighter, Relit
from .sampling import Draws
from .synthesis import QUIET, Noise

__all__ = ["VideoRelighter", "Window"]

Window = Literal["first", "last"]


class VideoRelighter:
    """Relights one person's frames in order.

    The first frames, until the window is full, are drawn as they are; every later frame's
    planes get the temporal network's residual before they are drawn, once.
    """

    def __init__(self, model: PortraitRelighter, window: Window = "first") -> None:
        """Start of a video.

        Args:
            model: the networks.
            window: "first", as published: the window holds the first five frames for good, so
                that the residual is computed once. "last": it holds the five frames before
                the present one.
        """
        self.model = model
        self.window: Window = window
        frames = model.attention.config.frames
        self._history: deque[tuple[Tensor, Tensor]] = deque(maxlen=frames)
        self._residual: tuple[Tensor, Tensor] | None = None

    def reset(self) -> None:
        """Forget all frames: the next one is the first."""
        self._history.clear()
        self._residual = None

    def relight(
        self,
        frame: Tensor | PortraitPlanes,
        cameras: Tensor,
        light: Tensor,
        noise: Noise = QUIET,
        draws: Draws | None = None,
    ) -> Relit:
        """The next frame.

        Args:
            frame: [N, 3, 512, 512] portraits in -1..1, or the same encoded.
            cameras: [N, 25].
            light: [N, 9] in DPR's order and axes.
            noise: of the shading encoder; none by default.
            draws: places of the ray samples; fixed by default.
        """
        model = self.model
        portrait = model.encode(frame) if isinstance(frame, Tensor) else frame
        planes_lit = model.encode_shading(portrait.planes, light, noise)
        residual = self._next_residual()
        drawn, drawn_lit = portrait.planes, planes_lit
        if residual is not None:
            drawn, drawn_lit = drawn + residual[0], drawn_lit + residual[1]
        if residual is None or self.window == "last":
            self._history.append((portrait.planes, planes_lit))
        rendering = model.render(drawn, drawn_lit, cameras, draws)
        image = model.super_resolve(rendering.features, portrait.style)
        return Relit(image, rendering, portrait, planes_lit, residual)

    def _next_residual(self) -> tuple[Tensor, Tensor] | None:
        if self._residual is not None:
            return self._residual
        if len(self._history) < self.model.attention.config.frames:
            return None
        planes, planes_lit = zip(*self._history, strict=True)
        residual = self.model.stabilise(torch.cat(planes, 1), torch.cat(planes_lit, 1))
        if self.window == "first":
            self._residual = residual
            self._history.clear()  # 250 MB at full size, and never looked at again
        return residual
