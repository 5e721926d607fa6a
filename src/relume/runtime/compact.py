"""The compact model without PyTorch: encoders on OpenVINO, rendering by the compiled kernel."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..geometry import FOCAL, Camera
from ..inference import (
    cpu_settings,
    float_hint,
    multiplies_bf16,
    multiplies_int8,
    openvino,
    own_signal_stack,
)
from ..model.compact import CompactConfig
from ..render.volume import VolumeRenderer
from ..render.volume_field import VolumeField
from .delighter import delighter_network, has_delighter
from .encoder import encoder_network
from .layers import RANGES, Weights
from .stabiliser import Stabiliser
from .tensors import read_tensors

__all__ = ["RAYS", "CompactRuntime", "RuntimeConfig", "Views", "places_in"]

Floats = NDArray[np.float32]

RAYS = 64
"""Cells along a side of a rendered view."""

_TRACED = 48
"""Rays along a side that a view is rendered with; in between it is interpolated. On 10 people of
Yale B and 11 other portraits errors of relighting and identity were those of 64 rays within 0.001,
in 0.6 of the time."""


@dataclass(frozen=True)
class RuntimeConfig:
    """How the encoders run."""

    threads: int = 1
    """CPU threads of one inference; 1 leaves the other cores to the other stages."""
    precision: Literal["auto", "int8", "f32"] = "auto"
    """auto: bfloat16 where the CPU has AMX; else, with VNNI, integers of eight bits in the
    encoder's and the delighter's large convolutions, the rest in bfloat16 where the CPU multiplies
    it, or float32. int8: those integers wherever they run. f32: nothing is rounded."""


@dataclass(frozen=True, eq=False)
class Views:
    """What the model sees from one camera; maps are float32 [64, 64, ...] over the crop.

    Attributes:
        albedo: [.., 3] linear.
        transfer: [.., 9] radiance transfer in the head frame.
        alpha: 0..1.
        depth: along the camera's axis.
    """

    albedo: Floats
    transfer: Floats
    alpha: Floats
    depth: Floats


class CompactRuntime:
    """Encode a picture once, then render it from any camera.

    Several threads may delight and render, and one may encode meanwhile.

    Args:
        path: the weights, a .safetensors file written by `relume train export`.
        config: threads and precision.

    Attributes:
        sizes: of the model.
        stabiliser: the temporal network.

    Raises:
        ModelError: the file is missing, damaged, or of another model.
    """

    def __init__(self, path: Path, config: RuntimeConfig | None = None) -> None:
        weights, meta = read_tensors(path)
        config = config or RuntimeConfig()
        try:
            sizes = CompactConfig.from_facts(json.loads(meta["config"]))
            field = {
                k.removeprefix("field."): v for k, v in weights.items() if k.startswith("field.")
            }
            template = field.pop("template")
            self._renderer = VolumeRenderer(
                field,
                template,
                plane=sizes.plane,
                albedo_channels=sizes.albedo_channels,
                shading_channels=sizes.shading_channels,
                box=sizes.box,
            )
            self._lift = np.asarray(weights["albedo_encoder.lift"], np.float32)
            eight_bit = _eight_bit(config, weights)
            network = encoder_network(weights, sizes, eight_bit)
            self.stabiliser = Stabiliser(weights, sizes)
            delighter = None
            if has_delighter(weights):
                delighter = delighter_network(weights, RAYS, eight_bit)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ModelError(f"{path} holds no compact model ({error})") from error
        self.sizes = sizes
        self._request = _compiled(network, config)
        self._delighter = None if delighter is None else _compiled(delighter, config)
        self._delighting = threading.Lock()

    @property
    def field(self) -> VolumeField:
        """Density, albedo and transfer at any points of encoded planes."""
        return self._renderer.field

    def encode(self, picture: NDArray[np.uint8], camera: Camera) -> Floats:
        """A picture's planes.

        Args:
            picture: uint8 RGB [256, 256, 3], the crop around the head at half its size.
            camera: the camera that took it.

        Returns:
            [3, plane, plane, albedo + shading channels], the caller's own.
        """
        places = places_in(self._lift, camera, self.sizes.plane)
        self._request.infer([picture[None], places], share_inputs=True)
        return np.array(self._request.get_output_tensor(0).data, np.float32)

    @property
    def delights(self) -> bool:
        """Whether the weights hold a network that takes hard light off."""
        return self._delighter is not None

    def delight(self, features: Floats) -> Floats:
        """What takes hard light off a frame; only where `delights`.

        Args:
            features: [33, 64, 64]; see `relume.compact_engine.delight`.

        Returns:
            [64, 64, 3] natural logarithm of a factor in linear light, the caller's own.
        """
        assert self._delighter is not None
        with self._delighting:
            self._delighter.infer([features[None]], share_inputs=True)
            return np.array(self._delighter.get_output_tensor(0).data, np.float32)

    def render(self, planes: Floats, camera: Camera) -> Views:
        """What `camera` sees of encoded planes."""
        rotation, shift = _pose(camera)
        maps = self._renderer.render(planes, rotation, shift, focal=FOCAL, size=_TRACED)
        assert maps.transfer is not None
        columns = [maps.albedo, maps.alpha[:, None], maps.depth[:, None], maps.transfer]
        traced = np.concatenate(columns, 1).reshape(_TRACED, _TRACED, -1)
        views = np.asarray(cv2.resize(traced, (RAYS, RAYS)), np.float32)
        alpha = np.ascontiguousarray(views[..., 3])
        # Back from premultiplied: what is there, however thin it is.
        over = np.asarray(1 / np.maximum(alpha, np.float32(1e-3)), np.float32)
        transfer = views[..., 5:] * over[..., None]
        return Views(views[..., :3] * over[..., None], transfer, alpha, views[..., 4] * over)


def places_in(lift: Floats, camera: Camera, plane: int) -> Floats:
    """[1, plane, plane, 2] where points [plane^2, 3] are seen; see `encoder_network`."""
    rotation, shift = _pose(camera)
    local = lift @ rotation.T + shift
    at = local[:, :2] / local[:, 2:] * np.float32(FOCAL) + np.float32(0.5)
    return np.asarray((at * 2 - 1).reshape(1, plane, plane, 2), np.float32)


def _eight_bit(config: RuntimeConfig, weights: Weights) -> bool:
    known = any(name.startswith(RANGES) for name in weights)
    if config.precision == "int8" and not known:
        raise ValueError("what its convolutions are given isn't known, so there is no int8")
    wanted = config.precision == "auto" and multiplies_bf16() != "amx" and multiplies_int8()
    return known and (wanted or config.precision == "int8")


def _pose(camera: Camera) -> tuple[Floats, Floats]:
    """Canonical to camera coordinates."""
    rotation = camera.rotation.T
    return rotation.astype(np.float32), np.asarray(-rotation @ camera.position, np.float32)


@own_signal_stack()
def _compiled(network: Any, config: RuntimeConfig) -> Any:
    ov = openvino()
    settings = cpu_settings(config.threads, float_hint(exact=config.precision == "f32"))
    try:
        return ov.Core().compile_model(network, "CPU", settings).create_infer_request()
    except RuntimeError as error:
        raise ModelError(
            f"OpenVINO can't run the compact model: {str(error).strip()[:300]}; install a current"
            " openvino (2025.0 or later)"
        ) from error
