"""The carried networks: found, checked against their hashes, compiled by OpenVINO on first use.

What is compiled is kept for the process and shared: the second tracker starts at once. It is also
kept in the user's cache folder, for the next process.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..inference import cpu_settings, float_hint, openvino, own_signal_stack
from .cache import Cache, cache_folder

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["NETWORKS", "Network", "NetworkConfig", "read_asset"]

NETWORKS: dict[str, dict[str, str]] = {
    "face_detection_short_range": {
        "face_detection_short_range.tflite": "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",  # noqa: E501
    },
    "face_detection_full_range": {
        "face_detection_full_range_sparse.tflite": "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",  # noqa: E501
    },
    "face_landmark": {
        "face_landmark.tflite": "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    },
    "selfie_segmentation": {
        "selfie_segmentation.xml": "54b0e18ac728a3c2573853cdb017188af886288b52ca6696542bae0fa7cade7e",  # noqa: E501
        "selfie_segmentation.bin": "cfad4ba84c4ae4960ccac56980d9b5db5b3ffe76b399da6b6bbd7ad95c64e3fa",  # noqa: E501
    },
}
"""Files of each network with their SHA-256; the first is the one that OpenVINO opens."""


@dataclass(frozen=True)
class NetworkConfig:
    """How the small networks run."""

    threads: int = 1
    """CPU threads of one inference; 1 leaves the other cores to the other stages."""
    cache: Path | None = None
    """Folder where compiled networks are kept; the user's cache folder by default."""


_ABLE = "OPTIMIZATION_CAPABILITIES"

_compiled: dict[Hashable, Any] = {}
_locks: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)


class Network:
    """One carried network with a picture as its only input.

    The input is uint8 RGB [S, S, 3]; scaling to the network's own range happens inside. Nothing
    is read or compiled before the first call, or `prepare`. Not safe for use from two threads at
    once.

    Args:
        name: key of `NETWORKS`.
        low, high: what 0 and 255 become at the network's input.
        config: threads and cache.
        exact: whether all is to be worked out in float32, also where bfloat16 is faster.
    """

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        config: NetworkConfig | None = None,
        exact: bool = True,
    ) -> None:
        self._files = NETWORKS[name]
        self._range = (low, high)
        self._config = config or NetworkConfig()
        self._exact = exact
        self._request: Any = None
        self._given: Any = None
        self._count = 0

    def __call__(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Outputs for uint8 [S, S, 3], in the file's order, without the batch axis.

        Raises:
            ModelError: the network's files are missing, changed or unreadable.
        """
        if self._request is None:
            compiled = self.prepare()
            self._count = len(compiled.outputs)
            request = compiled.create_infer_request()
            # Wrapping every picture anew takes a tenth of the time of a small network.
            self._given = np.empty(tuple(compiled.input(0).shape), np.uint8)
            request.set_input_tensor(openvino().Tensor(self._given, shared_memory=True))
            self._request = request
        np.copyto(self._given[0], picture)
        self._request.infer()
        return [
            np.array(self._request.get_output_tensor(i).data[0], np.float32)
            for i in range(self._count)
        ]

    def prepare(self) -> Any:
        """Read and compile it, once a process; any thread may do so ahead of the first call.

        Raises:
            ModelError: see `__call__`.
        """
        kind = *self._files.items(), self._range, self._config, self._exact
        with _locks[kind]:
            if kind not in _compiled:
                _compiled[kind] = self._compile()
            return _compiled[kind]

    @own_signal_stack()
    def _compile(self) -> Any:
        contents = [read_asset(f"networks/{name}", digest) for name, digest in self._files.items()]
        ov = openvino()  # heavy: only when a network is used
        core = ov.Core()
        precision = float_hint(self._exact)
        settings = cpu_settings(self._config.threads, precision)
        # All that a compiled network depends on.
        processor = [core.get_property("CPU", p) for p in ("FULL_DEVICE_NAME", _ABLE)]
        key = repr((ov.get_version(), processor, self._files, self._range, settings))
        name = f"{Path(next(iter(self._files))).stem}-{precision}-{self._config.threads}"
        cache = Cache(self._config.cache or cache_folder())
        blob = cache.find(name, key)
        if blob is not None:
            with suppress(RuntimeError):  # as if there were none
                return core.import_model(BytesIO(blob), "CPU", settings)
        try:
            compiled = core.compile_model(self._model(core, contents), "CPU", settings)
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO can't load {next(iter(self._files))}: {str(error).strip()[:300]}; "
                "install a current openvino (2025.0 or later)"
            ) from error
        cache.keep(name, key, compiled.export_model().getvalue())
        return compiled

    def _model(self, core: Any, contents: list[bytes]) -> Any:
        """The network as its file has it, behind a uint8 picture."""
        ov = openvino()
        from openvino.preprocess import PrePostProcessor

        if len(contents) == 2:
            weights = ov.Tensor(np.frombuffer(contents[1], np.uint8))
            model = core.read_model(contents[0], weights)
        else:
            file = resources.files("relume").joinpath("assets/networks", next(iter(self._files)))
            with resources.as_file(file) as path:
                model = core.read_model(path)
        low, high = self._range
        scale = 255.0 / (high - low)
        steps = PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NHWC"))
        change = steps.input().preprocess().convert_element_type(ov.Type.f32)
        change.mean(-low * scale).scale(scale)
        return steps.build()


def read_asset(name: str, digest: str) -> bytes:
    """Bytes of `assets/<name>`, checked against its SHA-256.

    Raises:
        ModelError: the file is missing or is not the one that relume was released with.
    """
    try:
        content = resources.files("relume").joinpath("assets", *name.split("/")).read_bytes()
    except OSError as error:
        raise ModelError(f"relume's file assets/{name} is missing; install relume again") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ModelError(
            f"relume's file assets/{name} is damaged (SHA-256 {found[:12]}..., expected "
            f"{digest[:12]}...); install relume again"
        )
    return content
