"""The photo teacher: a portrait in, geometry, light and albedo out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import codes_to_linear, spread
from ..face import REGIONS
from .albedo import evenness, unlight
from .locate import Located, Locator
from .portrait import EXTENDED, MAP, NOTHING, Portrait
from .shape import ShapeModel
from .transfer import RayCaster
from .volume import extend

__all__ = ["Rejected", "Teacher", "TeacherConfig"]


class Rejected(Exception):
    """A portrait can't teach anything; the message says why."""


@dataclass(frozen=True)
class TeacherConfig:
    """What the teacher does with a portrait and which ones it refuses."""

    ict: Path | None = None
    """ICT FaceKit's light model (.npz); relume's own light head where not given."""
    rays: int = 40
    """Rays per vertex for the radiance transfer."""
    max_error: float = 4.0
    """Largest mean landmark error in crop pixels."""
    max_yaw: float = 0.75
    """Largest turn of the head in radians; beyond it one side is guesswork."""
    min_scale: float = 200.0
    """Least side of the crop in portrait pixels."""
    min_inside: float = 0.93
    """Least share of the fitted face that lies within the portrait."""
    min_colour: float = 4.0
    """Least mean difference of skin's largest and smallest colour channel, of 255; a picture
    without colour would teach grey skin. The palest of 1,036 portraits had 13."""
    max_residual: float = 1.2
    """Largest spread of log skin colour that the fitted light may leave over; glossy dark skin
    has more of it than pale skin, so that this must stay generous."""


class Teacher:
    """Teaches portraits one by one; loads its networks and its head once.

    Args:
        config: see `TeacherConfig`.
    """

    def __init__(self, config: TeacherConfig | None = None) -> None:
        self.config = config or TeacherConfig()
        ict = self.config.ict
        self.shape = ShapeModel.from_head() if ict is None else ShapeModel.from_ict(ict)
        self._locator = Locator()

    def __call__(self, rgb8: NDArray[np.uint8]) -> Portrait:
        """Teach one portrait, uint8 [H, W, 3].

        Raises:
            Rejected: with the reason.
        """
        return self.taught(self.located(rgb8))

    def located(self, rgb8: NDArray[np.uint8]) -> Located:
        """The largest face of a portrait uint8 [H, W, 3].

        Raises:
            Rejected: there is none.
        """
        located = self._locator(rgb8)
        if located is None:
            raise Rejected("no face found")
        return located

    def taught(self, located: Located) -> Portrait:
        """Everything after the fit."""
        config, fit = self.config, located.fit
        if fit.error > config.max_error:
            raise Rejected(f"landmarks fit badly ({fit.error:.1f} px)")
        if abs(fit.pose.yaw) > config.max_yaw:
            raise Rejected(f"head turned too far ({fit.pose.yaw:+.2f} rad)")
        if fit.pose.scale < config.min_scale:
            raise Rejected(f"face too small ({fit.pose.scale:.0f} px)")
        camera = fit.pose.camera
        shape = self.shape
        vertices = shape.vertices(fit.identity, fit.expression)
        normals = shape.normals(vertices)
        caster = RayCaster(vertices, shape.faces)
        # A vertex that faces away from the camera by far is never seen in the crop.
        to_camera = camera.position - vertices
        facing = (normals * to_camera).sum(1) / np.linalg.norm(to_camera, axis=1)
        which = np.flatnonzero(facing > -0.1)
        transfer = np.zeros((len(vertices), 9), np.float32)
        transfer[which] = caster.transfer(normals, which, config.rays)
        transfer = _smoothed(transfer, shape.faces, facing > -0.1)
        tags = np.eye(len(REGIONS), dtype=np.float32)[shape.region]
        values = np.concatenate([transfer, normals, shape.skin[:, None], tags], 1)
        drawn = caster.draw(camera, MAP, values.astype(np.float32))
        mesh = drawn.hit

        inside = cv2.resize(located.inside.astype(np.float32), (MAP, MAP)) > 0.99
        seen_face = mesh & (drawn.values[..., 12] > 0.3)
        share = inside[seen_face].mean() if seen_face.any() else 0.0
        if share < config.min_inside:
            raise Rejected(f"face cut off by the picture's border ({100 * share:.0f} % inside)")
        person = located.person > 0.5
        if person[seen_face].mean() < 0.8:
            raise Rejected("matte and fit disagree")
        small = cv2.resize(located.picture, (MAP, MAP), interpolation=cv2.INTER_AREA)
        if np.ptp(small[seen_face].astype(int), axis=1).mean() < config.min_colour:
            raise Rejected("no colour: skin's albedo can't be told from a grey picture")
        normal = drawn.values[..., 9:12]
        normal = normal / np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
        depth, normal, transfer_map = extend(
            drawn.depth, normal, drawn.values[..., :9], mesh, person, camera
        )
        transfer_map = calm_openings(transfer_map, drawn.values[..., 13:])
        linear = codes_to_linear(small)
        skin = drawn.values[..., 12] * mesh * inside * np.clip(located.person * 2 - 0.8, 0, 1)
        try:
            unlit = unlight(linear, transfer_map, depth, skin.astype(np.float32), camera)
        except ValueError as error:
            raise Rejected(str(error)) from error
        if unlit.residual > config.max_residual:
            raise Rejected(f"skin too uneven for its fitted light ({unlit.residual:.2f})")
        alpha = located.person
        region = np.where(
            mesh,
            drawn.values[..., 13:].argmax(2),
            np.where(person, EXTENDED, NOTHING),
        ).astype(np.uint8)
        region[mesh & (located.person < 0.3)] = NOTHING
        return Portrait(
            picture=located.picture,
            camera=camera.vector,
            transfer=transfer_map.astype(np.float16),
            depth=depth.astype(np.float32),
            normals=normal.astype(np.float16),
            alpha=np.round(alpha * 255 * inside).astype(np.uint8),
            region=region,
            albedo=unlit.albedo.astype(np.float16),
            light=unlit.light,
            identity=fit.identity,
            expression=fit.expression,
            error=np.array(fit.error, np.float32),
            residual=np.array(unlit.residual, np.float32),
            evenness=np.array(evenness(unlit.light), np.float32),
        )


def calm_openings(transfer: NDArray[np.float32], tags: NDArray[np.float32]) -> NDArray[np.float32]:
    """Transfer [N, N, 9] with eyes' and mouth's deep shadows made shallow.

    Lids, lips and teeth are off by a few pixels, and a shadow that is off would be baked into the
    albedo of the eyes and teeth; there the skin around them says how much light comes in.

    Args:
        transfer: the mesh's transfer, carried on outside.
        tags: [N, N, R] share of each of `REGIONS` in a pixel.
    """
    eyes, mouth = tags[..., REGIONS.index("eyes")], tags[..., REGIONS.index("mouth")]
    n = transfer.shape[0]
    around = np.ones((n // 42 | 1, n // 42 | 1), np.uint8)
    opening = np.asarray(cv2.dilate(np.maximum(eyes, mouth), around), np.float32)
    skin = spread(transfer, (opening < 0.05).astype(np.float32))
    share = 0.75 * np.asarray(cv2.GaussianBlur(opening, (0, 0), n / 128), np.float32)
    return np.asarray(transfer + share[..., None] * (skin - transfer), np.float32)


def _smoothed(
    values: NDArray[np.float32], faces: NDArray[np.int64], known: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Each vertex half its own value, half its known neighbours' mean: takes ray noise down."""
    total = np.zeros_like(values)
    count = np.zeros(len(values), np.float32)
    weight = known.astype(np.float32)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        for i, j in ((a, b), (b, a)):
            target, source = faces[:, i], faces[:, j]
            count += np.bincount(target, weight[source], minlength=len(values)).astype(np.float32)
            for channel in range(values.shape[1]):
                total[:, channel] += np.bincount(
                    target, values[source, channel] * weight[source], minlength=len(values)
                ).astype(np.float32)
    mean = total / np.maximum(count, 1.0)[:, None]
    blend = np.where((count > 0) & known, 0.5, 0.0)[:, None]
    return np.asarray((1 - blend) * values + blend * mean, np.float32)
