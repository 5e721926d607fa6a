"""Methods: each gives as many frames as it got, remembers nothing, and says what it can't do."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.errors import InputError, MediaError, UsageError
from relume.evaluate.clips import VIEW, Clip, find_inputs, open_clip, open_still
from relume.evaluate.methods import METHODS, Condition, Geometry, make_methods
from relume.evaluate.methods.base import Method
from relume.evaluate.metrics import depth_error, normal_error
from relume.evaluate.protocols.people import MadeClip
from relume.light import load_light
from relume.media import write_image

LIT = Condition("split", load_light("split").at(0.0))


def one(name: str) -> Method:
    return make_methods([name])[0]


def frames(method: Method, clip: Clip, condition: Condition = LIT) -> list[np.ndarray]:
    return list(method.run(clip, condition))


def test_relighting_changes_every_frame_and_repeats(clip: Clip) -> None:
    given, method = list(clip.frames()), one("ratio")
    first, second = frames(method, clip), frames(method, clip)
    assert len(first) == len(given)
    for a, b, frame in zip(first, second, given, strict=True):
        assert np.array_equal(a, b)
        assert np.abs(a.astype(int) - frame).mean() > 2
    assert all(
        np.array_equal(a, b) for a, b in zip(frames(one("untouched"), clip), given, strict=True)
    )


def test_frozen_and_blurred_come_of_the_ratio_model(clip: Clip) -> None:
    ratio = frames(one("ratio"), clip)
    frozen, blurred = frames(one("frozen"), clip), frames(one("blurred"), clip)
    assert len(frozen) == len(clip)
    assert all(np.array_equal(f, ratio[0]) for f in frozen)
    for a, b in zip(blurred, ratio, strict=True):
        assert a.mean() == pytest.approx(b.mean(), abs=1)
        assert (
            np.abs(np.diff(a.astype(int), axis=1)).mean()
            < 0.7 * np.abs(np.diff(b.astype(int), axis=1)).mean()
        )


def test_each_frame_alone_remembers_nothing(clip: Clip) -> None:
    """Its last frame is what it makes of a clip of that frame only."""
    last = list(clip.frames())[-1]
    only = Clip("last", clip.size, [0.0], clip.faces[-1:], lambda: iter([last]))
    method = one("ratio-alone")
    assert np.array_equal(frames(method, clip)[-1], frames(method, only)[0])
    assert not np.array_equal(frames(one("ratio"), clip)[-1], frames(method, only)[0])


def test_oracle_gives_the_truth_or_says_that_it_does_not_know(clip: Clip) -> None:
    truth = [np.zeros((2, 2, 3), np.uint8)]
    known = Condition("x", None, truth=lambda: iter(truth))
    assert frames(one("oracle"), clip, known) == truth
    with pytest.raises(UsageError, match="isn't known"):
        frames(one("oracle"), clip)


def test_external_frames_are_checked(clip: Clip, tmp_path: Path) -> None:
    folder = tmp_path / "theirs" / clip.name / LIT.name
    folder.mkdir(parents=True)
    given = list(clip.frames())
    for index, frame in enumerate(given):
        write_image(folder / f"{index:03d}.png", 255 - frame)
    text = f"rival={tmp_path / 'theirs'}"
    method = make_methods(["untouched"], external=[text])[-1]
    assert method.name == "rival"
    assert np.array_equal(frames(method, clip)[1], 255 - given[1])
    with pytest.raises(MediaError, match="has no frames there"):
        frames(method, clip, Condition("other", None))
    (folder / "002.png").unlink()
    with pytest.raises(MediaError, match="2 frames, the input has 3"):
        frames(method, clip)
    write_image(folder / "000.png", given[0][:100], overwrite=True)
    with pytest.raises(MediaError, match="the input's size"):
        frames(method, clip)
    with pytest.raises(InputError, match="no such folder"):
        make_methods([], external=["rival=/nowhere"])
    with pytest.raises(UsageError, match="NAME=FOLDER"):
        make_methods([], external=["rival"])


def test_without_memory_a_frame_is_what_it_is_alone(clip: Clip) -> None:
    """Frames in any company come out alike, by the tracker's own faces."""
    last = list(clip.frames())[-1]
    only = Clip("last", clip.size, [0.0], clip.faces[-1:], lambda: iter([last]))
    for model in ("ratio", "compact"):
        alone = frames(one(model), only)[0]
        assert np.array_equal(frames(one(f"{model}-no-memory"), clip)[-1], alone)
        assert not np.array_equal(frames(one(model), clip)[-1], alone)


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (0.2, 0.0, 0.0)])
def test_no_detail_keeps_the_light_and_loses_the_skin(
    clip: Clip, turn: tuple[float, float, float]
) -> None:
    """Like the compact model's picture once both are blurred; smoother than it before."""
    condition = Condition("split", load_light("split").at(0.0), turn)
    whole, plain = (frames(one(m), clip, condition)[1] for m in ("compact", "compact-no-detail"))
    face = clip.faces[1]
    assert face is not None
    x, y = int(face.pose.x), int(face.pose.y)
    part = (slice(y - 40, y + 30), slice(x - 35, x + 35))
    assert roughness(plain[part]) < 0.5 * roughness(whole[part])
    a, b = (cv2.GaussianBlur(p.astype(np.float32), (0, 0), 8)[part] for p in (whole, plain))
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.9
    given = list(clip.frames())[1]
    assert np.abs(plain[:8, :8].astype(int) - given[:8, :8]).max() <= 1  # far from the head
    same = frames(one("compact-no-detail"), clip, Condition("own", None))
    assert np.array_equal(same[1], given)


def roughness(picture: np.ndarray) -> float:
    """What is finer than a cell of the model's maps."""
    x = picture.astype(np.float32)
    return float(np.abs(x - cv2.GaussianBlur(x, (0, 0), 2.5)).mean())


@pytest.mark.parametrize("name", ["ratio", "compact"])
def test_geometry_is_near_the_head_that_was_drawn(clip: Clip, made: MadeClip, name: str) -> None:
    method = one(name)
    assert isinstance(method, Geometry)
    depth, normals, known = next(method.geometry(clip, LIT))
    inside = known > 0
    assert 0.1 < inside.mean() < 0.9
    assert np.allclose(np.linalg.norm(normals[inside], axis=1), 1, atol=1e-4)
    assert 2.2 < depth[inside].min() < depth[inside].max() < 3.2
    drawn = made.drawn(0)
    both = inside & drawn.alpha
    assert both.sum() > 0.7 * drawn.alpha.sum()
    assert depth_error(depth, drawn.depth, both) < 0.05
    assert normal_error(normals, drawn.normals, both) < 0.6


def test_unknown_and_absent_methods_are_told_apart() -> None:
    with pytest.raises(UsageError, match="no method is called"):
        one("ratoi")
    with pytest.raises(UsageError, match="told apart"):
        make_methods(["ratio", "ratio"])
    assert [m.name for m in make_methods(list(METHODS))] == list(METHODS)
    assert one("compact@runs/best.safetensors").name == "compact@best"
    with pytest.raises(UsageError, match="no method is called"):
        one("untouched@x")
    with pytest.raises(UsageError, match="weights were not given"):
        one("dpr").run(None, LIT)  # type: ignore[arg-type]


def test_clips_are_opened_and_looked_at(short_clip: Path, tmp_path: Path) -> None:
    clip = open_clip(short_clip, 4)
    assert len(clip) == 4
    assert all(clip.faces)
    views = [clip.view(f) for f in clip.frames()]
    assert len(views) == 4
    assert views[0].shape == (VIEW, VIEW, 3)
    face = clip.faces[0]
    assert face is not None
    x, y = clip.window[:, :2] @ [face.pose.x, face.pose.y] + clip.window[:, 2]
    assert 0.3 * VIEW < x < 0.7 * VIEW
    assert 0.3 * VIEW < y < 0.7 * VIEW
    write_image(tmp_path / "a.png", next(clip.frames()))
    still = open_still(tmp_path / "a.png")
    assert still.still
    assert len(list(still.frames())) == 1
    assert find_inputs(tmp_path, 0, stills=True) == [tmp_path / "a.png"]
    with pytest.raises(InputError, match="no videos"):
        find_inputs(tmp_path, 0, stills=False)


def test_external_frames_of_a_condition_with_brackets_in_its_name(
    clip: Clip, tmp_path: Path
) -> None:
    condition = Condition("light-of-me[1]", None)
    folder = tmp_path / clip.name
    folder.mkdir()
    still = Clip(clip.name, clip.size, [0.0], clip.faces[:1], clip.source, still=True)
    write_image(folder / f"{condition.name}.png", next(clip.frames()))
    method = make_methods([], external=[f"rival={tmp_path}"])[0]
    assert len(frames(method, still, condition)) == 1
