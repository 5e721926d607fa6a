"""What is said about arguments that a command doesn't know."""

from __future__ import annotations

from pathlib import Path

import pytest

from relume.cli.main import main
from relume.cli.seconds import seconds_of

RELIGHT = ["relight", "talk.mp4", "-o", "out.mp4"]


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What wrong usage prints on standard error."""
    assert main(arguments) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            [*RELIGHT, "--lights", "loop"],
            "relight has no option --lights; did you mean --light? See relume relight --help",
        ),
        (
            [*RELIGHT, "--max_face=2"],
            "relight has no option --max_face; did you mean --max-faces? See relume relight --help",
        ),
        (
            [*RELIGHT, "--light-rotate", "20"],
            "relight has no option --light-rotate; did you mean --rotate-light? See relume relight"
            " --help",
        ),
        ([*RELIGHT, "--xyzzy"], "relight has no option --xyzzy; see relume relight --help"),
        # What is no option of the command isn't suggested: neither its SOURCE nor others' options.
        ([*RELIGHT, "--sources"], "relight has no option --sources; see relume relight --help"),
        ([*RELIGHT, "--detail", "9"], "relight has no option --detail; see relume relight --help"),
        (
            ["light", "show", "loop", "--outptu", "x.png"],
            "light show has no option --outptu; did you mean --output? See relume light show"
            " --help",
        ),
        (
            ["eval", "yale-b", "yale_b", "--protocol", "x"],
            "eval yale-b has no option --protocol; see relume eval yale-b --help",
        ),
        (["light", "list", "list"], "light list can't use 'list'; see relume light list --help"),
        (["light", "show", "loop", "x"], "light show can't use 'x'; see relume light show --help"),
    ],
)
def test_what_a_command_does_not_know_is_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(arguments, capsys) == f"relume: {words}\n"


def test_parts_of_a_nested_setting_are_suggested_whole(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
    train = ["train", "compact", "--taught", "a", "--run", "b", "--modle.plane", "64"]
    assert "did you mean --model.plane?" in told(train, capsys)


@pytest.mark.parametrize("command", ["relight", "track"])
def test_several_inputs_are_refused_with_the_way_out(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told([command, "a.jpg", "b.jpg", "c.jpg", "-o", "out.jsonl"], capsys)
    assert f"{command} takes one input at a time, and 'b.jpg' is one more" in line
    assert "'shots/*.jpg'" in line
    assert f'for f in shots/*.jpg; do relume {command} "$f"' in line
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("65", 65), (".5", 0.5), ("1:05", 65), ("1:02:03.5", 3723.5), ("1e1", 10)]
)
def test_times_are_seconds_or_as_timelines_have_them(text: str, seconds: float) -> None:
    assert seconds_of("--start", text) == seconds


@pytest.mark.parametrize(
    "arguments",
    [
        [*RELIGHT, "--light", "loop", "--start", "0:75"],
        [*RELIGHT, "--light", "loop", "--end", "soon"],
        ["mesh", "talk.mp4", "-o", "a.ply", "--time", "1:"],
        ["light", "show", "loop", "--time", "1m"],
    ],
)
def test_what_is_no_time_is_told(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.mp4").touch()
    option, text = arguments[-2:]
    assert f"{option} is seconds or minutes:seconds" in (line := told(arguments, capsys))
    assert repr(text) in line


@pytest.mark.parametrize("wrong", [["--amount", "50%"], ["--device", "gpu"], ["--light"]])
def test_a_value_that_cannot_be_read_points_to_the_commands_own_help(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*RELIGHT, *wrong])
    assert stop.value.code == 2
    line = capsys.readouterr().err
    assert wrong[0] in line
    assert "relume relight --help" in line
