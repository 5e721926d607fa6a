"""`relume relight --model paper` from the outside, with small networks of random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the published architecture needs PyTorch")
pytest.importorskip("safetensors", reason="weights are kept as safetensors")

from relume.cli import main  # noqa: E402
from relume.media import VideoFrame, VideoWriter, open_video, read_image, write_image  # noqa: E402
from relume.model.checkpoints import KINDS, save_weights  # noqa: E402
from relume.model.paper import build_portrait_relighter, tiny  # noqa: E402

RANDOM = {"source": "random", "source_sha256": "0" * 64}

Relight = Callable[..., int]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights with small networks in it, opaque everywhere."""
    place = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    model = build_portrait_relighter(tiny())
    with torch.no_grad():
        model.generator.decoder.net[2].bias[0] = 30.0
    save_weights(
        place / "portrait-relighting.safetensors",
        KINDS["portrait-relighting"],
        model.state_dict(),
        RANDOM,
        tiny(),
    )
    return place


@pytest.fixture
def relight(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Relight:
    """`relume relight SOURCE -o OUTPUT ... --model paper`; gives the exit code."""
    monkeypatch.setenv("RELUME_WEIGHTS", str(folder))

    def run(source: Path, output: Path, *options: str) -> int:
        given = ["relight", str(source), "-o", str(output), "--model", "paper", "-q", *options]
        return main(given)

    return run


@pytest.fixture(scope="module")
def seven(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven frames of the bundled clip, which fill the window of five; with sound."""
    path = tmp_path_factory.mktemp("clip") / "seven.mp4"
    with open_video(demo) as reader, VideoWriter(path, like=reader.info) as writer:
        for frame, _ in zip(reader, range(7), strict=False):
            small = np.ascontiguousarray(frame.rgb8[::2, ::2])
            writer.write(VideoFrame.from_rgb(small, frame.pts, frame.time_base))
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with open_video(path) as reader:
        return [frame.rgb8.copy() for frame in reader]


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]


@pytest.mark.parametrize(
    "options", [(), ("--yaw", "12", "--precision", "bf16")], ids=["", "turned"]
)
def test_video(relight: Relight, seven: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    output = tmp_path / "out.mkv"
    assert relight(seven, output, "-l", "golden-hour", "--quality", "100", *options) == 0
    before, after = frames_of(seven), frames_of(output)
    assert len(after) == 7
    assert sound_of(output) == sound_of(seven)
    for old, new in zip(before, after, strict=True):
        change = np.abs(new.astype(float) - old).max(2)
        y, x = (int(np.average(axis, weights=change > 40)) for axis in np.indices(change.shape))
        # Her face, which is around (281, 136) of 640 x 360, is replaced; the rest is not.
        assert abs(x - 281) < 15, x
        assert abs(y - 136) < 25, y
        assert change[:, 410:].max() < 12  # what the encoder does
        assert change[:, :150].max() < 12
        assert change[320:].max() < 12


def test_a_picture_changes_only_where_the_person_is(
    relight: Relight, seven: Path, tmp_path: Path
) -> None:
    picture, output = tmp_path / "face.png", tmp_path / "lit.png"
    write_image(picture, frames_of(seven)[0])
    assert relight(picture, output, "-l", "rembrandt") == 0
    before, after = read_image(picture), read_image(output)
    same = (before == after).all(2)
    assert same[:, 410:].all()
    assert same[320:].all()
    assert not same[110:150, 265:295].any()
    assert relight(picture, tmp_path / "none.png", "-l", "rembrandt", "--amount", "0") == 0
    np.testing.assert_array_equal(read_image(tmp_path / "none.png"), before)


def break_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def scramble(path: Path) -> None:
    path.write_bytes(b"no weights" * 1000)


def rename_a_tensor(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"encoder_f_high", b"encoder_f_hogh"))


@pytest.mark.parametrize("damage", [None, break_off, scramble, rename_a_tensor])
def test_weights_that_are_absent_or_broken(
    relight: Relight,
    folder: Path,
    seven: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None] | None,
) -> None:
    place = tmp_path / "weights"
    place.mkdir()
    if damage:
        path = place / "portrait-relighting.safetensors"
        path.write_bytes((folder / path.name).read_bytes())
        damage(path)
    monkeypatch.setenv("RELUME_WEIGHTS", str(place))
    picture, output = tmp_path / "face.png", tmp_path / "lit.png"
    write_image(picture, frames_of(seven)[0])
    assert relight(picture, output, "-l", "loop") == 8
    told = capsys.readouterr().err
    assert told.startswith("relume: ")
    assert told.count("\n") == 1
    assert ("relume weights import FILE" in told) if damage is None else (str(place) in told)
    assert not output.exists()


def test_weights_of_another_network(
    relight: Relight, seven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dpr.safetensors"
    state = KINDS["dpr"].build(tiny()).state_dict()
    save_weights(path, KINDS["dpr"], state, RANDOM, tiny())
    assert relight(seven, tmp_path / "out.mp4", "-l", "loop", "--weights", str(path)) == 8
    assert "portrait-relighting" in capsys.readouterr().err


def test_options_where_they_make_no_sense(
    relight: Relight, seven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    assert relight(seven, output, "-l", "loop", "--device", "cpu", "--precision", "fp16") == 2
    assert "bf16" in capsys.readouterr().err
    if not torch.cuda.is_available():
        assert relight(seven, output, "-l", "loop", "--device", "cuda") == 8
        assert "cuda" in capsys.readouterr().err
    assert not output.exists()
