"""Comparing two runs: planted changes are found, chance is not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.errors import InputError
from relume.evaluate import EstimatorRecord, Failure, Metric, Results, Row
from relume.evaluate.report import adjusted_for_number, compare, paired_bootstrap

from .report_maker import protocol, results, row

METHODS = ("relume", "ratio image")


def made(shift: float = 0.0, noise: float = 0.0, seed: int = 0, items: int = 12) -> Results:
    """A run over clips of very different difficulty; `shift` is added to relume's light error."""
    hard = np.random.default_rng(99).uniform(0.2, 2.0, items)
    generator = np.random.default_rng(seed)
    rows = []
    for method in METHODS:
        for metric in ("light", "identity"):
            values = hard + noise * generator.standard_normal(items)
            values += shift * (method == "relume" and metric == "light")
            rows.append(row(method, metric, list(map(float, values))))
    return results(protocol(rows))


def verdicts(first: Results, second: Results) -> dict[tuple[str, str], str]:
    found = compare(first, second).changes
    return {(change.method, change.metric.name): change.verdict for change in found}


def test_planted_changes_are_found_and_told_apart() -> None:
    before = made(noise=0.02)
    worse = compare(before, made(0.05, noise=0.02, seed=2))
    assert worse.worse
    told = {(c.method, c.metric.name): c.verdict for c in worse.changes}
    assert told.pop(("relume", "light")) == "worse"
    assert set(told.values()) == {"unclear"}
    (change,) = (c for c in worse.changes if c.verdict == "worse")
    assert change.paired.items == 12
    assert change.paired.low < 0.05 < change.paired.high
    assert verdicts(before, made(-0.05, 0.02, 2))["relume", "light"] == "better"
    higher = {k: v for k, v in verdicts(made(), made(0.3)).items() if k[1] == "identity"}
    assert set(higher.values()) == {"same"}


def test_direction_follows_the_metric() -> None:
    before = results(protocol([row("relume", "identity", [0.5] * 8)]))
    after = results(protocol([row("relume", "identity", [0.6] * 8)]))
    assert verdicts(before, after) == {("relume", "identity"): "better"}
    assert verdicts(after, before) == {("relume", "identity"): "worse"}


def test_nearer_to_one_is_better() -> None:
    gain = Metric("gain", "Gain", "one")

    def run(value: float) -> Results:
        spread = 0.01 * np.arange(12)
        made = protocol([row("relume", "gain", list(map(float, value + spread)))], metrics=[gain])
        return results(made)

    (up,) = compare(run(0.5), run(0.9)).changes
    (down,) = compare(run(1.5), run(1.2)).changes
    (away,) = compare(run(1.0), run(1.6)).changes
    assert [c.verdict for c in (up, down, away)] == ["better", "better", "worse"]


def test_chance_is_rarely_called_a_change() -> None:
    """Where nothing changed, at most one whole comparison of four figures in twenty errs."""
    runs = 60
    wrong = sum(
        any(
            verdict in ("better", "worse")
            for verdict in verdicts(
                made(noise=0.1, seed=2 * s), made(noise=0.1, seed=2 * s + 1)
            ).values()
        )
        for s in range(runs)
    )
    assert wrong / runs < 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize("items", [4, 8, 20])
def test_error_rate_of_one_figure(items: int) -> None:
    runs = 400
    hits = 0
    for seed in range(runs):
        generator = np.random.default_rng(seed)
        hard = generator.uniform(0, 5, items)
        moved = hard + generator.standard_normal(items)
        hits += paired_bootstrap(hard, moved, draws=500).p <= 0.05
    assert hits / runs < 0.05 + 2 * (0.05 * 0.95 / runs) ** 0.5
    if items >= 8:
        assert hits > 0  # it isn't blind either


def test_interval_covers_the_true_change() -> None:
    runs, inside = 300, 0
    for seed in range(runs):
        generator = np.random.default_rng(seed)
        hard = generator.uniform(0, 5, 10)
        change = paired_bootstrap(hard, hard + 0.3 + generator.standard_normal(10), draws=500)
        inside += change.low <= 0.3 <= change.high
    assert inside / runs > 0.92


def test_few_items_tell_nothing() -> None:
    found = compare(made(items=3), made(0.5, items=3))
    assert {c.verdict for c in found.changes} == {"same", "too few items"}
    assert not found.worse
    assert any("6 items in common" in warning for warning in found.warnings)


def test_tolerance_judges_few_items_and_no_others() -> None:
    few = compare(made(items=3), made(0.5, items=3), tolerance=0.05)
    assert {c.verdict for c in few.changes} == {"same", "worse"}
    assert not few.warnings
    wide = compare(made(items=3), made(0.5, items=3), tolerance=5.0)
    assert {c.verdict for c in wide.changes} == {"same", "unclear"}
    many = compare(made(noise=0.3), made(noise=0.3, seed=2), tolerance=1e-6)
    assert {c.verdict for c in many.changes} == {"unclear"}


def test_rounding_is_no_change() -> None:
    before = results(protocol([row("relume", "light", [0.3] * 10)]))
    after = results(protocol([row("relume", "light", [0.3 + 1e-12] * 10)]))
    assert verdicts(before, after) == {("relume", "light"): "same"}


def test_only_common_items_count() -> None:
    before = {f"clip{i}": 1.0 + i for i in range(10)}
    after = {name: value + 0.5 for name, value in before.items() if name != "clip9"}
    after["new"] = 1000.0
    found = compare(
        results(protocol([row("relume", "light", before)])),
        results(protocol([row("relume", "light", after)])),
    )
    (change,) = found.changes
    assert change.paired.items == 9
    assert change.paired.change == pytest.approx(0.5)
    assert change.verdict == "worse"


def test_what_fails_newly_is_worse() -> None:
    before = made()
    old = Failure("clip3", "ratio image", "known")
    new = Failure("clip1", "relume", "no face was found")
    first, second = (
        results(dataclasses.replace(before.protocols[0], failures=failures))
        for failures in ([old], [dataclasses.replace(old, reason="other words"), new])
    )
    found = compare(first, second)
    assert found.failures == [("videos", new)]
    assert found.worse
    assert not compare(second, first).worse


def test_what_makes_a_comparison_doubtful_is_said() -> None:
    before = made()
    videos = dataclasses.replace(before.protocols[0], settings={"frames": 100})
    less = dataclasses.replace(
        before.protocols[0],
        settings={"frames": 200},
        method_order=["relume"],
        rows=[r for r in before.protocols[0].rows if r.method == "relume"],
    )
    other = [EstimatorRecord("light", "DECA", "1", "ef" * 32), before.estimators[1]]
    found = compare(
        dataclasses.replace(before, protocols=[videos]),
        dataclasses.replace(before, seed=1, estimators=other, protocols=[less]),
    )
    text = "\n".join(found.warnings)
    for part in ("seeds differ (0 and 1)", "DECA", "relume light net", "frames differs (100 and"):
        assert part in text
    assert "method in the first run alone: ratio image" in text
    assert "identity was not" not in text
    assert not compare(before, before).warnings


def test_times_and_joint_figures_are_not_judged() -> None:
    def run(value: float) -> Results:
        fid = Row("relume", "light", value, value, value, 500, {})
        return results(protocol([fid, row("relume", "time", [value] * 10)]))

    assert verdicts(run(1.0), run(2.0)) == {("relume", "light"): "too few items"}
    assert verdicts(run(1.0), run(1.0)) == {("relume", "light"): "same"}


def test_nothing_in_common_is_an_error() -> None:
    other = results(protocol([row("relume", "light", [1.0])], name="yale-b"))
    with pytest.raises(InputError, match="nothing in common"):
        compare(made(), other)


def test_comparing_repeats() -> None:
    first, second = made(noise=0.1), made(noise=0.1, seed=5)
    assert compare(first, second) == compare(first, second)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusting_keeps_order_and_only_raises(p: list[float]) -> None:
    adjusted = adjusted_for_number(p)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= -1e-15).all()


def test_adjusting_known_answer() -> None:
    """The worked example of Benjamini & Hochberg (1995): allowing for all errors finds three."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262]
    p += [0.5719, 0.6528, 0.7590, 1.0]
    adjusted = adjusted_for_number(p)
    assert (adjusted <= 0.05).sum() == 3
    assert adjusted[:3] == pytest.approx([15 * p[0], 14 * p[1], 13 * p[2]])
