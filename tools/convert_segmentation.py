"""Turn MediaPipe's `selfie_segmentation.tflite` into OpenVINO's format (a developer's tool).

    python tools/convert_segmentation.py selfie_segmentation.tflite src/relume/assets/networks

The network's last but one operator is MediaPipe's own (a transposed convolution with a bias),
which OpenVINO's reader doesn't know. It is cut off in the flatbuffer together with the sigmoid
behind it, and both are added again in OpenVINO with the same weights.
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as ops

CUSTOM = b"Convolution2DTransposeBias"


class Flat:
    """Just enough of a flatbuffer reader: tables, their fields and vectors of offsets."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def int(self, at: int) -> int:
        return int(struct.unpack_from("<i", self.data, at)[0])

    def follow(self, at: int) -> int:
        return at + self.int(at)

    def field(self, table: int, index: int) -> int:
        """Where a field's value stands, 0 if it is left at its default."""
        layout = table - self.int(table)
        size = struct.unpack_from("<H", self.data, layout)[0]
        if 4 + 2 * index >= size:
            return 0
        offset = struct.unpack_from("<H", self.data, layout + 4 + 2 * index)[0]
        return table + offset if offset else 0

    def tables(self, at: int) -> list[int]:
        vector = self.follow(at)
        return [self.follow(vector + 4 + 4 * i) for i in range(self.int(vector))]

    def ints(self, at: int) -> list[int]:
        vector = self.follow(at)
        return [self.int(vector + 4 + 4 * i) for i in range(self.int(vector))]

    def raw(self, at: int) -> bytes:
        vector = self.follow(at)
        return bytes(self.data[vector + 4 : vector + 4 + self.int(vector)])


def convert(data: bytes) -> ov.Model:
    flat = Flat(data)
    model = flat.follow(0)
    codes = flat.tables(flat.field(model, 1))
    graph = flat.tables(flat.field(model, 2))[0]
    buffers = flat.tables(flat.field(model, 4))
    tensors = flat.tables(flat.field(graph, 0))
    operators = flat.tables(flat.field(graph, 3))
    names = [flat.raw(flat.field(c, 1)) if flat.field(c, 1) else b"" for c in codes]
    kinds = [names[flat.int(f)] if (f := flat.field(o, 0)) else names[0] for o in operators]
    at = kinds.index(CUSTOM)
    if at != len(operators) - 2:
        raise SystemExit("expected the custom operator last but one: not the file this is for")

    source, *half = flat.ints(flat.field(operators[at], 1))
    producers = {flat.ints(flat.field(o, 2))[0]: o for o in operators}
    weights = []
    for tensor in half:  # each is a float16 constant behind a dequantise operator
        tensor = flat.ints(flat.field(producers[tensor], 1))[0]
        shape = flat.ints(flat.field(tensors[tensor], 0))
        content = flat.raw(flat.field(buffers[flat.int(flat.field(tensors[tensor], 2))], 0))
        weights.append(np.frombuffer(content, np.float16).reshape(shape).astype(np.float32))
    kernel, bias = weights

    struct.pack_into("<i", flat.data, flat.follow(flat.field(graph, 3)), at)  # drop the tail
    struct.pack_into("<i", flat.data, flat.follow(flat.field(graph, 2)) + 4, source)
    cut = Path("selfie_cut.tflite")
    cut.write_bytes(flat.data)
    try:
        network = ov.Core().read_model(cut)
    finally:
        cut.unlink()
    # OHWI -> IOHW; a transposed convolution in NCHW.
    features = ops.transpose(network.outputs[0].get_node().input_value(0), np.array([0, 3, 1, 2]))
    grown = ops.convolution_backprop_data(
        features, ops.constant(kernel.transpose(3, 0, 1, 2)), [2, 2], pads_begin=[0, 0],
        pads_end=[0, 0], dilations=[1, 1],
    )  # fmt: skip
    mask = ops.sigmoid(ops.add(grown, ops.constant(bias.reshape(1, 1, 1, 1))))
    return ov.Model([mask], network.get_parameters(), "selfie_segmentation")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path, help="selfie_segmentation.tflite")
    parser.add_argument("folder", type=Path, help="where the .xml and .bin go")
    args = parser.parse_args()
    ov.save_model(
        convert(args.network.read_bytes()),
        args.folder / "selfie_segmentation.xml",
        compress_to_fp16=True,
    )
