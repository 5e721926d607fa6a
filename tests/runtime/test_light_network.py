"""The network that reads light on OpenVINO is the PyTorch network; what it can't load it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.errors import ModelError
from relume.runtime.light_network import LightNetwork


def test_the_same_answer_as_in_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs torch (extra: train)")
    pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
    from relume.light import Light
    from relume.model.light_network import LightNetwork as Trained
    from relume.model.light_network import save_light_network

    torch.manual_seed(1)
    net = Trained()
    for values in net.state_dict().values():
        values.copy_(values.half().float())
    save_light_network(tmp_path / "light.safetensors", net.state_dict(), {"steps": 0})
    features = np.random.default_rng(0).normal(size=(3, 3, 64, 64)).astype(np.float32)
    given = torch.from_numpy(features)
    with torch.no_grad():
        straight, mirrored = net(given).numpy().T, net(given.flip(3)).numpy().T
    expected = (straight + Light(mirrored.astype(float)).mirrored().coefficients) / 2
    found = LightNetwork(tmp_path / "light.safetensors")(features)
    assert found.shape == (9, 3)
    assert np.abs(found - expected).max() < 1e-4
    assert np.abs(expected[1:]).max() > 1e-3


def test_it_says_radiance_over_the_first_coefficient_nowhere_negative() -> None:
    from relume.light import lattice, sh_basis

    features = np.random.default_rng(0).normal(size=(3, 3, 64, 64)).astype(np.float32)
    found = LightNetwork()(features)
    np.testing.assert_allclose(found[0], 1, atol=2e-3)
    # As its own first nine coefficients are blurred by the least that keeps light positive.
    window = np.repeat([1.0, 0.5, 0.1], [1, 3, 5])
    assert (sh_basis(lattice(500)) @ (window[:, None] * found)).min() > -1e-3


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file; check"):
        LightNetwork(tmp_path / "none.safetensors")
