"""What is known of a frame's face before any light comes into it: crop, planes and matte."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..cores import spare_thread
from ..face import Matte, PersonMatte, TrackedFace
from ..geometry import Camera
from ..media import Picture
from ..ratio.people import person_of
from ..runtime import RAYS, CompactRuntime, Remembered
from .body import BODY_MATTE, joined, reaches
from .crop import crop_of

__all__ = ["Coder", "CoderConfig", "Prepared"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CoderConfig:
    """When a face is encoded anew."""

    memory: float = 0.5
    """Seconds without a new look at a face after which planes aren't steadied by older ones."""
    every: float = 0.3
    """Seconds for which planes serve: they stand in canonical space, and only what is coarse
    is taken from them."""
    forget: float = 2.0
    """Seconds after which a face that is gone is forgotten."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """One frame's face.

    Attributes:
        cells: uint8 [N, N, 3], the crop in the cells of a view; None where the frame shows nothing
            of it.
        planes: what the model makes of the crop, or of one shortly before; None where it sees none.
        matte: where the person is; None where nothing shows of the face or of any effect on it.
        body: the same farther around; None where the frame has nothing of it.
        company: the frame's other faces.
        hurried: nothing that takes long is to be waited for where something a little older serves.
    """

    cells: NDArray[np.uint8] | None = None
    planes: Floats | None = None
    matte: Matte | None = None
    body: Matte | None = None
    company: tuple[TrackedFace, ...] = ()
    hurried: bool = False

    def whole(self, matte: Matte) -> Matte:
        """The head's matte, steadied maybe, that goes over into the body's."""
        if self.body is None:
            return matte
        return self._whole if matte is self.matte else joined(matte, self.body)

    @cached_property
    def _whole(self) -> Matte:
        """The same of the frame's own, which is a still's under every light."""
        assert self.matte is not None
        assert self.body is not None
        return joined(self.matte, self.body)


@dataclass
class _Coded:
    seen: float
    cells: NDArray[np.uint8] | None = None  # of what was encoded last
    planes: Floats | None = None
    encoded: float = -np.inf
    job: Future[None] | None = None
    window: list[Remembered] = field(default_factory=list)


class Coder:
    """Crops, encodes and cuts out faces, frames in order.

    Needs neither light nor rendering, so that a thread of its own may run ahead of those. Keeps
    steadied planes and a running matte for every face id.

    Args:
        runtime: the model, of which only the encoders are used.
        config: see `CoderConfig`.
    """

    def __init__(self, runtime: CompactRuntime, config: CoderConfig | None = None) -> None:
        self.config = config or CoderConfig()
        self._runtime = runtime
        self._matte, self._body = PersonMatte(), PersonMatte(BODY_MATTE)
        self._encoding = threading.Lock()
        self._people: dict[int, _Coded] = {}

    def __call__(
        self,
        picture: Picture,
        face: TrackedFace,
        time: float,
        hurried: bool = False,
        company: Sequence[TrackedFace] = (),
    ) -> Prepared:
        """Everything about a face of the frame at `time` seconds.

        Args:
            picture: the frame.
            face: its face.
            time: seconds.
            hurried: a known face's planes are renewed by a thread of its own, and older ones serve
                until it is done.
            company: see `AheadEngine.prepare`.
        """
        coded = self.coded(picture, face, time, hurried)
        if coded.cells is None or not face.strength > 0.0:
            return coded
        matte, body = self._matte(picture, face, time, hurried), None
        if reaches(matte, picture.width, picture.height):
            body = self._body(picture, face, time, hurried)
        return replace(coded, matte=matte, body=body, company=tuple(company), hurried=hurried)

    def coded(
        self, picture: Picture, face: TrackedFace, time: float, hurried: bool = False
    ) -> Prepared:
        """The same without the matte."""
        person = self._person(face, time)
        cells = crop_of(picture, face.crop, RAYS)
        if cells is None:
            return Prepared()
        person.seen = time
        self._encode(person, cells, picture, face, time, hurried)
        return Prepared(cells, person.planes)

    def _encode(
        self,
        person: _Coded,
        cells: NDArray[np.uint8],
        picture: Picture,
        face: TrackedFace,
        time: float,
        hurried: bool,
    ) -> None:
        """Bring the person's planes up to date, where it is time to."""
        if person.job is not None:
            if hurried and not person.job.done():
                return
            job, person.job = person.job, None
            job.result()
        since = time - person.encoded
        served = 0.0 < since < self.config.every
        if person.cells is not None and (served or np.array_equal(cells, person.cells)):
            return
        crop = crop_of(picture, face.crop, self._runtime.sizes.picture)
        if crop is None:  # all but outside
            return
        anew = not 0.0 < since < self.config.memory
        person.cells, person.encoded = cells, time
        if hurried and person.planes is not None:
            person.job = spare_thread().submit(self._renew, person, crop, face.camera, anew)
        else:
            self._renew(person, crop, face.camera, anew)

    def _renew(self, person: _Coded, crop: NDArray[np.uint8], camera: Camera, anew: bool) -> None:
        """Fresh planes, steadied by older ones unless they are to be forgotten."""
        with self._encoding:
            planes = self._runtime.encode(crop, camera)
        stabiliser = self._runtime.stabiliser
        if anew:
            person.window.clear()
        person.window.append(Remembered(planes))
        del person.window[: -stabiliser.config.window]
        person.planes = stabiliser.stabilise(person.window)

    def _person(self, face: TrackedFace, time: float) -> _Coded:
        return person_of(self._people, face, time, self.config.forget, lambda: _Coded(time))
