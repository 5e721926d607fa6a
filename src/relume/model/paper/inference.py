"""The relighting network set up to be fast: device, precision, memory layout, compilation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from relume.errors import ModelError, UsageError
from relume.geometry import Camera

from .portrait import PortraitPlanes, PortraitRelighter, Relit
from .video import VideoRelighter, Window

__all__ = ["FastPortraitRelighter", "InferenceConfig", "Precision"]

Precision = Literal["fp32", "bf16", "fp16"]

T = TypeVar("T")

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class InferenceConfig:
    """How the networks run."""

    device: str = "cpu"
    """cpu, cuda, or auto: cuda where PyTorch sees it"""
    precision: Precision = "fp32"
    """of convolutions and matrix products; rendering always runs in fp32; fp16 needs cuda"""
    channels_last: bool = True
    """keep a pixel's channels side by side, as the fast convolutions want them"""
    compile: bool = False
    """fuse operations with torch.compile; the first frame then takes minutes"""
    window: Window = "first"
    """frames that steady a video: the first five, as published, or the last five"""


class FastPortraitRelighter:
    """The verbs on NumPy pictures: encode once, relight and turn cheaply, follow a video."""

    def __init__(self, model: PortraitRelighter, config: InferenceConfig | None = None) -> None:
        """Move `model` in place and prepare it.

        Raises:
            ModelError: the device isn't there.
            UsageError: a precision that the device has no use for.
        """
        self.config = config or InferenceConfig()
        self.device = _device(self.config.device)
        if self.device.type == "cpu" and self.config.precision == "fp16":
            raise UsageError("precision fp16 needs a CUDA device; on a CPU use bf16 or fp32")
        self.model = model.eval().requires_grad_(False).to(self.device)
        if self.config.channels_last:
            for value in self.model.parameters():
                if value.ndim == 4:
                    value.data = value.data.contiguous(memory_format=torch.channels_last)
        if self.config.compile:
            parts = self.model.encoders
            for part in (
                parts.deeplabv3["model"],
                parts.decoder_f_low,
                parts.encoder_f_high,
                parts.decoder_f_hybrid,
                parts.shading_encoder,
                parts.planes2ws,
                self.model.attention,
                self.model.generator.superresolution,
            ):
                part.compile()
        self._videos: dict[int, VideoRelighter] = {}

    @property
    def side(self) -> int:
        """Pixels in a row and in a column of the pictures that go in."""
        lit = self.model.generator.backbone.synthesis_lit
        assert lit is not None
        return 2 * lit.config.resolution

    def encode(self, image: NDArray[np.float32]) -> PortraitPlanes:
        """image [512, 512, 3] in 0..1 -> what any light and camera can be drawn from."""
        return self._run(lambda: self.model.encode(self._picture(image)))

    def draw(self, portrait: PortraitPlanes, camera: Camera, light: NDArray[np.float32]) -> Relit:
        """An encoded portrait under a light [9] in DPR's order and axes."""
        return self._run(
            lambda: self.model.draw(portrait, self._row(camera.vector), self._row(light))
        )

    def next_frame(
        self,
        frame: NDArray[np.float32] | PortraitPlanes,
        camera: Camera,
        light: NDArray[np.float32],
        person: int = 0,
    ) -> Relit:
        """The next frame of a video, [512, 512, 3] in 0..1 or encoded; see `VideoRelighter`.

        Args:
            frame: the portrait.
            camera: where it is drawn from.
            light: [9] in DPR's order and axes.
            person: whose video it is; each has a history of its own.
        """
        video = self._videos.setdefault(person, VideoRelighter(self.model, self.config.window))
        return self._run(
            lambda: video.relight(
                frame if isinstance(frame, PortraitPlanes) else self._picture(frame),
                self._row(camera.vector),
                self._row(light),
            )
        )

    def reset(self, person: int = 0) -> None:
        """Forget a person's frames: the next one starts another video."""
        self._videos.pop(person, None)

    @staticmethod
    def picture(relit: Relit) -> NDArray[np.float32]:
        """[512, 512, 3] in 0..1 of a drawn portrait."""
        image = ((relit.image[0].float() + 1) / 2).clamp(0, 1).permute(1, 2, 0)
        return np.asarray(image.cpu().numpy(), np.float32)

    @staticmethod
    def alpha(relit: Relit) -> NDArray[np.float32]:
        """[64, 64] opacity in 0..1 of a drawn portrait."""
        return np.asarray(relit.rendering.alpha[0, 0].float().clamp(0, 1).cpu().numpy(), np.float32)

    def _run(self, call: Callable[[], T]) -> T:
        dtype = _DTYPES.get(self.config.precision)
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, dtype, enabled=dtype is not None),
        ):
            return call()

    def _picture(self, image: NDArray[np.float32]) -> Tensor:
        x = torch.from_numpy(np.ascontiguousarray(image, np.float32)).to(self.device)
        return (x * 2 - 1).permute(2, 0, 1)[None]  # channels last, as it came

    def _row(self, values: NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.float32).reshape(1, -1)).to(self.device)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelError("device cuda: PyTorch sees no CUDA device; use cpu")
    return device
