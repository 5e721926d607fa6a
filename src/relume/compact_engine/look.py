"""What the engine keeps of a person, and of one frame's face as the model sees it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..face import Matte, TrackedFace
from ..geometry import Camera
from ..light import Light
from ..media import Picture
from ..ratio import SourceLight
from ..ratio.shift import within_frame
from ..ratio.window import Window
from ..runtime import Views
from .coder import Prepared
from .crop import crop_of
from .delight import FINE, Delit
from .gain import GainConfig, Ground
from .lamps import Relief
from .passes import in_window
from .reading import Reading
from .rendered import RenderedView
from .sheet import Sheet
from .steady import Relit, Steadier
from .uncovered import layered

__all__ = ["Answer", "Look", "Person"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a frame that was asked by a thread of its own is seen as, and is to become."""

    look: Look
    relit: Relit


@dataclass
class Person:
    """One face's, from frame to frame."""

    source: SourceLight
    steady: Steadier
    seen: float
    looked: float = -np.inf
    look: Look | None = None
    rendered: RenderedView | None = None
    to_even: Floats | None = None  # of the rendered view; see `delit_of`
    hardness: float = 0.0  # of the input's light, steadied
    spot: float = 0.0  # the hardest place
    judged: float = -np.inf  # when it was
    prepared: Prepared | None = None  # of the last frame
    job: Future[Answer] | None = None  # about a frame shortly before
    matte: Matte | None = None


@dataclass(eq=False)
class Look:
    """One frame's face as the model sees it."""

    planes: Floats
    own: Views
    shape: Views  # the same, where it settles; see `RenderedView.settling`
    cells: NDArray[np.uint8]  # the same as it was filmed
    camera: Camera
    light: Light  # that it was filmed in, head frame
    reading: Reading | None
    delit: Delit | None = None  # once it was asked for
    between: bool = False  # nothing is asked about it
    relief: Relief | None = None  # once a light was asked for
    ground: Ground | None = None  # the same
    fine: NDArray[np.uint8] | None = None  # the crop at `FINE` pixels, once it was cut
    sheet: Sheet | None = None  # once a camera was turned
    shifts: dict[bytes, Floats] = field(default_factory=dict)
    around: dict[float, NDArray[np.uint8] | None] = field(default_factory=dict)  # see `Rim`

    @cached_property
    def openness(self) -> np.float32:
        """Factor that makes up for what self-shadowing takes from the face under even light."""
        solid = self.own.alpha > 0.9
        if not solid.any():
            return np.float32(1)
        face = solid & (self.own.depth < np.median(self.own.depth[solid]))
        even = Light.ambient().coefficients[:, 0].astype(np.float32)
        return np.float32(1 / max(float((self.own.transfer[face] @ even).mean()), 0.5))

    def ground_of(self, config: GainConfig, delit: Delit | None) -> Ground:
        """See `Ground`; kept, for a still's is the same under every light."""
        assert self.reading is not None
        if self.ground is None or self.ground.delit is not delit:
            self.ground = Ground(self.reading, config, delit)
        return self.ground

    def shift_to(self, camera: Camera, window: Window, matte: Matte) -> Floats:
        """What a turned camera sees, as `Maps.shift`; kept, for a still's is the same under every
        light, and a video's serves as long as the look does, moved along with the head.

        Args:
            camera: the turned one.
            window: the head's.
            matte: where the person is in the frame.
        """
        key = camera.vector.tobytes()
        shift = self.shifts.get(key)
        if shift is None:
            self.shifts.clear()
            alpha = window.carry(matte.alpha, matte.to_frame)
            self.sheet = self.sheet or Sheet(self.shape, self.camera, alpha)
            head = in_window(self.shape.alpha)
            shift = within_frame(layered(self.sheet.turned(camera), alpha, head), window)
            self.shifts[key] = shift
        return shift

    def crop(self, picture: Picture, face: TrackedFace) -> NDArray[np.uint8] | None:
        """The face's crop at `FINE` pixels; None where the frame shows nothing of it."""
        if self.fine is None:
            self.fine = crop_of(picture, face.crop, FINE)
        return self.fine

    def shows(self, cells: NDArray[np.uint8], camera: Camera) -> bool:
        """Whether it is of this very picture."""
        return np.array_equal(camera.cam2world, self.camera.cam2world) and np.array_equal(
            cells, self.cells
        )
