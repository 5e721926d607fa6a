"""The head in the photograph as a surface: depth, light and what each expression moves."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from relume.compose import spread, to_linear
from relume.face.detect import FaceDetector
from relume.face.fit import PoseFitter
from relume.face.head import LANDMARKS, REGIONS, HeadModel
from relume.face.landmarks import LandmarkNet
from relume.geometry import FOCAL, RADIUS
from relume.light import sh_rotation
from relume.render import rasterise

from .portrait import EYES, HEIGHT, MOUTH, WIDTH

__all__ = ["SHAPES", "Anatomy", "study"]

SHAPES = (
    "jawOpen",
    "mouthFunnel",
    "mouthPucker",
    "mouthSmile",
    "browInnerUp",
    "browOuterUp",
    "cheekSquint",
)
"""Expressions that the clip uses; names of `HeadModel`, both sides together."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Maps over the frame [H, W], lengths in frame pixels, view axes: x right, y down, z nearer.

    Attributes:
        centre: [2] frame position on the camera's axis.
        distance: from the camera to the plane z = 0, where 1 is one frame pixel.
        depth: z of the head's surface, hair and all.
        shapes: [S, H, W, 3] how far each of `SHAPES` moves the surface.
        transfer: [H, W, 9] radiance transfer of the surface, in view axes with y up.
        light: [9] grey light of the photograph in the same axes; mean shading about 1.
    """

    centre: Floats
    distance: float
    depth: Floats
    shapes: Floats
    transfer: Floats
    light: Floats


def study(picture: NDArray[np.uint8], head_alpha: Floats) -> Anatomy:
    """Fit the head model to the photograph and draw it over the frame."""
    model = HeadModel.load()
    landmarks, _ = LandmarkNet()(picture, FaceDetector().detect(picture)[0].roi)
    fitter = PoseFitter()
    for _ in range(40):
        fit = fitter(landmarks)
    pose = fit.pose
    vertices = model.vertices(fit.identity, fit.expression)
    unit = pose.scale * FOCAL / RADIUS  # frame pixels per canonical unit at the origin
    c, s = np.cos(pose.roll), np.sin(pose.roll)
    roll = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    to_view = np.diag([1.0, 1.0, -1.0]) @ roll @ pose.camera.rotation.T  # y down, z nearer

    points = pose.project(vertices)
    at = model.landmark_indices
    firm = slice(17, None)  # the jaw's landmarks slide
    anchors = np.flatnonzero(model.region == REGIONS.index("scalp"))[::8]
    known = np.concatenate([points[at[firm]], points[anchors]])
    moved = np.concatenate(
        [landmarks[LANDMARKS[firm], :2] - points[at[firm]], np.zeros((len(anchors), 2))]
    )
    points = points + RBFInterpolator(known, moved, smoothing=3.0)(points)
    z = (vertices @ to_view.T)[:, 2] * unit

    deltas = []
    names = model.expression_names
    for shape in SHAPES:
        total = sum(model.expression[i] for i, n in enumerate(names) if n.split("_")[0] == shape)
        deltas.append(np.asarray(total) @ to_view.T * unit)
    flip = np.diag([1.0, -1.0, 1.0])
    transfer = model.transfer @ sh_rotation(flip @ to_view).T.astype(np.float32)

    outside = np.isin(model.region, [REGIONS.index(n) for n in ("skin", "scalp", "neck", "lips")])
    faces = model.faces[outside[model.faces].all(1)]
    values = np.concatenate([z[:, None], transfer, *deltas], 1)
    drawn, mask = rasterise(points + 0.5, -z, faces, values, (WIDTH, HEIGHT))
    holes = _holes()
    sure = (mask & (holes == 0)).astype(np.float32)
    filled = spread(drawn, sure)
    depth = _hair(filled[..., 0], mask, head_alpha)
    shapes = np.stack([filled[..., 10 + 3 * i : 13 + 3 * i] for i in range(len(SHAPES))])
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    shapes = shapes * np.clip(1 - away / 60, 0, 1)[None, ..., None]
    shapes = np.stack([_part_lips(cv2.GaussianBlur(s, (0, 0), 1.5)) for s in shapes])
    shaded = cv2.GaussianBlur(filled[..., 1:10], (0, 0), 4)

    skin = np.flatnonzero(model.skin > 0.5)
    x, y = np.round(points[skin]).astype(int).T
    front = (np.abs(drawn[y, x, 0] - z[skin]) < 6) & (
        model.normals(vertices)[skin] @ to_view.T[:, 2] > 0.3
    )
    soft = cv2.GaussianBlur(picture, (0, 0), 3)
    grey = to_linear(soft[y, x][front].astype(np.float32) / 255) @ np.float32([0.21, 0.72, 0.07])
    light = _fit_light(transfer[skin][front], grey)
    return Anatomy(np.float32([pose.x, pose.y]), RADIUS * unit, depth, shapes, shaded, light)


def _holes() -> NDArray[np.uint8]:
    holes = np.zeros((HEIGHT, WIDTH), np.uint8)
    for opening in (*(eye.opening for eye in EYES), MOUTH):
        cv2.fillPoly(holes, [np.round(opening.outline).astype(np.int32)], 1)
    return holes


def _part_lips(shape: Floats) -> Floats:
    """Carry each lip's movement into the mouth's opening; the change lies in its middle."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    upper, lower = MOUTH.edges(x[0])
    above, below = (
        cv2.remap(shape, x, np.tile(edge, (HEIGHT, 1)), cv2.INTER_LINEAR)
        for edge in (upper - 2.5, lower + 2.5)
    )
    t = np.clip(((y - upper) / np.maximum(lower - upper, 1e-3) - 0.3) / 0.4, 0, 1)[..., None]
    inside = ((y > upper - 2.5) & (y < lower + 2.5) & (lower > upper))[..., None]
    return np.where(inside, above + (below - above) * t * t * (3 - 2 * t), shape)


def _hair(depth: Floats, mask: NDArray[np.bool_], alpha: Floats) -> Floats:
    """The mesh's depth in the face, a rounded cushion over it where the hair is.

    Smoothed until turns of 15 degrees leave no folds that show.
    """
    solid = (alpha > 0.5).astype(np.uint8)
    inward = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    outward = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    reach = np.clip(inward / 110, 0, 1)
    cushion = -60 + 150 * np.sqrt(np.clip(1 - (1 - reach) ** 2, 0, 1)) - 20 * (1 - reach)
    face = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(face, [FACE.astype(np.int32)], 1.0)
    face = cv2.GaussianBlur(face, (0, 0), 7)
    hair = np.where(mask, np.maximum(cushion, np.minimum(depth + 12, 110)), cushion)
    mixed = np.where(face > 0, depth * face + hair * (1 - face), hair)
    known = solid.astype(np.float32)
    mixed = spread(mixed[..., None].astype(np.float32), known)[..., 0]
    mixed = np.where(solid > 0, mixed, mixed - np.minimum(outward, 20))
    smooth = cv2.GaussianBlur(mixed, (0, 0), 9)
    inner = cv2.GaussianBlur(mixed, (0, 0), 4)
    core = cv2.GaussianBlur(cv2.erode(face, np.ones((15, 15))), (0, 0), 6)
    return np.asarray(smooth + (inner - smooth) * core, np.float32)


# fmt: off
FACE = np.array(
    [(462, 215), (500, 193), (560, 205), (620, 208), (660, 220), (672, 260), (674, 320),
     (672, 350), (650, 400), (609, 432), (559, 452), (505, 440), (460, 395), (450, 340),
     (448, 290), (455, 250)], np.float32)
"""Bare skin of the face, roughly."""
# fmt: on


def _fit_light(transfer: Floats, grey: Floats) -> Floats:
    """Light [9] under which skin of one colour looks like `grey`, by robust ridge regression."""
    goal = grey / np.median(grey)
    prior = np.zeros(9)
    prior[0] = np.sqrt(4 * np.pi)
    weight = np.ones(len(goal))
    ridge = np.diag([0.001, *[0.002] * 3, *[0.01] * 5]) * len(goal)
    light = prior
    for _ in range(10):
        a = transfer.T * weight
        light = np.linalg.solve(a @ transfer + ridge, a @ goal + ridge @ prior)
        error = transfer @ light - goal
        weight = 1 / (1 + (error / 0.15) ** 2)
    return light.astype(np.float32)
