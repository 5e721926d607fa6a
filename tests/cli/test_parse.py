"""What is said about arguments that a command doesn't know."""

from __future__ import annotations

from pathlib import Path

import pytest

from relume.cli.eval import EvalCommand
from relume.cli.main import main
from relume.cli.parse import parse
from relume.cli.seconds import seconds_of
from relume.errors import UsageError
from relume.times import TIME_FORMS

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


def test_several_inputs_are_refused_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    line = told(["track", "a.jpg", "b.jpg", "c.jpg", "-o", "out.jsonl"], capsys)
    assert "track takes one input at a time, and 'b.jpg' is one more" in line
    assert "'shots/*.jpg'" in line
    assert 'for f in shots/*.jpg; do relume track "$f"' in line
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
        ["track", "talk.mp4", "-o", "a.jsonl", "--start", "0:75"],
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
    assert f"{option} is {TIME_FORMS}" in (line := told(arguments, capsys))
    assert repr(text) in line


def test_what_to_give_for_a_timecode_is_told() -> None:
    with pytest.raises(UsageError, match=r"frames: .* 12 frames at 25 .* as 01:00:02\.48"):
        seconds_of("--start", "01:00:02:05")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*RELIGHT, "--amount", "50%"], "--amount takes a number, got '50%'; see relume relight"),
        ([*RELIGHT, "--max-faces=two"], "--max-faces takes a whole number, got 'two'; see relume"),
        ([*RELIGHT, "--threads", "2.5"], "--threads takes a whole number, got '2.5'; see relume"),
        ([*RELIGHT, "--device", "gpu"], "--device takes cpu, cuda or auto, got 'gpu'; see relume"),
        ([*RELIGHT, "--light"], "--light needs a value: --light LIGHT; see relume relight --help"),
        (["relight", "talk.mp4"], "relight needs -o FILE, or a pass to be written alone"),
        (["relight"], "relight needs SOURCE; see relume relight --help"),
        (["teacher"], "teacher needs FOLDER ... and -o FOLDER; see relume teacher --help"),
        (["light", "show"], "light show needs LIGHT; see relume light show --help"),
        (
            ["relight", "talk.mp4", "--outptu", "a.mp4"],
            "relight has no option --outptu; did you mean --output? See relume relight --help",
        ),
        (["light"], "light needs one of list, show, try, schema; see relume light --help"),
        (["light", "draw"], "no command is called 'light draw'; known: list, show, try, schema"),
        (["weights", "imprt", "x"], "no command is called 'weights imprt'; did you mean 'import'?"),
        (["eval", "input-veiw"], "no command is called 'eval input-veiw'; did you mean 'input-vi"),
        (["eval", "--items", "3", "quick"], "eval needs one of quick, novel-views, "),
    ],
)
def test_arguments_that_cannot_be_used_are_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(arguments, capsys)
    assert line.startswith(f"relume: {words}")
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compct"], "no command is called 'train compct'; did you mean 'compact'?"),
        (
            ["compact", "--taugt", "a", "--run", "b"],
            "train compact has no option --taugt; did you mean --taught? See relume train compact"
            " --help",
        ),
        (["temporal"], "train temporal needs --taught PATH and --run PATH; see relume train tempo"),
        (
            ["compact", "--taught", "a", "--run", "b", "--batch", "two"],
            "--batch takes a whole number, got 'two'; see relume train compact --help",
        ),
        (["compact", "--samples", "8"], "--samples needs 2 values: --samples INT INT; see relume"),
    ],
)
def test_the_same_of_training(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
    assert told(["train", *arguments], capsys).startswith(f"relume: {words}")


def test_an_option_without_a_default_value_reads_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
    for command in (["train", "compact"], ["eval", "quick"], ["teacher"], ["weights", "import"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        told = capsys.readouterr().out
        assert "None" not in told
        assert "(default: )" not in told


def test_data_may_stand_behind_an_option_of_many_values(tmp_path: Path) -> None:
    data, words = str(tmp_path), ["--methods", "ratio", "untouched", str(tmp_path), "-o", "out"]
    for given in (words, [data, *words[:3], *words[4:]], [*words[4:], *words[:4]]):
        command = parse(EvalCommand, "eval", ["input-view", *given]).command
        assert command.data == tmp_path
        assert command.methods == ("ratio", "untouched")
        assert command.output == Path("out")


def test_data_that_are_not_there_are_not_guessed_among_many_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = told(["eval", "input-view", "--methods", "ratio", "nowhere", "-o", "out"], capsys)
    assert "eval input-view needs DATA" in line
    assert "--methods takes every word behind it: give DATA first" in line
