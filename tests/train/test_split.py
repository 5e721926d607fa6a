"""Who is kept out: by person, for good."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from relume.train.split import held_out, kept_out, person


def test_pictures_of_one_person_stay_together() -> None:
    assert person("neutral_front_001_03") == person("smiling_front_001_08")
    assert person("us-house_jane-doe") == person("us-senate_jane-doe")
    assert person("canada_003f") != person("neutral_front_003_03")
    assert person("plain") == "plain"


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_growing_the_share_only_adds_people(stem: str) -> None:
    assert not held_out(stem, 0.0)
    assert held_out(stem, 1.0)
    assert held_out(stem, 0.5) >= held_out(stem, 0.1)


def test_the_rule_is_fixed() -> None:
    # If this changes, everything that was measured on people kept out is void.
    assert held_out("us-house_ami-bera")
    assert held_out("canada_008f")
    assert not held_out("us-senate_nobody-special")


def test_of_two_people_somebody_is_always_kept_out() -> None:
    inner = [n for n in (f"us-x_person{k}" for k in range(99)) if not held_out(n)]
    outer = [n for n in (f"us-x_person{k}" for k in range(99)) if held_out(n)]
    assert kept_out([*inner, *outer]) == set(outer)  # in a set with both, as ever
    for people in (inner[:5], outer[:3]):
        (stem,) = kept_out(people)
        assert kept_out(people[::-1]) == {stem}
        other = stem.replace("us-x", "us-y")  # another picture of theirs
        assert kept_out([*people, other]) == {stem, other}
    # The one whose hash is lowest: whom any share that keeps out anybody keeps out.
    (lowest,) = kept_out(inner)
    share = next(s / 1000 for s in range(1000) if any(held_out(n, s / 1000) for n in inner))
    assert held_out(lowest, share)
    assert kept_out(inner[:1]) == set()
