"""What single frames are seen as, and what they say that they are to become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..compose import codes_to_linear
from ..face import Matte, TrackedFace
from ..geometry import Camera
from ..light import Light, LightFrame
from ..media import Picture
from ..runtime import CompactRuntime, Views
from .coder import Prepared
from .config import CompactEngineConfig
from .delight import Delit, delight_features, delit_of, explained_by
from .gain import Gain, gain_of
from .lamps import LitCells, Relief, bareness
from .look import Look, Person
from .openings import openings, skin_surely
from .passes import soft_shading
from .reading import presence, read
from .rendered import RenderedView
from .rim import Rim, in_front, lamps_behind
from .sharpen import sharpened
from .source import learn_light, shading_of
from .steady import Relit

__all__ = ["Looker", "in_crop"]

Floats = NDArray[np.float32]


class Looker:
    """Looks at single frames: renders them, reads the light that they are filmed in, and says what
    another light makes of them.

    What goes from one frame to the next is the `Person`'s. A thread of its own may look at one
    frame while the engine carries what came before along, but never two at once.

    Args:
        runtime: the model, of which only rendering and the delighting network are used.
        config: see `CompactEngineConfig`.
    """

    def __init__(self, runtime: CompactRuntime, config: CompactEngineConfig) -> None:
        self.config = config
        self._runtime, self._gain = runtime, config.gain

    def looked(
        self, person: Person, prepared: Prepared, face: TrackedFace, time: float
    ) -> Look | None:
        """Render the frame, and let the source light learn from it."""
        cells, planes = prepared.cells, prepared.planes
        if cells is None or planes is None:
            return None
        if person.look is not None and person.look.shows(cells, face.camera):
            return person.look  # a still, or a video that pauses
        own = self._render(person, planes, face.camera, time)
        soon = 0.0 <= time - person.looked < self.config.look
        if not person.source.known or (face.confidence >= self.config.trust and not soon):
            learn_light(person.source, own, codes_to_linear(cells), face.viewer, time)
            person.looked = time
        assert person.rendered is not None
        shape = person.rendered.settling(own, time)
        return self._seen(person, planes, own, shape, cells, face)

    def glance(self, person: Person, prepared: Prepared, face: TrackedFace) -> Look | None:
        """A frame between two that are looked at, from what is known of those."""
        view, cells = person.rendered, prepared.cells
        if view is None or cells is None:
            return None
        seen = view.seen_from(face.camera)
        own = seen or self._runtime.render(view.planes, face.camera)
        look = self._seen(person, view.planes, own, own, cells, face)
        look.between = True
        reading, config = look.reading, self._gain
        before = person.look.delit if person.look is not None else None
        known = before is not None and person.to_even is not None
        if known and seen is not None and reading is not None:
            assert person.to_even is not None
            to_even = view.carried(person.to_even)
            delit = delit_of(to_even, reading, config.bounce, config.soften, config.broad)
            look.delit = replace(delit, hardness=person.hardness)
        return look

    def relit(
        self,
        person: Person,
        look: Look,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        matte: Matte,
    ) -> Relit:
        """What the frame alone says that it is to become."""
        own, gain = look.own, Gain.nothing()
        if light is not None and look.reading is not None:
            config = self._gain
            look.relief = look.relief or Relief(own, look.camera, config.height)
            cells = LitCells(look.relief, in_front(in_crop(light, face)))
            lit = cells.shading(look.openness, config.crisp)
            gloss = cells.gloss(look.light, config.gloss)
            delit = self.delit(person, look, picture, face, time)
            gain = gain_of(look.ground_of(config, delit), lit, gloss)
        return Relit(gain, presence(own), matte, self.edges(gain, look, picture, face))

    def delit(
        self, person: Person, look: Look, picture: Picture, face: TrackedFace, time: float
    ) -> Delit | None:
        """What the delighting network says: anew where the view was, else carried along with it."""
        reading, rendered, bounce = look.reading, person.rendered, self._gain.bounce
        if look.delit is not None or reading is None or look.between:
            return look.delit
        if not self._runtime.delights:
            return None
        assert rendered is not None
        asked = person.to_even is None
        # So that nothing would be taken off.
        soft = person.hardness <= self._gain.hard[0] and person.spot <= self._gain.spots[0]
        if asked:
            if soft and 0.0 < time - person.judged < self.config.ask:
                return None
            fine = look.crop(picture, face) if rendered.as_rendered else None
            if fine is None:
                return None
            answer = self._runtime.delight(delight_features(reading, fine, bounce))
            person.to_even = answer - explained_by(reading, bounce)
        elif soft:
            return None
        assert person.to_even is not None
        to_even = rendered.carried(person.to_even)
        look.delit = delit_of(to_even, reading, bounce, self._gain.soften, self._gain.broad)
        if asked:
            # How hard the light is doesn't change as fast as what is read of it.
            step, memory = time - person.judged, self.config.source.memory
            kept = np.exp(-step / memory) if 0 < step < self.config.forget else 0.0
            person.hardness += (look.delit.hardness - person.hardness) * (1 - float(kept))
            spot = float((look.delit.spots * reading.weight).max())
            person.spot = max(spot, person.spot * float(kept))  # there at once, gone after a while
            person.judged = time
        look.delit = replace(look.delit, hardness=person.hardness)
        return look.delit

    def edges(self, gain: Gain, look: Look, picture: Picture, face: TrackedFace) -> Floats | None:
        """See `Relit.edges`."""
        if gain.taken is None:
            return None
        fine = look.crop(picture, face)
        assert look.reading is not None
        return None if fine is None else sharpened(gain.taken, look.reading, fine)

    def rim(
        self, look: Look, picture: Picture, face: TrackedFace, light: Light, amount: float
    ) -> Rim | None:
        """Light from behind; None for none."""
        # A head's lean moves no lamp of the camera frame behind it.
        if look.reading is None or (light.frame is LightFrame.CAMERA and not lamps_behind(light)):
            return None
        lamps = lamps_behind(in_crop(light, face))
        if not lamps:
            return None
        white = np.sqrt(look.reading.mean / self._gain.gloss.white)
        return Rim(self.config.rim, lamps, picture, float(white), amount, look.around)

    def change(self, look: Look, face: TrackedFace, light: Light, other: Light) -> Floats:
        """Natural logarithm of the shading under a light over that under another one."""
        after, before = (
            soft_shading(
                shading_of(look.own, given.to_head(face.camera) * look.openness),
                look.own,
                self._gain,
                bareness(given),
            )
            for given in (in_front(in_crop(light, face)), in_front(in_crop(other, face)))
        )
        return np.asarray(np.log(after / before), np.float32)

    def _seen(
        self,
        person: Person,
        planes: Floats,
        own: Views,
        shape: Views,
        cells: NDArray[np.uint8],
        face: TrackedFace,
    ) -> Look:
        """What is read of a frame in the light that it is taken to be filmed in."""
        light, config = person.source.light().to_head(face.viewer), self._gain
        shading = shading_of(own, light)
        frame = codes_to_linear(cells)
        parts = openings(face), skin_surely(face)
        reading = read(own, frame, shading, config.soften, config.floor, *parts)
        if reading is not None:
            light = light * reading.tint
        return Look(planes, own, shape, cells, face.camera, light, reading)

    def _render(self, person: Person, planes: Floats, camera: Camera, time: float) -> Views:
        """What a camera sees of planes; where it last saw the same ones, that carried along."""
        old = person.rendered
        seen = None if old is None or old.planes is not planes else old.seen_from(camera)
        if seen is None:
            seen = self._runtime.render(planes, camera)
            person.rendered = RenderedView(planes, seen, camera, time, old)
            person.to_even = None
        return seen


def in_crop(light: Light, face: TrackedFace) -> Light:
    """A light in the view frame of the crop's camera."""
    return light.to_head(face.viewer).to_camera(face.camera)
