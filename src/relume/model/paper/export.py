"""ONNX export of the encoders, for those who deploy with ONNX Runtime or TensorRT."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from relume.errors import MissingDependencyError, ModelError
from relume.place import OutputPlace

from .portrait import PortraitRelighter

__all__ = ["EncoderName", "export_encoder", "onnx_difference"]

EncoderName = Literal["albedo", "shading"]


class _Encoder(nn.Module):
    inputs: ClassVar[list[str]]
    outputs: ClassVar[list[str]]

    def __init__(self, model: PortraitRelighter) -> None:
        super().__init__()
        self.model = model


class _Albedo(_Encoder):
    """image -> planes, style."""

    inputs: ClassVar = ["image"]
    outputs: ClassVar = ["planes", "style"]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        portrait = self.model.encode(image)
        return portrait.planes, portrait.style


class _Shading(_Encoder):
    """planes, light -> planes_lit."""

    inputs: ClassVar = ["planes", "light"]
    outputs: ClassVar = ["planes_lit"]

    def forward(self, planes: Tensor, light: Tensor) -> Tensor:
        return self.model.encode_shading(planes, light)


def _prepare(model: PortraitRelighter, encoder: EncoderName) -> tuple[_Encoder, list[Tensor]]:
    """The network to export and inputs of its size."""
    shading = model.generator.backbone.synthesis_lit
    if shading is None:
        raise ModelError("this network knows no light: there is nothing to export")
    side = shading.config.resolution
    rng = torch.Generator().manual_seed(0)
    if encoder == "albedo":
        return _Albedo(model), [torch.rand(1, 3, 2 * side, 2 * side, generator=rng) * 2 - 1]
    planes = torch.randn(1, shading.config.plane_channels, side, side, generator=rng) * 0.5
    return _Shading(model), [planes, torch.randn(1, 9, generator=rng) * 0.3]


def export_encoder(model: PortraitRelighter, encoder: EncoderName, path: Path | str) -> None:
    """Write one encoder as ONNX for one picture at a time, in fp32.

    albedo: image [1, 3, 512, 512] in -1..1 -> planes [1, 96, 256, 256], style [1, 14, 512].
    shading: planes, light [1, 9] (DPR's order and axes) -> planes_lit [1, 96, 256, 256].

    Raises:
        MissingDependencyError: onnx or onnxscript isn't installed.
        OutputError: the file can't be written.
    """
    try:
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            'exporting needs onnx and onnxscript: run `pip install "relume[onnx]"`'
        ) from error
    network, inputs = _prepare(model, encoder)
    place = OutputPlace(Path(path), overwrite=True)
    with place.guard():
        with torch.no_grad():
            torch.onnx.export(
                network.eval(),
                tuple(inputs),
                str(place.partial),
                input_names=network.inputs,
                output_names=network.outputs,
                opset_version=18,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        place.commit()


def onnx_difference(
    model: PortraitRelighter, encoder: EncoderName, path: Path | str
) -> dict[str, float]:
    """Largest difference of each output from PyTorch's, relative to its largest value.

    Raises:
        MissingDependencyError: onnxruntime isn't installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            'comparing needs ONNX Runtime: run `pip install "relume[onnx]"`'
        ) from error
    network, inputs = _prepare(model, encoder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {name: x.numpy() for name, x in zip(network.inputs, inputs, strict=True)}
    found = session.run(network.outputs, feed)
    with torch.no_grad():
        want = network.eval()(*inputs)
    expected = [want] if isinstance(want, Tensor) else list(want)
    return {
        name: float(np.abs(have - value.numpy()).max() / np.abs(value.numpy()).max())
        for name, have, value in zip(network.outputs, found, expected, strict=True)
    }
