"""Relighting against photographs: Extended Yale Faces B (Georghiades et al., PAMI 2001).

Files are named `<person>A<azimuth>E<elevation>.png` in degrees, azimuth positive for light from the
left of the picture, elevation positive from above; cropped, grey, near linear.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compose import codes_to_linear, luminance, to_srgb
from ...errors import InputError, NoFaceError, RelumeError
from ...face import TrackedFace
from ...light import direction_of, directional
from ..clips import Clip, shared_tracker
from ..estimators import Estimators
from ..methods import Condition
from ..metrics import identity_similarity, lighting_error, scaled_rmse, scaled_ssim
from ..results import Metric, Protocol
from .base import Context, Spec, Table
from .columns import light_columns

__all__ = [
    "PAD",
    "SOURCES",
    "YALE_B",
    "ZOOM",
    "YalePerson",
    "grey_of",
    "pictures_of",
    "read_people",
]

Pixels = NDArray[np.uint8]

SOURCES = ((0, 0), (35, 15), (-60, 20), (0, 45))
"""Azimuth and elevation of the lights of the inputs: the frontal one, and three others."""

_EVERY = 3  # of the other lights, in order of their names, every third is asked for
_NAME = re.compile(r"(.+)A([+-]\d+)E([+-]\d+)$")
PAD, ZOOM = 64, 2
"""The crops are tight: padded by so many pixels of what their borders show, and enlarged so."""


@dataclass(frozen=True, eq=False)
class YalePerson:
    """One person's pictures.

    Attributes:
        name: of the person.
        pictures: azimuth and elevation to file.
        face: found in the frontal light; the camera and the head didn't move.
    """

    name: str
    pictures: dict[tuple[int, int], Path]
    face: TrackedFace

    def linear(self, light: tuple[int, int]) -> NDArray[np.float32]:
        """[H, W] grey, linear, 0..1."""
        return grey_of(self.pictures[light])

    def rgb8(self, light: tuple[int, int]) -> Pixels:
        """[H, W, 3] as it looks."""
        coded = to_srgb(self.linear(light))
        return np.repeat(np.rint(coded * 255).astype(np.uint8)[..., None], 3, 2)

    def clip(self, light: tuple[int, int]) -> Clip:
        """A picture as an input."""
        picture = self.rgb8(light)
        size = (picture.shape[1], picture.shape[0])
        return Clip(self.name, size, [0.0], [self.face], lambda: iter([picture]), still=True)

    def mask(self) -> NDArray[np.bool_]:
        """[H, W] the hull of the landmarks."""
        points = cv2.convexHull(np.rint(self.face.landmarks[:, :2]).astype(np.int32))
        mask = np.zeros(self.linear((0, 0)).shape, np.uint8)
        cv2.fillConvexPoly(mask, points, 1)
        return mask > 0


def read_people(folder: Path, most: int, table: Table) -> Iterator[YalePerson]:
    """The people of a folder; those without a face in frontal light are told as failures.

    Raises:
        InputError: there is no such folder, or no picture in it has such a name.
    """
    people = pictures_of(folder)
    tracker = shared_tracker()
    for name in list(people)[: most or None]:
        try:
            if (0, 0) not in people[name]:
                raise NoFaceError("there is no picture in frontal light")
            grey = np.rint(to_srgb(grey_of(people[name][0, 0])) * 255).astype(np.uint8)
            faces = tracker.detect(np.repeat(grey[..., None], 3, 2))
            if not faces:
                raise NoFaceError("no face was found in frontal light")
        except RelumeError as error:
            table.fail(name, "", error)
            continue
        yield YalePerson(name, people[name], faces[0])


def pictures_of(folder: Path) -> dict[str, dict[tuple[int, int], Path]]:
    """Each person's pictures by the lamp's azimuth and elevation in degrees.

    Raises:
        InputError: there is no such folder, or no picture in it has such a name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the name")
    people: dict[str, dict[tuple[int, int], Path]] = {}
    for path in sorted(folder.glob("*.png")):
        if found := _NAME.match(path.stem):
            people.setdefault(found[1], {})[int(found[2]), int(found[3])] = path
    if not people:
        raise InputError(f"{folder}: no pictures named as Yale B's are (...A+035E+15.png)")
    return people


def grey_of(path: Path) -> NDArray[np.float32]:
    """[H, W] a picture, padded and enlarged, linear, 0..1.

    Raises:
        InputError: it can't be read.
    """
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise InputError(f"{path}: can't be read")
    padded = cv2.copyMakeBorder(grey, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE)
    large = cv2.resize(padded, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.float32) / np.float32(255)


def _run(spec: Spec, context: Context) -> Protocol:
    if context.data is None:
        raise InputError(f"{spec.name} needs the folder of Yale B's pictures")
    metrics = []
    for key, what in (("frontal", "frontal"), ("other", "other")):
        text = f"from {what} light: RMSE inside the face after one scale fit, over the photo's RMS"
        metrics.append(Metric(f"rmse_{key}", f"error, {what} source", "lower", "", text))
        text = f"from {what} light: SSIM of square roots after that fit"
        metrics.append(Metric(f"ssim_{key}", f"SSIM, {what} source", "higher", "", text))
        metrics += _likeness(key, what, context.estimators)
        for column in light_columns(context.estimators, instability=False):
            title = f"{column.title}, {what} source"
            metrics.append(replace(column, name=f"{column.name}_{key}", title=title))
    sources = SOURCES[: context.limits.lights or None]
    settings = {"sources": [list(s) for s in sources], "every": _EVERY}
    table = Table(spec, context, metrics, settings)
    table.used("lights of the input", len(sources), len(SOURCES))
    for person in read_people(context.data, context.limits.items, table):
        context.say(f"{spec.name}: {person.name}")
        mask = person.mask()
        targets = sorted(person.pictures, key=lambda t: person.pictures[t].name)[::_EVERY]
        for source in sources:
            if source not in person.pictures:
                table.fail(person.name, "", f"no picture in the light {source}")
                continue
            clip = person.clip(source)
            likeness = _Likeness(person, source, mask, table)
            tiles: list[Pixels] = []
            for target in targets:
                if target in (source, (0, 0)):
                    continue
                done = _pair(person, clip, target, mask, likeness, table)
                tiles = done if abs(target[0]) == 35 and len(done) > len(tiles) else tiles or done
            if source == (0, 0):
                columns = ["input", "photo", *(m.name for m in table.methods)]
                if len(tiles) == len(columns):
                    table.show(person.name, columns, np.hstack(tiles))
    return table.finish()


def _pair(
    person: YalePerson,
    clip: Clip,
    target: tuple[int, int],
    mask: NDArray[np.bool_],
    likeness: _Likeness,
    table: Table,
) -> list[Pixels]:
    """One input and target through every method; the pictures side by side."""
    truth = person.linear(target)
    right = person.rgb8(target)
    azimuth, elevation = (math.radians(a) for a in target)
    light = directional(direction_of(-azimuth, elevation))  # ours is positive to the right
    name = f"A{target[0]:+04d}E{target[1]:+03d}"
    condition = Condition(name, light, truth=lambda: iter([right]))
    asked = f"{name} from A{likeness.source[0]:+04d}E{likeness.source[1]:+03d}"
    key, photo = likeness.key, likeness.embedding(truth)
    tiles = [next(clip.frames()), right]
    for method in table.methods:
        try:
            out = next(method.run(clip, condition))
        except RelumeError as error:
            table.fail(person.name, method.name, error, asked)
            continue
        grey = luminance(codes_to_linear(out))
        rmse, ssim = (of(grey, truth, mask) for of in (scaled_rmse, scaled_ssim))
        table.add(method.name, f"rmse_{key}", person.name, rmse, asked)
        table.add(method.name, f"ssim_{key}", person.name, ssim, asked)
        likeness.add(method.name, asked, grey, photo)
        for estimator, estimate in table.context.estimators.lights.items():
            off = lighting_error(estimate(out, person.face), light.coefficients[:, :1])
            table.add(method.name, f"{estimator}_{key}", person.name, off, asked)
        tiles.append(_exposed_as(grey, truth, mask))
    return tiles


class _Likeness:
    """Whether a face embedding knows the person again: in the input, and in the photograph."""

    def __init__(
        self,
        person: YalePerson,
        source: tuple[int, int],
        mask: NDArray[np.bool_],
        table: Table,
    ) -> None:
        self.source = source
        self.key = "frontal" if source == (0, 0) else "other"
        self._person, self._mask, self._table = person, mask, table
        self._identity = table.context.estimators.identity
        self._source = person.linear(source)
        self._input = self.embedding(self._source)

    def embedding(self, grey: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Of a linear picture, exposed as the input; None without an estimator."""
        if self._identity is None:
            return None
        alike = _exposed_as(grey, self._source, self._mask)
        return self._identity(alike, self._person.face.landmarks)

    def add(
        self,
        method: str,
        asked: str,
        grey: NDArray[np.float32],
        photo: NDArray[np.float32] | None,
    ) -> None:
        """Tell the table of a method's picture under a condition; `photo` is the embedding of the
        true one."""
        found = self.embedding(grey)
        for what, known in (("identity", self._input), ("likeness", photo)):
            if found is not None and known is not None:
                value = identity_similarity(found, known)
                self._table.add(method, f"{what}_{self.key}", self._person.name, value, asked)


def _likeness(key: str, what: str, estimators: Estimators) -> list[Metric]:
    if estimators.identity is None:
        return []
    text = f"from {what} light: cosine of {estimators.identity.record.name}, exposed as the input,"
    title = f"{what} source"
    return [
        Metric(f"identity_{key}", f"identity, {title}", "higher", "", f"{text} to the input"),
        Metric(f"likeness_{key}", f"to the photo, {title}", "higher", "", f"{text} to the photo"),
    ]


def _exposed_as(
    grey: NDArray[np.float32], other: NDArray[np.float32], mask: NDArray[np.bool_]
) -> Pixels:
    """[H, W, 3] a linear picture as it looks, as bright inside the face as another one."""
    scale = np.sqrt((other[mask] ** 2).mean() / max(float((grey[mask] ** 2).mean()), 1e-9))
    coded = to_srgb(np.asarray(grey * np.float32(scale)))
    return np.repeat(np.rint(coded * 255).astype(np.uint8)[..., None], 3, 2)


YALE_B = Spec(
    "yale-b",
    "Real faces under known lights (Extended Yale B)",
    "From the picture in frontal light, and from three others, to every third of the other lights,"
    " compared with the photograph in that light.",
    "yale-b",
    ("untouched", "oracle", "ratio", "compact", "paper", "dpr"),
    _run,
)
