from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.errors import ModelError, UsageError
from relume.native import native
from relume.render import VolumeConfig, VolumeMaps, VolumeRenderer
from relume.render.volume_march import march_densely

from . import fields

SIZE = 64


def _all(maps: VolumeMaps) -> NDArray[np.float32]:
    assert maps.transfer is not None
    return np.concatenate([maps.albedo, maps.transfer, maps.alpha[:, None], maps.depth[:, None]], 1)


def _psnr(found: NDArray[Any], truth: NDArray[Any]) -> float:
    peak = max(1.0, float(np.abs(truth).max()))
    return float(10 * np.log10(peak**2 / np.mean((found - truth) ** 2)))


@pytest.fixture(scope="module")
def scene() -> tuple[Any, Any, Any]:
    return fields.planes(np.random.default_rng(1)), *fields.camera()


@pytest.fixture(scope="module")
def renderer() -> VolumeRenderer:
    return fields.renderer()


@pytest.fixture(scope="module")
def stand_in() -> Iterator[VolumeRenderer]:
    """A renderer as on a machine where relume was installed without a compiler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relume.render.volume.native", lambda: None)
        yield fields.renderer()


@pytest.fixture(scope="module")
def slowly(scene: Any, stand_in: VolumeRenderer) -> NDArray[np.float32]:
    return _all(stand_in.render(*scene, size=SIZE))


def _sets() -> list[str]:
    compiled = native()
    return [] if compiled is None else compiled.available()


@pytest.mark.parametrize("name", _sets())
def test_every_instruction_set_gives_the_stand_ins_maps(
    name: str, scene: Any, renderer: VolumeRenderer, slowly: NDArray[np.float32]
) -> None:
    compiled = native()
    assert compiled is not None
    usual = compiled.used()
    compiled.use(name)
    try:
        gap = np.abs(_all(renderer.render(*scene, size=SIZE)) - slowly)
    finally:
        compiled.use(usual)
    # A sample whose weight lies at a threshold may be seen by one and not by the other.
    assert gap.max() < 0.01
    assert gap.mean() < 2e-4


@pytest.mark.parametrize("yaw", [0.0, 0.35, -1.2])
def test_skipping_changes_nothing_visible(yaw: float, scene: Any, renderer: VolumeRenderer) -> None:
    camera = fields.camera(yaw)
    truth = march_densely(renderer.field, scene[0], *camera, fields.image_rays(SIZE), steps=96)
    found = renderer.render(scene[0], *camera, size=SIZE)
    assert _psnr(found.albedo, truth.albedo) > 45
    assert found.transfer is not None
    assert truth.transfer is not None
    assert _psnr(found.transfer, truth.transfer) > 45
    assert _psnr(found.alpha, truth.alpha) > 45
    assert np.abs(found.alpha - truth.alpha).max() < 0.03
    assert truth.alpha.max() > 0.99
    assert truth.alpha.min() < 0.01


def test_residuals_that_training_leaves_are_within_reach() -> None:
    reach = VolumeConfig().reach
    argument = 10 * 3.5 - 120 * reach - 1  # of density's softplus, at the template's distance
    assert 20 * np.log1p(np.exp(argument)) < 0.005
    # And without the bound nothing more is seen.
    planes, camera = fields.planes(np.random.default_rng(2)), fields.camera()
    bounded = fields.renderer().render(planes, *camera, size=SIZE)
    unbounded = fields.renderer(VolumeConfig(reach=9.0)).render(planes, *camera, size=SIZE)
    assert np.abs(bounded.alpha - unbounded.alpha).max() < 1e-3


def test_any_rays_are_as_an_images(scene: Any, renderer: VolumeRenderer) -> None:
    image = renderer.render(*scene, size=SIZE)
    some = np.random.default_rng(3).choice(SIZE * SIZE, 77, replace=False)
    found = renderer.render(*scene, rays=fields.image_rays(SIZE)[some])
    assert np.abs(found.alpha - image.alpha[some]).max() < 0.03
    assert _psnr(_all(found), _all(image)[some]) > 45


def test_sizes_that_no_tile_divides(scene: Any, renderer: VolumeRenderer) -> None:
    width, height, focal, centre = 37, 22, 3.9, (0.45, 0.55)
    y, x = np.indices((height, width)) + 0.5
    rays = np.stack([(x / width - centre[0]) / focal, (y - centre[1] * height) / (width * focal)])
    found = renderer.render(*scene, focal=focal, centre=centre, size=(width, height))
    expected = renderer.render(*scene, rays=rays.reshape(2, -1).T)
    assert found.alpha.shape == (width * height,)
    assert _psnr(_all(found), _all(expected)) > 45


def test_unshaded_maps_are_the_same(scene: Any, renderer: VolumeRenderer) -> None:
    shaded = renderer.render(*scene, size=SIZE)
    plain = renderer.render(*scene, size=SIZE, shaded=False)
    assert plain.transfer is None
    np.testing.assert_array_equal(plain.albedo, shaded.albedo)
    np.testing.assert_array_equal(plain.depth, shaded.depth)


def test_the_same_again_whatever_came_before(scene: Any, renderer: VolumeRenderer) -> None:
    first = renderer.render(*scene, size=SIZE)
    renderer.render(-scene[0], *fields.camera(0.9), size=SIZE)
    np.testing.assert_array_equal(_all(renderer.render(*scene, size=SIZE)), _all(first))


@pytest.mark.skipif(not _sets(), reason="needs the compiled kernels")
def test_other_threads_run_meanwhile(scene: Any, renderer: VolumeRenderer) -> None:
    ends: list[float] = []

    def work() -> None:
        ends.append(time.perf_counter())
        renderer.render(*scene, size=400)
        ends.append(time.perf_counter())

    thread = threading.Thread(target=work)
    seen = []
    thread.start()
    while thread.is_alive():
        seen.append(time.perf_counter())
        time.sleep(1e-4)
    assert sum(ends[0] < t < ends[1] for t in seen) > 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"planes": np.zeros((3, 8, 8, 6), np.float32)}, "planes should be of shape"),
        ({"planes": np.zeros((3, 16, 16, 6), np.float64)}, "planes should be float32"),
        ({"rotation": np.full((3, 3), np.nan)}, "a camera is a finite rotation"),
        ({"shift": np.zeros(4)}, "a camera is a finite rotation"),
        ({"size": 0}, "has no rays"),
        ({"focal": -1.0}, "has no rays"),
        ({"rays": np.zeros((4, 3))}, r"rays should be \[M, 2\]"),
    ],
)
def test_bad_arguments_are_named(
    change: dict[str, Any], named: str, scene: Any, renderer: VolumeRenderer
) -> None:
    arguments = dict(zip(("planes", "rotation", "shift"), scene, strict=True)) | change
    with pytest.raises(UsageError, match=named):
        renderer.render(**arguments)


def test_bad_weights_and_settings_are_named() -> None:
    weights = fields.decoders(np.random.default_rng(0))
    sizes = {"plane": 16, "albedo_channels": 4, "shading_channels": 2}
    with pytest.raises(ModelError, match=r"shading\.2\.bias is missing"):
        VolumeRenderer(
            {k: v for k, v in weights.items() if k != "shading.2.bias"}, fields.template(), **sizes
        )
    with pytest.raises(ModelError, match=r"albedo\.0\.weight is of shape"):
        VolumeRenderer(weights, fields.template(), **sizes | {"albedo_channels": 5})
    with pytest.raises(ModelError, match="a template is"):
        VolumeRenderer(weights, fields.template()[..., :9], **sizes)
    with pytest.raises(UsageError, match="rays take 2 to 64 steps"):
        fields.renderer(replace(VolumeConfig(), steps=65))


def test_without_a_compiler_there_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    native.cache_clear()
    try:
        with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.WARNING):
            import relume

            patch.delattr(relume, "_native", raising=False)
            patch.setitem(sys.modules, "relume._native", None)
            assert native() is None
            assert native() is None
    finally:
        native.cache_clear()
    assert len(caplog.records) == 1
    assert "C++ compiler" in caplog.text
