"""The engine: one tracked face of one frame, relit and turned by the compact model."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import wait
from functools import cache, partial
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from ..cores import spare_thread
from ..errors import ModelError
from ..face import TrackedFace
from ..geometry import Camera, angle_between
from ..light import Light
from ..media import Picture
from ..ratio import RatioPlan, SourceLight
from ..ratio.maps import Maps
from ..ratio.people import person_of
from ..ratio.window import CENTRE, Window, doubled
from ..runtime import CompactRuntime
from .coder import Coder, Prepared
from .config import CompactEngineConfig
from .crop import crop_of
from .delight import FINE
from .gain import Gain, gain_of
from .lamps import Lit, LitCells, Relief
from .look import Answer, Look, Person
from .looker import Looker, in_crop
from .passes import CompactPasses, beyond, in_window, mixed_shading, soft_shading
from .reading import presence
from .rim import in_front
from .source import shading_of
from .steady import Relit, Steadier
from .turned import carried, shown_at
from .whole import over_person

__all__ = ["CompactEngine", "CompactEngineConfig", "open_runtime"]

Floats = NDArray[np.float32]

_FILMED, _TURNED = 0.03, 0.01
"""Radians that a head may have turned for another frame's gain to serve, and in a turned view,
for where the frame shows it."""

_PATIENCE = 3
"""How many times as long, and of a head how many times as far turned, a gain serves hurried
frames, while a new one is worked out."""


class CompactEngine:
    """Relights with the compact model: albedo, radiance transfer and depth of head, hair and
    shoulders, detail from the frame.

    Keeps a running source light and tri-planes for every face id. Not safe for use by several
    threads at once, except that `prepare` may run ahead of `plan` in a thread of its own.

    Raises:
        ModelError: the weights are missing, damaged, or of another model.
    """

    def __init__(
        self, config: CompactEngineConfig | None = None, runtime: CompactRuntime | None = None
    ) -> None:
        self.config = config or CompactEngineConfig()
        self._runtime = runtime or open_runtime(self.config)
        self._coder = Coder(self._runtime, self.config.coder)
        self._looker = Looker(self._runtime, self.config)
        self._people: dict[int, Person] = {}

    def observe(self, picture: Picture, face: TrackedFace, time: float) -> Light:
        """The light that a face is filmed in, camera frame, this frame taken into account."""
        person = self._person(face, time)
        coded = self._coder.coded(picture, face, time)
        look = self._look(person, coded, face, time)
        # Lights are measured by what they do to an open surface.
        if look is None or not person.source.known:
            return person.source.light()
        return look.light.to_camera(face.viewer) * (1.0 / look.openness)

    def prepare(
        self,
        picture: Picture,
        face: TrackedFace,
        time: float,
        hurried: bool = False,
        company: Sequence[TrackedFace] = (),
    ) -> Prepared:
        """What `plan` needs of a face whatever the light; see `AheadEngine.prepare`."""
        return self._coder(picture, face, time, hurried, company)

    def plan(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
        prepared: Prepared | None = None,
    ) -> RatioPlan | None:
        """What to do to one face of `picture`, which is left as it is; see `RatioEngine.plan`.

        `prepared` is what `prepare` gave for the same arguments, if it was asked.
        """
        window = Window.of(face.crop, picture.width, picture.height)
        if window is None:
            return None
        person = self._person(face, time)
        prepared = person.prepared = prepared or self.prepare(picture, face, time)
        person.matte = prepared.matte
        relit = self._carried(person, prepared, picture, face, light, time, turn)
        if relit is None:
            look = self._look(person, prepared, face, time)
            if look is None or not face.strength > 0.0 or (light is None and not any(turn)):
                return None
            assert person.matte is not None
            relit = self._looker.relit(person, look, picture, face, light, time, person.matte)
            if light is not None:
                change = partial(self._looker.change, look, face)
                relit = person.steady(relit, look.cells, face.crop, light, time, change)
        person.matte = relit.matte
        assert person.look is not None
        amount *= face.strength
        plan = self._ratio_plan(window, person.look, face, relit, turn, amount)
        if light is None:
            return plan
        rim = self._looker.rim(person.look, picture, face, light, amount)
        return over_person(plan, prepared, picture, rim)

    def _carried(
        self,
        person: Person,
        prepared: Prepared,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float],
    ) -> Relit | None:
        """See `Steadier.carried`; of hurried frames, one is asked aside where that is due."""
        if person.job is not None and (person.job.done() or not prepared.hurried):
            self._answered(person, face)
        relit = self._carried_to(person, prepared, face, light, time, turn)
        if relit is None and person.job is not None:
            self._answered(person, face)
            relit = self._carried_to(person, prepared, face, light, time, turn)
        if relit is None or light is None:
            return None
        person.seen = time
        due = self._turned(person, face, turn) > 1 or person.steady.due(time)
        if prepared.hurried and person.job is None and due:
            self._ask(person, prepared, picture, face, light, time, turn)
        return relit

    def _carried_to(
        self,
        person: Person,
        prepared: Prepared,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float],
    ) -> Relit | None:
        """The same without asking; None also where the head has turned too far."""
        cells, matte = prepared.cells, prepared.matte
        if light is None or person.look is None or not face.strength > 0.0:
            return None
        if cells is None or matte is None or prepared.planes is None:
            return None
        patience, change = 1, None
        if prepared.hurried:
            patience, change = _PATIENCE, partial(self._looker.change, person.look, face)
        if self._turned(person, face, turn) > patience:
            return None
        return person.steady.carried(matte, cells, face.crop, light, time, patience, change)

    @staticmethod
    def _turned(person: Person, face: TrackedFace, turn: tuple[float, float, float]) -> float:
        """How far a head has turned since it was looked at, over how far it may."""
        assert person.look is not None
        angle = angle_between(person.look.camera.rotation, face.camera.rotation)
        return angle / (_TURNED if any(turn) else _FILMED)

    def _ask(
        self,
        person: Person,
        prepared: Prepared,
        picture: Picture,
        face: TrackedFace,
        light: Light,
        time: float,
        turn: tuple[float, float, float],
    ) -> None:
        """Have a thread of its own ask the frame that was carried along last; see `_answered`."""
        window, matte = Window.of(face.crop, picture.width, picture.height), prepared.matte
        assert window is not None
        assert matte is not None
        fine = crop_of(picture, face.crop, FINE)  # now: the picture is relit in place

        def ask() -> Answer:
            look = self._looker.looked(person, prepared, face, time)
            assert look is not None
            if look.fine is None:
                look.fine = fine
            relit = self._looker.relit(person, look, picture, face, light, time, matte)
            if any(turn):
                look.shift_to(_turned_by(look.camera, face.strength, turn), window, matte)
            return Answer(look, relit)

        person.steady.ask()
        person.job = spare_thread().submit(ask)

    def _answered(self, person: Person, face: TrackedFace) -> None:
        """Take what was asked aside, waiting for it if it is begun."""
        job, person.job = person.job, None
        if job is not None and not job.cancel():
            answer = job.result()
            person.look = answer.look
            person.steady.answer(answer.relit, partial(self._looker.change, answer.look, face))

    def passes(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
    ) -> CompactPasses | None:
        """What is seen of a face that was just planned, by the same arguments; None for nothing."""
        window = Window.of(face.crop, picture.width, picture.height)
        person = self._people.get(face.id)
        if window is None or person is None or person.prepared is None or not face.strength > 0.0:
            return None
        if person.job is not None:
            wait([person.job])  # what was drawn is told of, not what comes next
        look = person.look
        if look is not None and look.cells is not person.prepared.cells:
            look = self._looker.glance(person, person.prepared, face)
        if look is None:
            return None
        gain = Gain.nothing()
        if look.reading is not None:
            even = Lit(np.ones_like(look.reading.frame))
            delit = self._looker.delit(person, look, picture, face, time)
            gain = gain_of(look.ground_of(self.config.gain, delit), even)
        assert person.matte is not None
        assert person.look is not None
        edges = self._looker.edges(gain, look, picture, face)
        relit = Relit(gain, presence(look.own), person.matte, edges)
        # Moved as the frame that was relit is, by what was looked at last.
        flat = self._ratio_plan(window, person.look, face, relit, turn, 1.0)
        views, camera = look.own, face.camera
        if any(turn):
            camera = _turned_by(face.camera, face.strength, turn)
            views = self._runtime.render(look.planes, camera)
        shading = new = shading_of(views, look.light)
        bare = 0.0
        if light is not None:
            # Lamps stay with the head that the frame shows when the camera turns.
            still, config = in_front(in_crop(light, face)).to_head(face.camera), self.config.gain
            lit = LitCells(Relief(views, camera, config.height), still)
            shown = lit.shading(look.openness, config.crisp)
            new, bare = shown.shadowed(config.cast), shown.bare
            shading = mixed_shading(shading, new, amount, self.config.gain.bounce)
        shading = soft_shading(shading, views, self.config.gain, bare)
        rim = None if light is None else self._looker.rim(look, picture, face, light, amount)
        if rim is not None:
            new = soft_shading(new, views, self.config.gain, bare)
            shading = rim.shown(shading, new, window, person.matte, flat.maps.shift)
        whole = over_person(flat, person.prepared, picture)
        return CompactPasses(whole, shading, views, camera, face.strength)

    def _ratio_plan(
        self,
        window: Window,
        look: Look,
        face: TrackedFace,
        relit: Relit,
        turn: tuple[float, float, float],
        amount: float,
    ) -> RatioPlan:
        """A share `amount` of the gain, for a camera turned by `turn`."""
        # Drawn in the thread that applies it, which has less to do than the one that plans.
        draw = cache(partial(self._maps, window, look, face, relit, turn, amount))
        return RatioPlan(window, draw, relit.matte, face.crop)

    def _maps(
        self,
        window: Window,
        look: Look,
        face: TrackedFace,
        relit: Relit,
        turn: tuple[float, float, float],
        amount: float,
    ) -> Maps:
        """The maps of `_ratio_plan`."""
        strength, gain = np.float32(amount), relit.gain
        logarithm = beyond(gain.logarithm, relit.known) * strength
        lift = in_window(gain.lift * np.sqrt(strength)) if gain.lift.any() else None
        fine = None if relit.edges is None else relit.edges * strength
        maps = Maps(logarithm, None, lift, fine)
        if not any(turn):
            return maps
        # From where the face was looked at last, which may be a frame before.
        camera = _turned_by(look.camera, face.strength, turn)
        return _moved(maps, look.shift_to(camera, window, relit.matte))

    def _look(
        self, person: Person, prepared: Prepared, face: TrackedFace, time: float
    ) -> Look | None:
        """The frame as the model sees it, which the person's next frames are carried from."""
        self._answered(person, face)
        person.look = self._looker.looked(person, prepared, face, time)
        if person.look is not None:
            person.seen = time
        return person.look

    def _person(self, face: TrackedFace, time: float) -> Person:
        def new() -> Person:
            return Person(SourceLight(self.config.source), Steadier(self.config.steady), time)

        return person_of(self._people, face, time, self.config.forget, new)


def _moved(maps: Maps, shift: Floats) -> Maps:
    """Maps of the frame as they are seen where it shows what is there."""
    place = shown_at(shift)
    lift = None if maps.lift is None else carried(maps.lift, place)
    fine = maps.fine
    if fine is not None:
        # Of cells half as wide, the crop's first one being the first.
        first = np.float32(0.5 - CENTRE.start)
        across, along = (doubled(part)[CENTRE, CENTRE] * 2 + first for part in place)
        beside = cv2.BORDER_CONSTANT
        fine = np.asarray(cv2.remap(fine, across, along, cv2.INTER_LINEAR, borderMode=beside))
    return Maps(carried(maps.log_ratio, place), shift, lift, fine)


def _turned_by(camera: Camera, strength: float, turn: tuple[float, float, float]) -> Camera:
    yaw, pitch, roll = (strength * angle for angle in turn)
    return camera.turned(yaw, pitch, roll)


def open_runtime(config: CompactEngineConfig) -> CompactRuntime:
    """The model that the configuration names."""
    if config.weights is not None:
        return CompactRuntime(config.weights, config.runtime)
    file = resources.files("relume").joinpath("assets/compact.safetensors")
    if not file.is_file():
        raise ModelError(
            "relume's file assets/compact.safetensors is missing; install relume again"
        )
    with resources.as_file(file) as path:
        return CompactRuntime(path, config.runtime)
