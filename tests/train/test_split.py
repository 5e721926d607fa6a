"""Who is kept out: by person, for good."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from relume.train.split import held_out, person


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
