"""The kinds of weights that relume knows, and the network that each belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from relume.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

    from relume.model.paper import PaperConfig

__all__ = ["KINDS", "Kind", "find_kind", "recognise"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Kind:
    """One network with published weights."""

    name: str
    """as on the command line"""
    title: str
    """in words"""
    build: Callable[[PaperConfig], nn.Module]
    """the network, of a configuration"""
    entry: str = ""
    """where the network stands in a pickle that holds several"""

    @property
    def layout(self) -> dict[str, Shape]:
        """Name and shape of every tensor of the published network."""
        return _layout(self.name, None)

    def layout_of(self, config: PaperConfig | None) -> dict[str, Shape]:
        """The same of a network of other sizes; None for the published ones."""
        return _layout(self.name, config)


def _relighter(config: PaperConfig) -> nn.Module:
    from relume.model.paper import build_portrait_relighter

    return build_portrait_relighter(config)


def _generator(config: PaperConfig) -> nn.Module:
    from relume.model.paper import build_generator

    return build_generator(config).eval()


def _discriminator(config: PaperConfig) -> nn.Module:
    from relume.model.paper import build_discriminator

    return build_discriminator(config).eval()


def _estimator(config: PaperConfig) -> nn.Module:
    from relume.model.paper import build_light_estimator

    return build_light_estimator(config)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("portrait-relighting", "portrait video relighting, whole network", _relighter),
        Kind("nerffacelighting", "NeRFFaceLighting, generator", _generator, "G_ema"),
        Kind("nerffacelighting-d", "NeRFFaceLighting, discriminator", _discriminator, "D"),
        Kind("eg3d", "EG3D, generator", lambda c: _generator(c.unlit()), "G_ema"),
        Kind("eg3d-d", "EG3D, discriminator", lambda c: _discriminator(c.unlit()), "D"),
        Kind("dpr", "DPR, light estimator", _estimator),
    )
}


@cache
def _layout(name: str, config: PaperConfig | None) -> dict[str, Shape]:
    from relume.model.paper import published  # first: it says what to install

    import torch  # isort: skip

    with torch.device("meta"):  # shapes alone: no memory, no random numbers
        network = KINDS[name].build(config or published())
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def find_kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        ModelError: there is none.
    """
    try:
        return KINDS[name]
    except KeyError:
        raise ModelError(f"unknown kind of weights {name!r}: one of {', '.join(KINDS)}") from None


def recognise(names: Iterable[str]) -> Kind | None:
    """The kind whose tensors' names fit best, if more than half of both do."""
    found = set(names)

    def fit(kind: Kind) -> float:
        layout = kind.layout.keys()
        return len(layout & found) / max(len(layout | found), 1)

    best = max(KINDS.values(), key=fit)
    return best if fit(best) > 0.5 else None
