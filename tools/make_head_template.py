"""Make `src/relume/assets/head.npz` from the public ICT FaceKit light model (a developer's tool).

    python tools/make_head_template.py ict_facekit_light.npz src/relume/assets/head.npz

Needs trimesh and embreex besides relume. The input holds the arrays `mean` [N, 3] (cm),
`identity` [100, N, 3], `expression` [57, N, 3] with `expression_names`, `faces` (quads, -1 pads
triangles) and `landmarks68` (Multi-PIE order) of ICT FaceKit (MIT, USC Institute for Creative
Technologies; the credit stands in NOTICE).

Steps: keep the skin and the mouth's inside, decimate by half-edge collapses (so that every vertex
that stays is a vertex of the original and carries its own basis, and the landmarks stay exactly),
add two eyeball caps, tag regions, cast rays for the radiance transfer.
"""

from __future__ import annotations

import argparse
import heapq
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.ray.ray_pyembree import RayMeshIntersector

from relume.face.head import REGIONS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALE = 0.027  # canonical units per cm
IDENTITIES = 40
FACE_END, NECK_END, MOUTH_END = 9409, 11248, 13295  # the ICT mesh: face | head, neck | mouth bag
LEFT_EYE, RIGHT_EYE = slice(21451, 23021), slice(23021, 24591)  # sclera and iris
BUDGET = 2100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="ICT FaceKit light model (.npz)")
    parser.add_argument("output", type=Path, help="where head.npz goes")
    parser.add_argument("--rays", type=int, default=2048, help="rays a vertex for the transfer")
    args = parser.parse_args()
    with np.load(args.model) as z:
        ict = {name: z[name] for name in z.files}

    landmarks = ict["landmarks68"].astype(np.int64)
    centre = ict["mean"][landmarks[27:60]].mean(0) + np.array([0.0, 1.0, -6.0])
    mean = (ict["mean"].astype(np.float64) - centre) * SCALE
    names = [str(n) for n in ict["expression_names"]]
    kept = [i for i, n in enumerate(names) if not n.startswith(("eyeLook", "PupilDilate"))]
    basis = np.concatenate([ict["identity"][:IDENTITIES], ict["expression"][kept]]).astype(float)
    basis *= SCALE
    basis[:IDENTITIES] = without_similarity(basis[:IDENTITIES], mean, landmarks)

    triangles = triangulate(ict["faces"].astype(np.int64))
    skin_mesh = triangles[(triangles < MOUTH_END).all(1)]
    importance = vertex_importance(mean, landmarks)
    faces = decimate(mean, skin_mesh, importance, set(landmarks.tolist()), BUDGET)
    used = np.unique(faces)
    renumber = np.full(len(mean), -1)
    renumber[used] = np.arange(len(used))
    faces = renumber[faces]

    vertices, vectors = [mean[used]], [basis[:, used]]
    region = region_tags(mean, used, landmarks)
    weight = light_weights(mean, landmarks)[used] * (region == REGIONS.index("skin"))
    start = len(used)
    for eye in (LEFT_EYE, RIGHT_EYE):
        cap, cap_faces, source = eye_cap(mean, np.arange(eye.start, eye.stop))
        vertices.append(cap)
        # An eyeball moves as a whole with the identity and not with the expression.
        rigid = basis[:, source].mean(1, keepdims=True).repeat(len(cap), 1)
        rigid[IDENTITIES:] = 0.0
        vectors.append(rigid)
        faces = np.concatenate([faces, cap_faces + start])
        start += len(cap)
        region = np.r_[region, np.full(len(cap), REGIONS.index("eyes"))]
        weight = np.r_[weight, np.zeros(len(cap))]
    points = np.concatenate(vertices)
    transfer = radiance_transfer(points, faces, mean, triangles, used, args.rays)

    openness = transfer[:, 0] * np.sqrt(4 * np.pi)
    weight = weight * np.clip((openness - 0.5) / 0.25, 0.0, 1.0)  # not the nostrils' insides

    np.savez_compressed(
        args.output,
        mean=points.astype(np.float32),
        identity=np.concatenate([v[:IDENTITIES] for v in vectors], 1).astype(np.float16),
        expression=np.concatenate([v[IDENTITIES:] for v in vectors], 1).astype(np.float16),
        expression_names=np.array([names[i] for i in kept]),
        faces=faces.astype(np.int16),
        region=region.astype(np.uint8),
        skin=weight.astype(np.float16),
        transfer=transfer.astype(np.float32),
        landmark_indices=renumber[landmarks].astype(np.int16),
    )
    print(f"{len(points)} vertices, {len(faces)} faces, {args.output.stat().st_size} bytes")


def without_similarity(basis: Array, mean: Array, landmarks: Ints) -> Array:
    """The shape modes [K, N, 3] less the part that moves, turns or scales the whole face.

    Those are the pose's business; left in, size and pose would trade places in every fit.
    """
    fields = [np.broadcast_to(axis, mean.shape) for axis in np.eye(3)]
    fields += [np.cross(axis, mean) for axis in np.eye(3)]
    fields.append(mean)
    rigid = np.stack(fields)
    at = landmarks[17:]
    a = rigid[:, at].reshape(7, -1).T
    share = np.linalg.lstsq(a, basis[:, at].reshape(len(basis), -1).T, rcond=None)[0]
    return basis - np.tensordot(share.T, rigid, 1)


def triangulate(faces: Ints) -> Ints:
    """Quads (-1 pads triangles) to triangles [F, 3], winding kept."""
    second = faces[faces[:, 3] >= 0][:, [0, 2, 3]]
    return np.concatenate([faces[:, :3], second])


def vertex_importance(mean: Array, landmarks: Ints) -> Array:
    """[N] how costly an error at a vertex is: lids and lips much, scalp and neck little."""
    weight = np.full(len(mean), 0.12)
    weight[:FACE_END] = 1.0
    y, z = mean[:, 1], mean[:, 2]
    weight[:FACE_END] *= np.clip((z[:FACE_END] + 0.12) / 0.1, 0.25, 1.0)  # towards the ears
    weight[y < mean[landmarks[8], 1] - 0.05] *= 0.2  # below the chin
    for points, radius, value in ((36, 0.035, 6.0), (42, 0.035, 6.0), (48, 0.05, 6.0)):
        count = 20 if points == 48 else 6
        gap = distance(mean, mean[landmarks[points : points + count]])
        weight = np.where(gap < radius, np.maximum(weight, value), weight)
    nose = distance(mean, mean[landmarks[30:36]]) < 0.05
    weight[nose] = np.maximum(weight[nose], 3.0)
    weight[NECK_END:] = 0.1
    return weight


def distance(points: Array, to: Array) -> Array:
    """[N] distance of each of `points` [N, 3] to the nearest of `to` [M, 3]."""
    return np.linalg.norm(points[:, None] - to[None], axis=-1).min(1)


def decimate(points: Array, faces: Ints, weight: Array, locked: set[int], budget: int) -> Ints:
    """Triangles left after half-edge collapses down to `budget` vertices.

    Quadric error metric of Garland & Heckbert (1997) with the position restricted to the edge's
    ends; `locked` vertices are never removed. Borders are held by perpendicular planes.
    """
    quadric = np.zeros((len(points), 4, 4))
    a, b, c = (points[faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    normal = cross / np.maximum(area, 1e-15)[:, None]
    plane = np.c_[normal, -(normal * a).sum(1)]
    plane_q = plane[:, :, None] * plane[:, None, :] * area[:, None, None]
    for i in range(3):
        np.add.at(quadric, faces[:, i], plane_q)
    edges: dict[tuple[int, int], list[int]] = {}
    for f, t in enumerate(faces.tolist()):
        for i in range(3):
            edges.setdefault((min(t[i], t[i - 1]), max(t[i], t[i - 1])), []).append(f)
    border: set[int] = set()
    for (i, j), owners in edges.items():
        if len(owners) == 1:
            along = points[j] - points[i]
            side = np.cross(along, normal[owners[0]])
            side /= max(float(np.linalg.norm(side)), 1e-15)
            p = np.r_[side, -side @ points[i]]
            q = np.outer(p, p) * (along @ along) * 4.0
            quadric[i] += q
            quadric[j] += q
            border |= {i, j}
    quadric *= weight[:, None, None]

    ring: dict[int, set[int]] = {}
    incident: dict[int, set[int]] = {}
    corner = faces.tolist()
    for f, t in enumerate(corner):
        for v in t:
            incident.setdefault(v, set()).add(f)
            ring.setdefault(v, set()).update(t)
    for v, r in ring.items():
        r.discard(v)

    def cost(gone: int, stays: int) -> float:
        p = np.append(points[stays], 1.0)
        # A little of the squared length keeps flat places evenly covered.
        length = float(((points[gone] - points[stays]) ** 2).sum())
        return float(p @ (quadric[gone] + quadric[stays]) @ p) + 2e-5 * weight[gone] * length

    def push(gone: int, stays: int) -> None:
        if gone not in locked and not (gone in border and stays not in border):
            heapq.heappush(heap, (cost(gone, stays), gone, stays, stamp[gone], stamp[stays]))

    def allowed(gone: int, stays: int) -> bool:
        if len(ring[gone] & ring[stays]) > len(incident[gone] & incident[stays]):
            return False  # would pinch the surface
        for f in incident[gone] - incident[stays]:
            old = [points[v] for v in corner[f]]
            new = [points[stays if v == gone else v] for v in corner[f]]
            n0, n1 = (np.cross(p[1] - p[0], p[2] - p[0]) for p in (old, new))
            if n0 @ n1 < 0.35 * np.linalg.norm(n0) * np.linalg.norm(n1) or n1 @ n1 < 1e-14:
                return False
        return True

    stamp = dict.fromkeys(ring, 0)
    heap: list[tuple[float, int, int, int, int]] = []
    for v, r in ring.items():
        for other in r:
            push(v, other)
    while len(ring) > budget and heap:
        _, gone, stays, s0, s1 = heapq.heappop(heap)
        if gone not in ring or stays not in ring or (s0, s1) != (stamp[gone], stamp[stays]):
            continue
        if not allowed(gone, stays):
            continue
        for f in incident[gone] & incident[stays]:
            for v in corner[f]:
                incident[v].discard(f)
        for f in list(incident[gone]):
            corner[f] = [stays if v == gone else v for v in corner[f]]
            incident[stays].add(f)
        for v in ring[gone]:
            ring[v].discard(gone)
        for v in ring[gone] - {stays}:
            ring[v].add(stays)
            ring[stays].add(v)
        quadric[stays] += quadric[gone]
        del ring[gone], incident[gone]
        stamp[stays] += 1
        for v in ring[stays]:
            push(v, stays)
            push(stays, v)
    alive = sorted({f for faces_of in incident.values() for f in faces_of})
    return np.array([corner[f] for f in alive], np.int64)


def region_tags(mean: Array, used: Ints, landmarks: Ints) -> Ints:
    """[len(used)] index into REGIONS of each kept vertex."""
    p = mean[used]
    tag = np.full(len(used), REGIONS.index("skin"))
    brow, chin = mean[landmarks[17:27], 1].mean(), mean[landmarks[8]]
    # The hair begins about as far above the brows as the nose ends below them, and lower at the
    # sides; behind the ears all is scalp or neck.
    hairline = brow + 0.9 * (brow - mean[landmarks[33], 1]) - 1.2 * np.maximum(0.1 - p[:, 2], 0)
    behind = p[:, 2] < mean[landmarks[[0, 16]], 2].mean() - 0.05
    tag[(p[:, 1] > hairline) | behind] = REGIONS.index("scalp")
    jaw = chin[1] + 0.25 * np.clip(chin[2] - 0.08 - p[:, 2], 0.0, 0.5)  # rises towards the ears
    below = (p[:, 1] < chin[1] - 0.02) | ((p[:, 1] < jaw) & (p[:, 2] < chin[2] - 0.08))
    tag[below] = REGIONS.index("neck")
    lips = distance(p, mean[landmarks[48:]]) < 0.012
    tag[lips & (used < FACE_END)] = REGIONS.index("lips")
    tag[used >= NECK_END] = REGIONS.index("mouth")
    return tag


def light_weights(mean: Array, landmarks: Ints) -> Array:
    """[N] how far a vertex may be trusted to be bare, evenly coloured skin, 0..1, smooth."""

    def away(points: Array, near: float, far: float) -> Array:
        return np.clip((distance(mean, points) - near) / (far - near), 0.0, 1.0)

    lm = mean[landmarks]
    weight = np.ones(len(mean))
    for ring in (lm[17:22], lm[22:27], lm[36:42], lm[42:48], lm[48:60]):
        closed = ring if len(ring) == 5 else np.r_[ring, ring[:1]]
        steps = np.linspace(0, 1, 4)[:, None, None]
        dense = (closed[:-1] * (1 - steps) + closed[1:] * steps).reshape(-1, 3)
        weight *= away(np.r_[dense, [ring.mean(0)]], 0.012, 0.035)
    weight *= away(lm[[31, 35]], 0.008, 0.02)  # nostrils
    brow, nose = lm[17:27, 1].mean(), lm[33, 1]
    weight *= np.clip((brow + 0.75 * (brow - nose) - mean[:, 1]) / 0.05, 0, 1)  # below the hair
    weight *= np.clip((mean[:, 1] - lm[8, 1] + 0.005) / 0.04, 0, 1)  # above the neck
    weight *= np.clip((mean[:, 2] - 0.02) / 0.08, 0, 1)  # before the ears and whiskers
    weight[FACE_END:] = 0.0
    return weight


def eye_cap(mean: Array, ids: Ints) -> tuple[Array, Ints, Ints]:
    """Front cap of the sphere fitted to an eyeball: vertices, triangles, source vertices."""
    p = mean[ids]
    solution = np.linalg.lstsq(np.c_[2 * p, np.ones(len(p))], (p**2).sum(1), rcond=None)[0]
    centre = solution[:3]
    radius = float(np.sqrt(solution[3] + centre @ centre))
    rings, spokes = 5, 14
    angle = np.linspace(0, np.deg2rad(75), rings + 1)[1:, None]
    turn = np.linspace(0, 2 * np.pi, spokes, endpoint=False)[None]
    grid = np.stack(
        [np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle) + 0 * turn], -1
    ).reshape(-1, 3)
    cap = centre + radius * np.r_[[[0, 0, 1.0]], grid]
    faces = [[0, 1 + s, 1 + (s + 1) % spokes] for s in range(spokes)]
    for r in range(rings - 1):
        for s in range(spokes):
            a, b = 1 + r * spokes + s, 1 + r * spokes + (s + 1) % spokes
            faces += [[a, a + spokes, b + spokes], [a, b + spokes, b]]
    return cap, np.array(faces), ids


def radiance_transfer(
    points: Array, faces: Ints, mean: Array, triangles: Ints, used: Ints, rays: int
) -> Array:
    """[V, 9] radiance transfer of the mean head, the full mesh casting the shadows.

    T_k = (1/pi) integral V Y_k max(n.w, 0) dw. The unoccluded part is known exactly, so that the
    rays (cosine-distributed, stratified) only estimate what is blocked; that part is smoothed a
    little over the mesh.
    """
    eyes = (triangles >= LEFT_EYE.start) & (triangles < RIGHT_EYE.stop)
    solid = triangles[((triangles < MOUTH_END) | eyes).all(1)]
    full = trimesh.Trimesh(mean, solid, process=False)
    small = trimesh.Trimesh(points, faces, process=False)
    normals = np.array(small.vertex_normals)
    normals[: len(used)] = np.array(full.vertex_normals)[used]
    side = int(np.sqrt(rays))
    rng = np.random.default_rng(0)
    caster = RayMeshIntersector(full)
    blocked = np.zeros((len(points), 9))
    for v, (p, n) in enumerate(zip(points, normals, strict=True)):
        u = (
            np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
            + rng.random((side * side, 2))
        ) / side
        r, phi = np.sqrt(u[:, 0]), 2 * np.pi * u[:, 1]
        helper = np.eye(3)[np.abs(n).argmin()]
        t = np.cross(n, helper)
        t /= np.linalg.norm(t)
        w = (r * np.cos(phi))[:, None] * t + (r * np.sin(phi))[:, None] * np.cross(n, t)
        w += np.sqrt(1 - u[:, :1]) * n
        # Eyeball caps sit a hair inside the lids and the cornea: start farther out there.
        offset = 1.5e-3 if v < len(used) else 5e-3
        hit = caster.intersects_any(np.broadcast_to(p + offset * n, w.shape), w)
        blocked[v] = (harmonics(w) * hit[:, None]).mean(0)
    free = harmonics(normals) * np.repeat([1, 2 / 3, 1 / 4], [1, 3, 5])
    edges = small.edges_unique
    degree = np.bincount(edges.ravel(), minlength=len(points))[:, None]
    for _ in range(2):
        near = np.zeros_like(blocked)
        np.add.at(near, edges[:, 0], blocked[edges[:, 1]])
        np.add.at(near, edges[:, 1], blocked[edges[:, 0]])
        blocked = 0.6 * blocked + 0.4 * near / np.maximum(degree, 1)
    return free - blocked


def harmonics(w: Array) -> Array:
    """[N, 9] real orthonormal spherical harmonics, order 1,y,z,x,xy,yz,3z^2-1,xz,x^2-y^2."""
    x, y, z = w.T
    c = np.sqrt(np.array([1 / 4, 3 / 4, 15 / 4, 5 / 16, 15 / 16]) / np.pi)
    return np.stack(
        [
            c[0] + 0 * x,
            c[1] * y,
            c[1] * z,
            c[1] * x,
            c[2] * x * y,
            c[2] * y * z,
            c[3] * (3 * z * z - 1),
            c[2] * x * z,
            c[4] * (x * x - y * y),
        ],
        -1,
    )


if __name__ == "__main__":
    main()
