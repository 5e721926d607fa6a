"""Networks in ncnn's format (.param and .bin), rebuilt for OpenVINO."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from ...inference import openvino
from .network import sha256_of

__all__ = ["read_ncnn"]

_MAGIC = "7767517"
_HALF = 0x01306B47  # tag of weights in half precision


@dataclass
class _Bin:
    """The weights, in the order of the layers."""

    data: bytes
    at: int = 0

    def take(self, count: int, tagged: bool = False) -> NDArray[np.float32]:
        half = False
        if tagged:
            half = int.from_bytes(self.data[self.at : self.at + 4], "little") == _HALF
            self.at += 4
        size = count * (2 if half else 4)
        raw = self.data[self.at : self.at + size]
        self.at += size + (-size % 4)
        if len(raw) < size:
            raise ValueError("the weights end too early")
        return np.frombuffer(raw, np.float16 if half else np.float32).astype(np.float32)


def read_ncnn(path: Path) -> tuple[Any, str]:
    """The network of `path` (.param) as an OpenVINO model [1, 3, 112, 112] -> [1, D], and its hash.

    Raises:
        ModelError: a file is missing, damaged or has layers that aren't known.
    """
    ov = openvino()
    weights = path.with_suffix(".bin")
    for part in (path, weights):
        if not part.is_file():
            raise ModelError(f"{part}: no such file; check the name")
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    if lines[0].strip() != _MAGIC:
        raise ModelError(f"{path}: not an ncnn network in text form")
    source = _Bin(weights.read_bytes())
    blobs: dict[str, Any] = {}
    first = last = None
    try:
        for line in filter(None, (x.split() for x in lines[2:])):
            kind, inputs, outputs = line[0], int(line[2]), int(line[3])
            names = line[4 : 4 + inputs + outputs]
            options = dict(x.split("=") for x in line[4 + inputs + outputs :])
            taken = [blobs[n] for n in names[:inputs]]
            last = _layer(kind, taken, {int(k): float(v) for k, v in options.items()}, source)
            first = first or last
            blobs.update((n, last) for n in names[inputs:])
        if source.at != len(source.data):
            raise ValueError("there are more weights than layers")
    except (KeyError, ValueError, IndexError, RuntimeError) as error:
        raise ModelError(f"{path}: can't be rebuilt ({error})") from error
    return ov.Model([last], [first], path.stem), sha256_of(path, weights)


def _layer(kind: str, inputs: list[Any], o: dict[int, float], source: _Bin) -> Any:
    import openvino.opset13 as op

    if kind == "Input":
        return op.parameter([1, 3, 112, 112], np.float32)
    x = inputs[0]
    if kind == "Split":
        return x
    channels = int(o.get(0, 0))

    def by_channel(values: NDArray[np.float32]) -> Any:
        flat = len(x.get_output_partial_shape(0)) == 2
        return op.constant(values.reshape((1, -1) if flat else (1, -1, 1, 1)))

    if kind in ("Convolution", "ConvolutionDepthWise"):
        groups = int(o.get(7, 1))
        kernel, stride, pad = (int(o.get(k, d)) for k, d in ((1, 1), (3, 1), (4, 0)))
        flat = source.take(int(o[6]), tagged=True)
        shape = (groups, channels // groups, -1, kernel, kernel)
        weight = flat.reshape(shape)
        args = ([stride] * 2, [pad] * 2, [pad] * 2, [1, 1])
        if groups > 1:
            out = op.group_convolution(x, op.constant(weight), *args)
        else:
            out = op.convolution(x, op.constant(weight[0]), *args)
        return op.add(out, by_channel(source.take(channels))) if o.get(5) else out
    if kind == "BatchNorm":
        slope, mean, variance, bias = (source.take(channels) for _ in range(4))
        scale = slope / np.sqrt(variance + o.get(1, 0.0))
        return op.add(op.multiply(x, by_channel(scale)), by_channel(bias - mean * scale))
    if kind == "PReLU":
        return op.prelu(x, op.constant(source.take(channels)))
    if kind == "BinaryOp":
        other = op.constant(np.float32(o[2])) if o.get(1) else inputs[1]
        return (op.add, op.subtract, op.multiply)[int(o.get(0, 0))](x, other)
    if kind == "InnerProduct":
        matrix = source.take(int(o[2]), tagged=True).reshape(channels, -1)
        flat_x = op.reshape(x, op.constant(np.array([1, -1])), False)
        out = op.matmul(flat_x, op.constant(matrix), False, True)
        return op.add(out, op.constant(source.take(channels)[None])) if o.get(1) else out
    raise ValueError(f"layer {kind} isn't known")
