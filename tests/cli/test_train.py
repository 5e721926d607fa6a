"""`relume teacher` and `relume train`: from portraits to a picture relit with what was learnt."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from relume.cli import main
from relume.cli.progress import training_progress
from relume.media import open_video, read_image, write_image
from relume.train import held_out

OPTIONS = """--model.plane 16 --model.albedo-channels 4 --model.shading-channels 2 --model.stem 8 8
--model.trunk 8 12 --model.code 8 --model.shading-width 8 --model.hidden 8 --model.template 12
--batch 2 --patch 6 --samples 4 4 --albedo-steps 1 --log-steps 1 --look-steps 1000 --warm-up 2
--workers 0 --loss.perceptual 0"""


@pytest.fixture
def portraits(demo: Path, tmp_path: Path) -> Path:
    """Frames of the bundled clip as if of two people, one of them kept out, and a grey picture."""
    names = [f"us-x_person{chr(97 + i)}" for i in range(26)]
    inner = next(n for n in names if not held_out(n))
    outer = next(n for n in (f"us-x_person{i}a" for i in range(99)) if held_out(n))
    folder = tmp_path / "portraits"
    folder.mkdir()
    with open_video(demo) as reader:
        for name, frame in zip((inner, outer), reader, strict=False):
            write_image(folder / f"{name}.png", frame.rgb8)
    write_image(folder / "grey.png", np.full((80, 80, 3), 127, np.uint8))
    return folder


def test_from_portraits_to_a_relit_picture(
    portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("torch", "lightning_fabric", "safetensors", "numba", "embreex"):
        pytest.importorskip(package, reason=f"needs {package} (extras: teacher, train)")
    taught, run, weights = tmp_path / "taught", tmp_path / "run", tmp_path / "w.safetensors"

    teach = ["teacher", str(portraits), "-o", str(taught)]
    assert main(teach) == 0
    told = capsys.readouterr().err
    assert "grey.png: no face found" in told
    assert "2 taught, 1 refused" in told
    assert len(list((taught / "sheets").glob("*.jpg"))) == 1
    assert main(teach) == 0
    told = capsys.readouterr().err  # it goes on where it was
    assert "0 taught, 0 refused (before: 2 taught, 1 refused)" in told

    train = ["train", "compact", "--taught", str(taught), "--run", str(run), *OPTIONS.split()]
    assert main([*train, "--steps", "1"]) == 0
    capsys.readouterr()
    assert main([*train, "--steps", "2"]) == 0
    assert f"relume train export {run}" in capsys.readouterr().err
    lines = [json.loads(line) for line in (run / "scalars.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]

    export = ["train", "export", str(run), str(weights)]
    assert main(export) == 0
    told = capsys.readouterr().err
    assert "2 steps, 4 pairs of 1 portraits" in told
    assert main(export) == 6
    assert "--overwrite" in capsys.readouterr().err

    source, output = next(portraits.glob("us*")), tmp_path / "lit.png"
    command = ["relight", str(source), "-o", str(output), "--light", "split", "--model", "compact"]
    assert main([*command, "--weights", str(weights), "--quiet"]) == 0
    gap = np.abs(read_image(output).astype(int) - read_image(source).astype(int))
    assert gap.max() > 20


def test_faults_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = str(tmp_path / "nowhere")
    assert main(["teacher", nowhere, "-o", str(tmp_path / "taught")]) == 3
    assert nowhere in capsys.readouterr().err
    pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
    assert main(["train", "export", nowhere, str(tmp_path / "w.safetensors")]) == 3
    assert f"{nowhere}: no such folder" in capsys.readouterr().err
    assert main(["train", "export", str(tmp_path), str(tmp_path / "w.bin")]) == 6
    assert "w.bin: weights are written as .safetensors" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_teacher_of_refused_portraits_alone_fails_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("numba", "embreex"):
        pytest.importorskip(package, reason=f"needs {package} (extras: teacher, train)")
    (tmp_path / "portraits").mkdir()
    (tmp_path / "portraits/a.png").touch()
    command = ["teacher", str(tmp_path / "portraits"), "-o", str(tmp_path / "taught")]
    for _ in range(2):
        assert main(command) == 3
        assert "no portrait could be taught; reasons: " in capsys.readouterr().err


def test_an_interrupted_teacher_draws_its_sheet_and_says_that_it_goes_on(
    portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for package in ("numba", "embreex"):
        pytest.importorskip(package, reason=f"needs {package} (extras: teacher, train)")
    from relume.teacher import CorpusConfig, teach_corpus

    def stopped(config: CorpusConfig) -> Iterator[object]:
        with closing(teach_corpus(config)) as outcomes:
            for outcome in outcomes:
                yield outcome
                if outcome.taught:
                    raise KeyboardInterrupt

    monkeypatch.setattr("relume.teacher.teach_corpus", stopped)
    assert main(["teacher", str(portraits), "-o", str(tmp_path / "taught")]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    taught = {p.stem for p in (tmp_path / "taught").glob("*.npz")}
    lines = (tmp_path / "taught" / "sheets" / "shown.jsonl").read_text().splitlines()
    assert taught == {stem for line in lines for stem in json.loads(line)["portraits"]}


def test_training_names_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "relume.cli.train", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["train", "compact"]) == 7
    assert 'pip install "relume[train]"' in capsys.readouterr().err


def test_teaching_names_the_extra(
    portraits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "trimesh.ray.ray_pyembree", None)
    assert main(["teacher", str(portraits), "-o", str(tmp_path / "taught")]) == 7
    assert 'pip install "relume[teacher]"' in capsys.readouterr().err
    assert not (tmp_path / "taught").exists()


def test_without_a_terminal_training_tells_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 10.0, 30.0, 61.0, 70.0, 122.0])
    monkeypatch.setattr("relume.cli.progress.time.monotonic", lambda: next(clock, 122.0))
    with training_progress("training", 2000) as advance:
        for step in range(1001, 1006):
            advance(step, 2000, 0.5)
    assert capsys.readouterr().err.splitlines() == [
        "training: step 1,003 of 2,000, 0.04 steps/s, loss 0.500",
        "training: step 1,005 of 2,000, 0.04 steps/s, loss 0.500",
    ]
