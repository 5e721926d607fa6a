"""Shading by small lamps with cast shadows, from a depth map: what harmonics can't say.

Visibility is found by marching from every cell towards the lamp and comparing with the depth map
(Williams, "Casting curved shadows on curved surfaces", 1978, without a second map: shadows that
the face casts on itself are seen by its own camera, but for what hides behind its silhouette).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..light import Lamp
from ..native import native

__all__ = [
    "ShadowConfig",
    "crisp_lamps",
    "depth_normals",
    "hidden_share",
    "lamp_beams",
    "lamp_shading",
    "point_shading",
    "raised",
    "with_shadows",
]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ShadowConfig:
    """How shadows are looked for. Lengths are in units of depth (a head is about 0.5 wide)."""

    steps: int = 24
    """Places on the way to the lamp, closer together near the start."""
    start: float = 0.008
    """Length of the first step."""
    reach: float = 0.45
    """Length of the way."""
    bias: float = 0.004
    """Depth below the map from which a place counts as inside the head."""
    slope: float = 0.03
    """What is added to the bias per unit of the way."""
    edge: float = 0.02
    """Depth over which a shadow sets in, so that its edge isn't a staircase."""
    thick: float = 0.3
    """Depth below the map from which a place is behind the head again."""


def lamp_shading(
    depth: Floats,
    normals: Floats,
    solid: NDArray[np.bool_],
    intrinsics: NDArray[np.floating],
    lamps: Sequence[Lamp],
    config: ShadowConfig | None = None,
) -> tuple[Floats, Floats]:
    """Shading by lamps, without and with cast shadows.

    Args:
        depth: [N, N] along the camera's axis; read where `solid` alone.
        normals: [N, N, 3] unit, view frame (x right, y up, z to the viewer).
        solid: [N, N] where there is anything; the rest neither casts nor takes shadow.
        intrinsics: [3, 3] of the camera, in units of the map's size.
        lamps: in the view frame.
        config: see `ShadowConfig`.

    Returns:
        Two of [N, N, 3] float32: the cosine shading added up over the lamps (a small one's `rgb`
        where it is faced), and as much of it as gets there. 0 outside `solid`.
    """
    n = depth.shape[0]
    cells = np.flatnonzero(solid)
    rows, columns = np.divmod(cells, n)
    z = depth.ravel()[cells].astype(np.float32)
    points = np.empty((len(cells), 3), np.float32)
    for k, index in ((0, columns), (1, rows)):
        at = (index.astype(np.float32) + np.float32(0.5)) / np.float32(n)
        points[:, k] = (at - np.float32(intrinsics[k, 2])) / np.float32(intrinsics[k, k]) * z
    points[:, 2] = z
    open_, cast = point_shading(
        points, normals.reshape(-1, 3)[cells], depth, solid, intrinsics, lamps, config
    )
    maps = np.zeros((2, n * n, 3), np.float32)
    maps[0, cells], maps[1, cells] = open_, cast
    return maps[0].reshape(n, n, 3), maps[1].reshape(n, n, 3)


def lamp_beams(transfer: Floats, normals: Floats, lamps: Sequence[Lamp]) -> Floats:
    """What lamps' nine harmonics make of radiance transfer, but where they only ring.

    A lamp behind a surface gives it nothing, its harmonics up to a ninth of what the lamp gives
    the other side: on a face before a bright window that may be more than all other light.

    Args:
        transfer: [..., 9].
        normals: [..., 3] unit, in the frame of `transfer`.
        lamps: in the same.

    Returns:
        [..., 3], 0 or more.
    """
    out = np.zeros(normals.shape, np.float32)
    for lamp in lamps:
        cosine = normals @ lamp.direction.astype(np.float32)
        faced = np.clip(1 + cosine / np.float32(_BEHIND), 0, 1)
        beam = np.maximum(transfer @ lamp.coefficients.astype(np.float32), 0)
        out += beam * faced[..., None]
    return out


def with_shadows(
    whole: Floats, beams: Floats, lit: Floats, cast: Floats, crisp: float, depth: float
) -> tuple[Floats, Floats]:
    """Bring lamps' shadows into shading by harmonics; all arrays are [..., 3], 0 or more.

    Harmonics keep saying how bright a lamp makes a slope, for the cosine they blur is relief more
    of a template than of this person; what they can't say at all is taken from the lamps.

    Args:
        whole: shading by all harmonics.
        beams: the lamps' own part of that.
        lit, cast: from `lamp_shading`.
        crisp: 0..1 how far the lamps' clamped cosine takes the place of `beams`.
        depth: 0..1 how much of a lamp's light its shadow takes away.

    Returns:
        Shading without and with the cast shadows.
    """
    open_, lamps = crisp_lamps(whole, beams, lit, crisp)
    return open_, open_ - np.float32(depth) * hidden_share(lit, cast) * lamps


def crisp_lamps(whole: Floats, beams: Floats, lit: Floats, crisp: float) -> tuple[Floats, Floats]:
    """Shading, and the lamps' part of it, both without cast shadows; see `with_shadows`."""
    beams = np.minimum(np.maximum(beams, 0), whole)
    more = np.float32(crisp) * (lit - beams)
    return whole + more, beams + more


def hidden_share(lit: Floats, cast: Floats) -> Floats:
    """0..1 how much of a lamp's shading [..., C] cast shadows take; 0 where it doesn't reach."""
    faint = np.float32(_FAINT) * lit.reshape(-1, lit.shape[-1]).max(0) + np.float32(1e-6)
    return np.asarray(1 - (cast + faint) / (lit + faint), np.float32)


def point_shading(
    points: Floats,
    normals: Floats,
    depth: Floats,
    solid: NDArray[np.bool_],
    intrinsics: NDArray[np.floating],
    lamps: Sequence[Lamp],
    config: ShadowConfig | None = None,
) -> tuple[Floats, Floats]:
    """`lamp_shading` at points [M, 3] in camera coordinates (y down, z away), on or near the map.

    Args:
        points, normals: [M, 3] float32; normals are unit, in the view frame.
        depth, solid, intrinsics, lamps, config: as `lamp_shading` takes them.

    Returns:
        Two of [M, 3] float32.
    """
    config = config or ShadowConfig()
    compiled = native()
    if compiled is None:
        return point_shading_slowly(points, normals, depth, solid, intrinsics, lamps, config)
    open_, cast = np.empty(points.shape, np.float32), np.empty(points.shape, np.float32)
    k = intrinsics
    given = [
        np.array([*lamp.direction, lamp.sine, _widening(lamp), *lamp.rgb], np.float32)
        for lamp in lamps
    ]
    limits = config.bias, config.slope, config.edge, config.thick
    compiled.point_shading(
        np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(normals, np.float32),
        np.ascontiguousarray(depth, np.float32),
        np.ascontiguousarray(solid),
        np.array([k[0, 0], k[1, 1], k[0, 2], k[1, 2]], np.float32),
        np.array(given, np.float32).reshape(-1, 8),
        _way(config),
        np.array(limits, np.float32),
        open_,
        cast,
    )
    return open_, cast


def point_shading_slowly(
    points: Floats,
    normals: Floats,
    depth: Floats,
    solid: NDArray[np.bool_],
    intrinsics: NDArray[np.floating],
    lamps: Sequence[Lamp],
    config: ShadowConfig,
) -> tuple[Floats, Floats]:
    """`point_shading` in OpenCV and NumPy: the kernel's oracle and stand-in."""
    open_, cast = np.zeros_like(points), np.zeros_like(points)
    known = np.where(solid, depth, _FAR).astype(np.float32)
    for lamp in lamps:
        facing = _facing(normals, lamp)
        faced = np.flatnonzero(facing > 0)
        if not faced.size:
            continue
        seen = _visibility(known, points[faced], intrinsics, lamp, config)
        lit = facing[faced, None] * lamp.rgb.astype(np.float32)
        open_[faced] += lit
        cast[faced] += lit * seen[:, None]
    return open_, cast


def depth_normals(
    depth: Floats, solid: NDArray[np.bool_], intrinsics: NDArray[np.floating], blur: float
) -> Floats:
    """[N, N, 3] unit normals (view frame) of a depth map that is smoothed over `blur` cells."""
    n = depth.shape[0]
    weight = solid.astype(np.float32)
    share = cv2.GaussianBlur(weight, (0, 0), blur)
    even = cv2.GaussianBlur(np.where(solid, depth, 0).astype(np.float32), (0, 0), blur)
    z = even / np.maximum(share, 1e-3)
    # Where the person ends the depth goes on as it was, so that edges don't tilt.
    z = np.where(share > 0.05, z, z[solid].max() if solid.any() else 1.0).astype(np.float32)
    at = ((np.arange(n) + 0.5) / n).astype(np.float32)
    x = (at[None, :] - intrinsics[0, 2]) / intrinsics[0, 0] * z
    y = (at[:, None] - intrinsics[1, 2]) / intrinsics[1, 1] * z
    points = cv2.merge([x.astype(np.float32), -y.astype(np.float32), -z])
    ends = {"ksize": 1, "borderType": cv2.BORDER_REPLICATE}
    ax, ay, az = cv2.split(cv2.Sobel(points, cv2.CV_32F, 1, 0, **ends))  # type: ignore[call-overload]
    bx, by, bz = cv2.split(cv2.Sobel(points, cv2.CV_32F, 0, 1, **ends))  # type: ignore[call-overload]
    normal = [az * by - ay * bz, ax * bz - az * bx, ay * bx - ax * by]  # down cross across
    length = np.sqrt(sum(part * part for part in normal))
    scale = 1 / np.maximum(length, np.float32(1e-12))
    return np.asarray(cv2.merge([part * scale for part in normal]), np.float32)


def raised(depth: Floats, solid: NDArray[np.bool_], factor: float, broad: float) -> Floats:
    """A depth map [N, N] with its relief so many times as high; as it is where not `solid`.

    Args:
        depth: along the camera's axis.
        solid: [N, N] where there is anything.
        factor: of what is finer than `broad`: of noses and brows, not of the head.
        broad: cells.
    """
    share = solid.astype(np.float32)
    total, weight = (cv2.GaussianBlur(x, (0, 0), broad) for x in (depth * share, share))
    smooth = np.where(solid, total / np.maximum(weight, np.float32(1e-3)), depth)
    return np.asarray(smooth + np.float32(factor) * (depth - smooth), np.float32)


_FAR = 1e3

_BEHIND = 0.4
"""Cosine below the horizon at which a lamp's harmonics set in; there they are next to nothing."""

_FAINT = 0.02
"""Share of the brightest under which a grazing lamp's shadow dies away."""


def _facing(normals: Floats, lamp: Lamp) -> Floats:
    """[...] mean clamped cosine to a lamp's disc.

    A disc that the horizon cuts is seen in part: between minus and plus the sine of its half
    angle the cosine sets in as a parabola, which keeps value and slope at both ends.
    """
    cosine = normals @ lamp.direction.astype(np.float32)
    s = np.float32(lamp.sine)
    if s < 1e-3:
        return np.asarray(np.maximum(cosine, 0), np.float32)
    soft = np.where(cosine < s, np.square(np.maximum(cosine + s, 0)) / (4 * s), cosine)
    # A disc's mean cosine over a point's: (1 + cos a) / 2.
    return np.asarray(soft * np.float32(0.5 + 0.5 * np.sqrt(1.0 - s * s)), np.float32)


def _widening(lamp: Lamp) -> float:
    """Of a shadow's edge per unit of the way to the obstacle."""
    return 2.0 * math.tan(min(lamp.softness, 0.9) * math.pi / 2.0)


def _way(config: ShadowConfig) -> Floats:
    """[steps] lengths of the way at which the depth map is looked at."""
    share = ((np.arange(config.steps) + 0.5) / config.steps).astype(np.float32)
    return np.asarray(config.start + config.reach * share * share, np.float32)


def _visibility(
    depth: Floats,
    points: Floats,
    intrinsics: NDArray[np.floating],
    lamp: Lamp,
    config: ShadowConfig,
) -> Floats:
    """[M] 0..1 how far points see a lamp."""
    n = depth.shape[0]
    fx, fy, cx, cy = (np.float32(intrinsics[k]) for k in ((0, 0), (1, 1), (0, 2), (1, 2)))
    x, y, z = np.ascontiguousarray(points.T)
    # Camera coordinates: y down, z away.
    dx, dy, dz = (lamp.direction * [1.0, -1.0, -1.0]).astype(np.float32)
    way = _way(config)[:, None]
    qz = z + dz * way
    scale = np.float32(n) / np.maximum(qz, np.float32(1e-3))
    u, v = x + dx * way, y + dy * way
    for at, focal, middle in ((u, fx, cx), (v, fy, cy)):
        at *= scale
        at *= focal
        at += middle * np.float32(n) - np.float32(0.5)
    there = cv2.remap(
        depth, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_FAR
    )
    below = qz - there
    # A lamp of some size is hidden bit by bit, the slower the farther off the obstacle is.
    edge = config.edge + way * np.float32(_widening(lamp))
    start = config.bias + config.slope * way - 0.5 * (edge - config.edge)
    hidden = np.where(below > config.thick, np.float32(0), (below - start) / edge).max(0)
    return np.asarray(1 - np.clip(hidden, 0, 1), np.float32)
