"""The light that a face was filmed in, by robust least squares on what shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..light import LUMINANCE, Light, LightFrame, PositiveLight, positive_light

__all__ = ["SourceLight", "SourceLightConfig"]

_BAND_PRIOR = np.array([0.0, 1, 1, 1, 3, 3, 3, 3, 3])


@dataclass(frozen=True)
class SourceLightConfig:
    """How the source light is fitted and steadied."""

    memory: float = 0.6
    """Seconds after which an older frame counts 1/e."""
    prior: float = 5e-4
    """Weight, per point, of the pull towards ambient light; bands 1 and 2 in ratio 1 to 3."""
    iterations: int = 2
    """Rounds of robust reweighting a frame; the first frame takes twice as many."""
    contrast: float = 1.0
    """Factor on bands 1 and 2 of what is fitted. Relief and albedo that aren't quite this face's
    own make light look softer than it is (errors in variables): above 1 makes up for that."""
    tint: float = 1.0
    """Share of what the channels' lights differ by that is light; the rest is skin, whose cheeks
    and nose are ruddier than its brow."""


class SourceLight:
    """Running estimate of the light around one face, in the camera's view frame.

    Scale and overall colour of light and albedo can't be told apart, so each channel is scaled to
    a mean shading of 1 over the points: colour *differences* across the face are light, a common
    cast is skin.
    It is nowhere negative (see `positive_light`), but for the `contrast` that is added after.
    Frames add up in the normal equations, with exponential forgetting in time.
    """

    def __init__(self, config: SourceLightConfig | None = None) -> None:
        self.config = config or SourceLightConfig()
        self._normal = np.zeros((3, 9, 9))
        self._right = np.zeros((3, 9))
        self._open = np.zeros(9)  # mean transfer of the points, summed like the equations
        self._frames = 0.0  # how many the equations hold, older ones counting less
        self._time: float | None = None
        self._light: Light | None = None  # as long as nothing new is known
        self._lamps: list[PositiveLight | None] = [None] * 3  # that the last one was made of

    @property
    def known(self) -> bool:
        """Whether any frame has been seen."""
        return self._time is not None

    def update(
        self,
        design: NDArray[np.floating],
        colours: NDArray[np.floating],
        weight: NDArray[np.floating],
        time: float,
    ) -> None:
        """Take one more frame into account.

        Args:
            design: [N, 9] radiance transfer of points of the face in the camera's view frame.
            colours: [N, 3] linear colours of the frame there, over their albedo where that is
                known; NaN where unknown.
            weight: [N] how much each point tells of the light.
            time: seconds.
        """
        used = np.isfinite(colours).all(1) & (weight > 1e-3)
        if used.sum() < 40:
            return
        rows = np.asarray(design[used], np.float64)
        share = np.asarray(weight[used], np.float64)
        colour = np.asarray(colours[used], np.float64)
        level = np.average(colour, axis=0, weights=share)
        if (level < 1e-4).any():
            return  # black: nothing to learn
        keep = 0.0
        if self._time is not None:
            keep = float(np.exp(-max(time - self._time, 0.0) / self.config.memory))
        for channel in range(3):
            value = colour[:, channel] / level[channel]
            normal, right = self._fit(rows, value, share, channel)
            self._normal[channel] = keep * self._normal[channel] + normal
            self._right[channel] = keep * self._right[channel] + right
        self._open = keep * self._open + np.average(rows, axis=0, weights=share)
        self._frames = keep * self._frames + 1.0
        self._time = time
        self._light = None

    def _fit(
        self,
        design: NDArray[np.float64],
        value: NDArray[np.float64],
        weight: NDArray[np.float64],
        channel: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Normal equations of one channel a unit of weight, outliers (moles, glints, hair) put
        down by Cauchy's weights; starts from what earlier frames say."""
        rounds = self.config.iterations
        if self.known:
            light = self._solve(self._normal[channel], self._right[channel], self._frames)
        else:
            light, rounds = np.eye(9)[0] / design[:, 0].mean(), 2 * rounds
        for _ in range(rounds):
            residual = value - design @ light
            scale = 1.5 * np.median(np.abs(residual)) + 1e-3
            w = weight / (1.0 + (residual / scale) ** 2)
            weighted = design.T * (w / w.sum())
            normal, right = weighted @ design, weighted @ value
            light = self._solve(normal, right, 1.0)
        return normal, right

    def _solve(
        self, normal: NDArray[np.float64], right: NDArray[np.float64], total: float
    ) -> NDArray[np.float64]:
        prior = np.diag(self.config.prior * total * _BAND_PRIOR)
        return np.asarray(np.linalg.solve(normal + prior + 1e-9 * np.eye(9), right))

    def light(self) -> Light:
        """The estimate, in the camera frame, of mean shading near 1 on the face in view.

        Ambient light as long as no frame was usable.
        """
        if not self.known:
            return Light.ambient()
        if self._light is None:
            self._light = self._fitted()
        return self._light

    def _fitted(self) -> Light:
        prior = np.diag(self.config.prior * _BAND_PRIOR)
        lamps = [
            positive_light(normal / self._frames + prior, right / self._frames, last)
            for normal, right, last in zip(self._normal, self._right, self._lamps, strict=True)
        ]
        self._lamps = list(lamps)
        light = np.stack([channel.coefficients for channel in lamps], 1)
        before = np.maximum(self._open @ light, 1e-6)  # a channel may be all but dark
        grey = (light @ LUMINANCE)[:, None]
        light = grey + self.config.tint * (light - grey)
        light[1:] *= self.config.contrast
        after = self._open @ light
        # Glints that the fit leaves out are no measure of how bright the skin is: without them the
        # mean would be less than 1, and skin under a new light brighter than it is.
        level = np.maximum(before, self._frames)
        return Light(light * (level / np.maximum(after, 0.1 * before)), LightFrame.CAMERA)
