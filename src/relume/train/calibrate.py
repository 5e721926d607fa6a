"""What real faces give the networks' convolutions: what integers of eight bits are to span."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..inference import openvino, own_signal_stack
from ..model.compact import CompactConfig
from ..runtime import RAYS, CompactRuntime, RuntimeConfig
from ..runtime.compact import places_in
from ..runtime.delighter import delighter_network, has_delighter
from ..runtime.encoder import encoder_network
from ..runtime.layers import RANGES
from ..runtime.tensors import read_tensors
from ..teacher.pairs import PairConfig, make_pair
from ..teacher.scene import Scene
from .delight_data import delight_sample

__all__ = ["input_ranges"]

_PICTURES = 64
"""Portraits that are looked at, under random light."""

_RARE = 0.05
"""Per cent of a picture's values that may lie beyond either end. Of planes eight bits then cost 4%,
with 0.01 or 0.2 per cent 5 to 6%."""

_NARROWEST = np.float32(1e-2)
"""Least width of a range."""

_FINEST = {"albedo_encoder.": 32, "delighter.": 16}
"""Least cells along a side of what a convolution gives: below, little time is to be won, and values
reach farthest. The shading encoder, whose planes eight bits would move by a seventh, stays in
floating point."""

_GIVEN_PICTURES = ("albedo_encoder.stem.0", "delighter.unet.enter", "delighter.code.0")
"""Layers that are given the picture itself, or maps of many kinds, and stay so, too."""


def input_ranges(
    file: Path, taught: Sequence[Path], seed: int = 0
) -> dict[str, NDArray[np.float32]]:
    """For the networks' large convolutions, `RANGES` + name: [2] lowest and highest input.

    Args:
        file: the model's weights.
        taught: files of portraits.
        seed: of their light.
    """
    weights, meta = read_tensors(file)
    sizes = CompactConfig.from_facts(json.loads(meta["config"]))
    lift = np.asarray(weights["albedo_encoder.lift"], np.float32)
    encoder = _Watched(encoder_network(weights, sizes))
    delighter = _Watched(delighter_network(weights, RAYS)) if has_delighter(weights) else None
    runtime = CompactRuntime(file, RuntimeConfig(precision="f32"))
    upright, any_light = PairConfig(jitter=0.0, zoom=0.0), PairConfig()
    for number, portrait in enumerate(taught[:: max(1, len(taught) // _PICTURES)][:_PICTURES]):
        rng = np.random.default_rng([seed, number, 9])
        scene = Scene.load(portrait)
        pair = make_pair(scene, rng, upright)
        places = places_in(lift, Camera.from_pose(pair.rotation, pair.shift), sizes.plane)
        encoder.show([np.ascontiguousarray(pair.picture)[None], places])
        if delighter is not None:
            shown = delight_sample(scene, rng, any_light, None, scene, runtime)
            if shown is not None:
                delighter.show([shown["features"][None]])
    return {**encoder.ranges(), **({} if delighter is None else delighter.ranges())}


class _Watched:
    """A network, and the least and the most that its large convolutions have been given."""

    @own_signal_stack()
    def __init__(self, network: Any) -> None:
        given = {
            op.get_friendly_name(): op.input(0).get_source_output()
            for op in network.get_ordered_ops()
            if op.get_type_name() == "Convolution" and _large(op)
        }
        self._names = [name for name in given if name not in _GIVEN_PICTURES]
        self._ends = np.tile(np.array([np.inf, -np.inf]), (len(self._names), 1))
        self._first = len(network.outputs)
        network.add_outputs([given[name] for name in self._names])
        settings = {"INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino().Core().compile_model(network, "CPU", settings)
        self._request = compiled.create_infer_request()

    def show(self, inputs: list[NDArray[Any]]) -> None:
        self._request.infer(inputs)
        for row, ends in enumerate(self._ends):
            values = self._request.get_output_tensor(self._first + row).data
            low, high = np.percentile(values, [_RARE, 100 - _RARE])
            ends[:] = min(ends[0], low), max(ends[1], high)

    def ranges(self) -> dict[str, NDArray[np.float32]]:
        """Of none, if nothing was shown."""
        if not np.isfinite(self._ends).all():
            return {}
        ends = self._ends.astype(np.float32)
        ends[:, 1] = np.maximum(ends[:, 1], ends[:, 0] + _NARROWEST)
        return {RANGES + name: row for name, row in zip(self._names, ends, strict=True)}


def _large(convolution: Any) -> bool:
    name, cells = convolution.get_friendly_name(), convolution.output(0).get_shape()[-1]
    return any(name.startswith(part) and cells >= least for part, least in _FINEST.items())
