"""Protocols: figures repeat, oracles are right, failures are told."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compose import luminance, to_srgb
from relume.errors import InputError, UsageError
from relume.evaluate import Protocol
from relume.evaluate.estimators import EstimatorFiles, Estimators, open_estimators
from relume.evaluate.protocols import PROTOCOLS, Context, Limits
from relume.evaluate.protocols.accuracy import explained
from relume.evaluate.protocols.base import Table, interval
from relume.evaluate.protocols.columns import COEFFICIENTS
from relume.evaluate.protocols.people import MadeClip
from relume.evaluate.results import EstimatorRecord
from relume.evaluate.runner import RunConfig, evaluate
from relume.evaluate.synthetic import draw
from relume.face import Pose
from relume.light import direction_of
from relume.media import write_image
from relume.native import native

from .report_maker import IDENTITY


def run(name: str, data: Path | None, *methods: str, folder: Path | None = None) -> Protocol:
    limits = Limits(frames=3, items=2, lights=1, views=1)
    return evaluate({name: data}, RunConfig(methods, limits=limits), folder).protocols[0]


def value(protocol: Protocol, method: str, metric: str) -> float:
    row = protocol.row(method, metric)
    assert row is not None, (method, metric, protocol.failures)
    assert row.low <= row.mean <= row.high
    return row.mean


def test_made_up_people_repeat_to_the_last_digit(tmp_path: Path) -> None:
    config = RunConfig(("untouched", "oracle", "ratio", "compact"), limits=Limits(2, 1))
    first = evaluate({"synthetic": None}, config, tmp_path)
    assert first.repeatable() == evaluate({"synthetic": None}, config, tmp_path).repeatable()
    found = first.protocols[0]
    assert value(found, "oracle", "rmse") == 0
    assert value(found, "oracle", "ssim") == pytest.approx(1)
    assert value(found, "ratio", "rmse") < value(found, "untouched", "rmse")
    assert value(found, "untouched", "warping_ratio") == 1
    assert 0 < value(found, "ratio", "normals") < 0.5
    assert 0 < value(found, "ratio", "depth") < 0.1
    assert found.row("untouched", "depth") is None
    assert (tmp_path / found.strips[0].png).is_file()
    told = {(f.method, f.reason.split(":")[0]) for f in found.failures}
    # Without the kernels there is nothing to render planes with.
    missing = native() is None
    assert any(f.method == "compact" for f in found.failures) == missing
    assert (found.row("compact", "rmse") is None) == missing
    assert (("", "identity") in told) == (found.row("ratio", "identity") is None)


def test_videos_in_their_own_view_and_others(short_clip: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(short_clip)
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    own = run("input-view", tmp_path, "untouched", "ratio", folder=tmp_path)
    assert value(own, "ratio", "light") < value(own, "untouched", "light")
    assert value(own, "untouched", "pose") == pytest.approx(0, abs=1e-6)
    assert value(own, "untouched", "warping_ratio") == 1
    assert own.strips[0].columns == ["input", "untouched", "ratio"]
    assert own.curves
    assert "1 of 5 lights" in own.about
    assert "3 of 500 frames" in own.about
    assert [f.item for f in own.failures if "broken" in f.reason] == ["broken"]
    turned = run("novel-views", tmp_path / "a.mp4", "untouched", "ratio", "dpr")
    assert value(turned, "untouched", "pose") == pytest.approx(0.3, abs=1e-3)
    assert value(turned, "ratio", "pose") < 0.2
    assert any(f.method == "dpr" for f in turned.failures)


def test_an_item_that_lacks_a_condition_isnt_set_beside_whole_ones(
    short_clip: Path, tmp_path: Path
) -> None:
    clips, frames = tmp_path / "clips", tmp_path / "frames"
    clips.mkdir()
    for clip, names in (("a", ("rembrandt", "split-right")), ("b", ("rembrandt",)), ("c", ())):
        (clips / f"{clip}.mp4").symlink_to(short_clip)
        (frames / clip).mkdir(parents=True)
        for name in names:
            (frames / clip / f"{name}.mp4").symlink_to(short_clip)
    config = RunConfig(
        ("untouched",), (f"rival={frames}",), limits=Limits(frames=3, items=3, lights=2)
    )
    (found,) = evaluate({"input-view": clips}, config).protocols
    whole, part = (found.row(method, "light") for method in ("untouched", "rival"))
    assert whole is not None
    assert part is not None
    assert list(whole.per_item) == ["a", "b", "c"]
    assert part.per_item == {"a": pytest.approx(whole.per_item["a"])}  # it shows the same frames
    assert (part.n, part.mean) == (1, part.per_item["a"])
    told = [f for f in found.failures if "left out" in f.reason]
    assert {(f.item, f.method) for f in told} == {("b", "rival")}
    assert told[0].reason.startswith(
        "measured under 1 of 2 conditions, not split-right; so left out of light, light_instability"
    )
    people = found.row("untouched", "light_people")
    assert people is not None
    assert people.n == 3
    assert found.row("rival", "light_people") is None  # one person alone is left


def _table(*methods: str) -> Table:
    spec = replace(PROTOCOLS["synthetic"], name="made")
    context = Context(None, (), Estimators.__new__(Estimators), Limits())
    return Table(spec, context, [IDENTITY], {}, list(methods))


def test_means_are_over_conditions_that_all_methods_have() -> None:
    table = _table("a", "b", "c")
    for item in ("x", "y"):
        for condition, value in (("front", 1.0), ("side", 3.0)):
            table.add("a", "identity", item, value, condition)
            if (item, condition) != ("y", "side"):
                table.add("b", "identity", item, value, condition)
        table.add("c", "identity", item, None, "front")
        table.add("c", "identity", item, 9.0, "side")
    found = table.finish()
    assert {r.method: r.per_item for r in found.rows} == {"a": {"x": 2.0, "y": 2.0}, "b": {"x": 2}}
    assert {(f.item, f.method) for f in found.failures} == {("y", "b"), ("x", "c"), ("y", "c")}


def test_a_condition_that_the_only_method_failed_under_is_known_from_other_items() -> None:
    table = _table("a")
    for item in ("x", "y"):
        table.add("a", "identity", item, 1.0, "front")
    table.add("a", "identity", "x", 3.0, "side")
    table.fail("y", "a", "it broke", "side")
    table.fail("y", "a", "nobody can do that", "behind")
    (row,) = table.finish().rows
    assert row.per_item == {"x": 2.0}


def test_pictures_are_rebuilt_and_lit_as_others(made: MadeClip, tmp_path: Path) -> None:
    here = (0.0, 0.0, 0.0)
    write_image(tmp_path / "a.png", made.picture(0, False, here))
    write_image(tmp_path / "b.png", made.picture(1, True, here))
    write_image(tmp_path / "wall.png", np.full((200, 200, 3), 90, np.uint8))
    config = RunConfig(("untouched", "blurred", "ratio", "compact"))
    both = {"reconstruction": tmp_path, "transfer": tmp_path}
    rebuilt, lit = evaluate(both, config).protocols
    assert value(rebuilt, "untouched", "psnr") == 60
    # Under the light that they themselves read off it, they leave a picture as it is.
    assert value(rebuilt, "ratio", "psnr") > 40
    assert value(rebuilt, "compact", "psnr") > 40
    assert value(rebuilt, "blurred", "ssim") < value(rebuilt, "ratio", "ssim")
    for found in (rebuilt, lit):
        assert [f.item for f in found.failures if "no face was" in f.reason] == ["wall"]
        assert found.rows[0].n == 2
    assert value(lit, "ratio", "light") < value(lit, "untouched", "light")


def test_people_are_told_by_skin_tone_and_by_labels(made: MadeClip, tmp_path: Path) -> None:
    for name, dim in (("a", 1.0), ("b", 0.3)):
        picture = made.linear(0, False, (0.0, 0.0, 0.0)) * np.float32(dim)
        write_image(tmp_path / f"{name}.png", np.rint(to_srgb(picture) * 255).astype(np.uint8))
    (tmp_path / "labels.csv").write_text("name,age\na,young\nb,old\n", encoding="utf-8")
    found = run("portraits", tmp_path, "untouched", "ratio")
    assert "1 of 10 lights, 1 of 4 turned cameras" in found.about
    assert value(found, "ratio", "light") < value(found, "untouched", "light")
    assert value(found, "untouched", "pose") == pytest.approx(0.3, abs=1e-3)
    # The error is the root of its coefficients' squares, for one light.
    parts = [found.row("ratio", f"light_{c}") for c in COEFFICIENTS]
    for item, whole in found.row("ratio", "light").per_item.items():  # type: ignore[union-attr]
        assert math.hypot(*(p.per_item[item] for p in parts if p)) == pytest.approx(whole)
    tones = [g for g in found.groups if g.kind == "skin as photographed"]
    assert [g.items for g in tones] == [["a"], ["b"]]  # the darker picture in the later class
    assert {g.name: g.items for g in found.groups if g.kind == "age"} == {
        "young": ["a"],
        "old": ["b"],
    }
    young = next(g for g in found.groups if g.name == "young")
    row = next(r for r in young.rows if (r.method, r.metric) == ("ratio", "light"))
    assert row.mean == found.row("ratio", "light").per_item["a"]  # type: ignore[union-attr]
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="can't be read"):
        run("portraits", tmp_path, "untouched")


def test_figures_repeat_in_another_process(tmp_path: Path) -> None:
    """To the last digit: nothing hangs on a process's hashes, addresses or clock."""
    code = (
        "import sys; from relume.evaluate.runner import *; from relume.evaluate.protocols import *;"
        "c = RunConfig(('untouched', 'ratio', 'compact'), limits=Limits(2, 1));"
        "r = evaluate({'synthetic': None}, c).repeatable();"
        "open(sys.argv[1], 'w', encoding='utf-8').write(r.to_json())"
    )
    for name, seed in (("a", "1"), ("b", "2")):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=True, env=env)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len((tmp_path / "a").read_bytes()) > 10_000


@pytest.fixture
def yale(made: MadeClip, tmp_path: Path) -> Path:
    """A made-up person in the database's format: distant lamps, linear grey, tight crops."""
    pose = Pose(0.0, 0.0, 0.0, 83.5, 95.5, 250.0)
    for azimuth, elevation in ((0, 0), (20, 10), (60, 20), (-50, 0), (-70, 45)):
        lamp = direction_of(math.radians(-azimuth), math.radians(elevation))
        values = made._head.diffuse(lamp[None])
        drawn = draw(made.person, made._head, pose, (168, 192), values)
        grey = luminance(drawn.lit(drawn.shading[..., :1]))
        grey = np.clip(grey / np.percentile(grey[drawn.alpha], 95) * 200, 0, 255)
        name = f"yaleX_P00A{azimuth:+04d}E{elevation:+03d}.png"
        cv2.imwrite(str(tmp_path / name), np.rint(grey).astype(np.uint8))
    return tmp_path


def test_yale_b_is_compared_with_the_photograph(yale: Path) -> None:
    found = run("yale-b", yale, "untouched", "oracle", "ratio")
    assert value(found, "oracle", "rmse_frontal") < 0.02
    assert value(found, "ratio", "rmse_frontal") < 0.9 * value(found, "untouched", "rmse_frontal")
    assert list(found.rows[0].per_item) == ["yaleX_P00"]
    # What an estimator makes of the photographs themselves.
    true = value(found, "oracle", "light_frontal")
    assert 0.05 < true < 0.9 * value(found, "untouched", "light_frontal")


class Shape:
    """For a face embedding: the face's pixels, over their mean."""

    record = EstimatorRecord("identity", "shape", "1", "")

    def __call__(
        self, rgb8: NDArray[np.uint8], landmarks: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        low, high = landmarks[:, :2].min(0).astype(int), landmarks[:, :2].max(0).astype(int)
        face = rgb8[low[1] : high[1], low[0] : high[0]].astype(np.float32).ravel()
        return np.asarray(face - face.mean(), np.float32)


def test_likeness_is_told_beside_what_true_photographs_have(
    yale: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(files: EstimatorFiles) -> Estimators:
        return replace(open_estimators(files), identity=Shape())

    monkeypatch.setattr("relume.evaluate.runner.open_estimators", opened)
    found = run("yale-b", yale, "untouched", "oracle", "ratio")
    assert value(found, "untouched", "identity_frontal") == pytest.approx(1)
    assert value(found, "oracle", "likeness_frontal") == pytest.approx(1, abs=1e-3)
    real = value(found, "oracle", "identity_frontal")
    assert real < 0.95  # the photograph itself isn't the input
    assert value(found, "untouched", "likeness_frontal") == pytest.approx(real, abs=1e-3)
    assert value(found, "ratio", "likeness_frontal") > real


def test_light_accuracy_is_told_by_coefficient(yale: Path) -> None:
    found = run("light-accuracy", yale, "untouched")
    assert found.method_order == [
        "rendered-heads light network, made-up people",
        "rendered-heads light network, Yale B",
    ]
    real = found.method_order[1]
    assert value(found, real, "follow_x") > 0.7
    assert value(found, real, "error") < value(found, real, "even")


def test_a_lamps_place_is_read_off_the_photograph(yale: Path) -> None:
    found = run("light-reading", yale, "untouched")
    assert found.method_order == ["fitted", "read"]
    assert value(found, "read", "angle_other") < 25
    assert value(found, "read", "angle_other") < value(found, "fitted", "angle_other")
    assert value(found, "read", "error_other") < value(found, "fitted", "error_other")


def test_explained_variance_of_known_cases() -> None:
    truth = np.random.default_rng(0).normal(size=(200, 8))
    assert np.allclose(explained(truth, truth), 1)
    r2, follow, gain = explained(truth, 0.5 * truth + 1)
    assert (r2 < 0).all()
    assert np.allclose(follow, 1)
    assert np.allclose(gain, 0.5)


def test_intervals_hold_the_mean_and_repeat() -> None:
    values = np.random.default_rng(1).normal(size=30)
    low, high = interval(values, 0, "a")
    assert low < values.mean() < high
    # About two standard errors to either side.
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / np.sqrt(30), rel=0.15)
    assert interval(values, 0, "a") == (low, high)
    assert interval(values, 1, "a") != (low, high)
    assert interval(values[:1], 0, "a") == (values[0], values[0])


def test_wrong_requests_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no protocol 'table-9'"):
        evaluate({"table-9": None})
    for name, spec in PROTOCOLS.items():
        assert spec.name == name
        if spec.needs:
            with pytest.raises(UsageError, match="needs data"):
                evaluate({name: None})
    with pytest.raises(InputError, match="no pictures named as Yale B's"):
        evaluate({"yale-b": tmp_path})
    with pytest.raises(InputError, match="none: no such folder"):
        evaluate({"yale-b": tmp_path / "none"})


@pytest.mark.parametrize("name", ["novel-views", "input-view", "portraits", "reconstruction"])
def test_data_of_which_nothing_can_be_measured_is_refused(tmp_path: Path, name: str) -> None:
    junk = tmp_path / "junk.png"
    junk.write_bytes(bytes(range(1, 200)))
    (tmp_path / "junk.mp4").write_bytes(junk.read_bytes())
    for data in (junk, tmp_path):
        match = rf"^{re.escape(str(data))}: nothing in it could be measured: .* be read"
        with pytest.raises(InputError, match=match):
            run(name, data, "untouched")
