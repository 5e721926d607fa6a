"""Views carried along to other cameras, against the truth of the known head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from relume.compact_engine import CompactEngine
from relume.compact_engine.rendered import RenderedView
from relume.geometry import Camera
from relume.light import Light
from relume.media import ArrayPicture
from relume.runtime import Views

from ..studio import Studio
from .conftest import KnownHead


def _views(studio: Studio, camera: Camera) -> Views:
    return KnownHead(studio.head).render(np.zeros(0, np.float32), camera)


def test_a_view_is_carried_along(studio: Studio) -> None:
    own = Camera.look_at(0.1, -0.05)
    view = RenderedView(np.zeros(0, np.float32), _views(studio, own), own)
    for turn in ((0.02, 0.0, 0.0), (0.0, 0.02, 0.0), (0.01, -0.015, 0.0)):
        camera = own.turned(*turn)
        found, truth, was = view.seen_from(camera), _views(studio, camera), _views(studio, own)
        assert found is not None
        seen = (truth.alpha > 0.5) & (found.alpha > 0.99) & (was.alpha > 0.5)

        def error(name: str, views: Views, truth: Views = truth, seen: object = seen) -> float:
            return float(np.abs(getattr(views, name) - getattr(truth, name))[seen].mean())

        assert error("transfer", found) < 0.6 * error("transfer", was)
        assert error("depth", found) < 0.4 * error("depth", was)
        outline = np.square(found.alpha - truth.alpha).mean()
        assert outline < 0.9 * np.square(was.alpha - truth.alpha).mean()


def test_the_same_camera_sees_the_very_same_and_a_far_one_nothing(studio: Studio) -> None:
    own = Camera.look_at(0.1, -0.05)
    views = _views(studio, own)
    view = RenderedView(np.zeros(0, np.float32), views, own)
    assert view.seen_from(Camera.look_at(0.1, -0.05)) is views
    assert view.seen_from(own.turned(0.2)) is None


def test_planes_are_rendered_once(engine: CompactEngine, studio: Studio) -> None:
    known = engine._runtime
    image, _ = studio.picture(Light.ambient(1.0))
    for number, time in enumerate([0.0, 0.1, 0.2, 0.28, 0.35]):
        frame = image + np.float32(0.01 * number)  # never the same picture twice
        engine.observe(ArrayPicture(frame), studio.face, time)
    assert (known.encoded, known.rendered) == (2, 2)  # type: ignore[attr-defined]


def _with(views: Views, depth: float) -> Views:
    return replace(views, depth=views.depth + np.float32(depth))


def test_a_new_shape_comes_in_softly(studio: Studio) -> None:
    """Of new planes, whose depth is another by 0.1."""
    camera = studio.face.camera
    views = _views(studio, camera)
    old = RenderedView(np.zeros(0, np.float32), views, camera, 1.0)
    old.settling(views, 1.0)
    other = _with(views, 0.1)
    new = RenderedView(np.ones(1, np.float32), other, camera, 1.1, old)
    inside = views.alpha > 0.99
    shares = []
    for time in (1.1, 1.2, 1.4, 1.7):
        seen = new.seen_from(camera)
        assert seen is other
        off = (new.settling(seen, time).depth - views.depth)[inside]
        assert np.ptp(off) < 1e-4
        shares.append(float(off.mean()) / 0.1)
    assert shares == pytest.approx([0, 0.2, 0.6, 1], abs=1e-3)
    # The next one begins from what was shown.
    third = RenderedView(np.full(1, 2, np.float32), views, camera, 1.8, new)
    assert third.settling(views, 1.8).depth[inside] == pytest.approx(other.depth[inside], abs=1e-4)


def test_what_was_last_seen_long_ago_says_nothing_of_shape(studio: Studio) -> None:
    camera = studio.face.camera
    views = _views(studio, camera)
    old = RenderedView(np.zeros(0, np.float32), views, camera, 1.0)
    other = _with(views, 0.1)
    new = RenderedView(np.ones(1, np.float32), other, camera, 3.0, old)
    assert new.settling(other, 3.0) is other
