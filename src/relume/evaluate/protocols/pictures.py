"""Tables 2 and 3 of Cai et al. (CVPR 2024): pictures rebuilt, and lit as other pictures are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, RelumeError
from ...face import TrackedFace
from ...light import Light
from ...media import ArrayPicture
from ...ratio import RatioEngine
from ..clips import Clip, find_inputs, open_still
from ..methods import Condition, ReadsLight
from ..metrics import (
    feature_distance,
    frechet_distance,
    lighting_error,
    psnr,
    ssim,
)
from ..results import Metric, Protocol
from .base import Context, Spec, Table
from .columns import identity_column, light_columns, pose_column, time_column
from .watch import InputView, Seen, watch

__all__ = ["RECONSTRUCTION", "TRANSFER", "own_light"]

Pixels = NDArray[np.uint8]


def own_light(clip: Clip) -> Light:
    """The light that a still was taken in, as the ratio model fits it."""
    picture = ArrayPicture(next(clip.frames()))
    return RatioEngine().observe(picture, _face(clip), 0.0).deringed().normalised()


def _open(table: Table, paths: Sequence[Path]) -> list[tuple[Clip, Light]]:
    """Stills with a face, and the light that they were taken in."""
    out = []
    for path in paths:
        try:
            clip = open_still(path)
            out.append((clip, own_light(clip)))
        except RelumeError as error:
            table.fail(path.stem, "", error)
    return out


def _reconstruct(spec: Spec, context: Context) -> Protocol:
    if context.data is None:
        raise InputError(f"{spec.name} needs a folder of pictures")
    est = context.estimators
    metrics = [
        Metric("psnr", "PSNR", "higher", "dB", "inside the window around the head"),
        Metric("ssim", "SSIM", "higher", "", "inside the window around the head"),
    ]
    if est.features is not None:
        name = est.features.record.name
        note = f"unweighted feature distance to the input by {name}"
        metrics.append(Metric("perceptual", "perceptual distance", "lower", "", note))
    for role, distance in est.distances.items():
        metrics.append(Metric(role, role.upper(), "lower", "", f"by {distance.record.name}"))
    for role, features in (("frechet", est.features), ("fid", est.inception)):
        if features is not None:
            title = "FID" if role == "fid" else "Frechet distance"
            note = f"of all results to all inputs, pooled features of {features.record.name}"
            metrics.append(Metric(role, title, "lower", "", note))
    metrics += [*identity_column(est), pose_column(), time_column()]
    paths = find_inputs(context.data, context.limits.items, stills=True)
    table = Table(spec, context, metrics, {"pictures": len(paths)})
    table.missing()
    table.used("pictures", len(paths), len(find_inputs(context.data, 0, stills=True)))
    pooled: dict[tuple[str, str], list[NDArray[np.float32]]] = {}
    for clip, light in _open(table, paths):
        given = InputView(clip, est)
        truth = given.views[0]
        tiles = [truth]
        extractors = [("frechet", est.features), ("fid", est.inception)]
        for role, features in extractors:
            if features is not None:
                pooled.setdefault((role, ""), []).append(features.pooled(truth))
        for method in table.methods:
            try:
                own = method.own_light(clip) if isinstance(method, ReadsLight) else light
                condition = Condition("own-light", own)
                seen = watch(method.run(clip, condition), condition, given, est)
            except RelumeError as error:
                table.fail(clip.name, method.name, error)
                continue
            assert seen.middle is not None
            tiles.append(seen.middle)
            _likeness(seen, truth, method.name, clip.name, table)
            for role, features in extractors:
                if features is not None:
                    pooled.setdefault((role, method.name), []).append(features.pooled(seen.middle))
        if len(tiles) == 1 + len(table.methods):
            table.show(clip.name, ["input", *(m.name for m in table.methods)], np.hstack(tiles))
    for (role, name), vectors in pooled.items():
        if name and len(vectors) > 1:
            value = frechet_distance(vectors, pooled[role, ""])
            table.whole(name, role, value, len(vectors))
    return table.finish()


def _likeness(seen: Seen, truth: Pixels, method: str, item: str, table: Table) -> None:
    est, out = table.context.estimators, seen.middle
    assert out is not None
    a, b = out / 255.0, truth / 255.0
    everywhere = np.ones(truth.shape[:2], bool)
    table.add(method, "psnr", item, psnr(a, b, everywhere, most=60.0))
    table.add(method, "ssim", item, ssim(a, b, everywhere))
    if est.features is not None:
        distance = feature_distance(est.features.layers(out), est.features.layers(truth))
        table.add(method, "perceptual", item, distance)
    for role, pair in est.distances.items():
        table.add(method, role, item, pair(out, truth))
    for name in ("identity", "pose", "time"):
        table.add(method, name, item, seen.values().get(name))
    if seen.lost:
        table.fail(item, method, "no face found in the result")


def _transfer(spec: Spec, context: Context) -> Protocol:
    if context.data is None:
        raise InputError(f"{spec.name} needs a folder of pictures")
    est = context.estimators
    metrics = light_columns(est, instability=False)
    metrics += [*identity_column(est), pose_column(), time_column()]
    paths = find_inputs(context.data, context.limits.items, stills=True)
    table = Table(spec, context, metrics, {"pictures": len(paths)})
    table.missing()
    table.used("pictures", len(paths), len(find_inputs(context.data, 0, stills=True)))
    people = _open(table, paths)
    if len(people) < 2:
        table.fail("", "", "two pictures with a face are needed to carry a light over")
        return table.finish()
    # Everybody takes the light of the next in a random round.
    order = np.random.default_rng(context.seed).permutation(len(people))
    after = {int(a): int(b) for a, b in zip(order, np.roll(order, -1), strict=True)}
    for index, (clip, _) in enumerate(people):
        reference, light = people[after[index]]
        wanted = {n: e(next(reference.frames()), _face(reference)) for n, e in est.lights.items()}
        given = InputView(clip, est)
        condition = Condition(f"light-of-{reference.name}", light)
        tiles = [given.views[0], reference.view(next(reference.frames()))]
        for method in table.methods:
            try:
                seen = watch(method.run(clip, condition), condition, given, est)
            except RelumeError as error:
                table.fail(clip.name, method.name, error)
                continue
            if seen.lost:
                table.fail(clip.name, method.name, "no face found in the result")
            for name, said in seen.lights.items():
                # Read off both pictures by one estimator: its own bias falls out.
                table.add(method.name, name, clip.name, lighting_error(said[0], wanted[name]))
            for name in ("identity", "pose", "time"):
                table.add(method.name, name, clip.name, seen.values().get(name))
            if seen.middle is not None:
                tiles.append(seen.middle)
        if len(tiles) == 2 + len(table.methods):
            columns = ["input", "light of", *(m.name for m in table.methods)]
            table.show(f"{clip.name} as {reference.name}", columns, np.hstack(tiles))
    return table.finish()


def _face(clip: Clip) -> TrackedFace:
    face = clip.faces[0]
    assert face is not None  # stills without a face aren't opened
    return face


RECONSTRUCTION = Spec(
    "reconstruction",
    "Reconstruction (the paper's Table 2)",
    "Every picture under its own light from its own camera: what comes back should be the picture."
    " relume's models read the light themselves, other methods are told the ratio model's fit.",
    "pictures",
    ("untouched", "blurred", "ratio", "compact", "compact-no-detail", "paper", "dpr"),
    _reconstruct,
)

TRANSFER = Spec(
    "transfer",
    "Lighting transfer (the paper's Table 3)",
    "Every picture under the light of another, which the ratio model fits to that one; the"
    " estimator reads the result and the other picture.",
    "pictures",
    ("untouched", "ratio", "compact", "paper", "dpr"),
    _transfer,
)
