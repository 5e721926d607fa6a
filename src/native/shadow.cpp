// SPDX-License-Identifier: Apache-2.0
// Lamps on points over a depth map: see `relume.render.point_shading`, which this follows.
#include "shadow.h"

#include <stdlib.h>

#include "vec.h"

namespace RELUME_ISA {
namespace {

using relume::Lamp;
using relume::Shadows;

constexpr float kFar = 1e3f;

// The mean clamped cosine to a lamp's disc: see `relume.render.lamps._facing`.
inline float facing(const float* normal, const Lamp& lamp) {
    const float* const d = lamp.direction;
    const float cosine = normal[0] * d[0] + normal[1] * d[1] + normal[2] * d[2], s = lamp.sine;
    if (s < 1e-3f) return cosine > 0 ? cosine : 0;
    const float risen = cosine + s > 0 ? cosine + s : 0;
    const float soft = cosine < s ? risen * risen / (4 * s) : cosine;
    return soft * (0.5f + 0.5f * sqrtf(1 - s * s));
}

// The depth map with a border of emptiness, two cells before and three after.
struct Map {
    float* cells;
    int stride;

    bool make(const Shadows& s) {
        stride = s.width + 5;
        const int64_t total = int64_t(stride) * (s.height + 5);
        cells = static_cast<float*>(malloc(size_t(total) * sizeof(float)));
        if (cells == nullptr) return false;
        for (int64_t i = 0; i < total; ++i) cells[i] = kFar;
        for (int y = 0; y < s.height; ++y)
            for (int x = 0; x < s.width; ++x) {
                const int64_t i = int64_t(y) * s.width + x;
                if (s.solid[i]) cells[int64_t(y + 2) * stride + x + 2] = s.depth[i];
            }
        return true;
    }
};

// One lamp's march: what doesn't depend on the point. Steps beyond the last look at nothing.
struct March {
    int steps;
    float *way, *start, *inverse;  // [steps], rounded up to whole vectors
    float *there, *across, *along;
    int32_t* cell;

    void aim(const Shadows& s, const Lamp& lamp) {
        for (int i = 0; i < steps; ++i) {
            const bool real = i < s.steps;
            way[i] = real ? s.way[i] : 0;
            const float edge = s.edge + way[i] * lamp.widening;
            start[i] = real ? s.bias + s.slope * way[i] - 0.5f * (edge - s.edge) : kFar;
            inverse[i] = 1 / edge;
        }
    }

    // 0..1 how far a point sees the lamp.
    float seen(const Shadows& s, const Map& map, const float* p, const float* direction) {
        const float dx = direction[0], dy = -direction[1], dz = -direction[2];
        const Vec fx = set1(s.fx * s.width), fy = set1(s.fy * s.height);
        const Vec cx = set1(s.cx * s.width - 0.5f), cy = set1(s.cy * s.height - 0.5f);
        const Vec low = set1(-2.f), high_x = set1(s.width + 1.f), high_y = set1(s.height + 1.f);
        for (int i = 0; i < steps; i += Vec::width) {
            const Vec w = load(way + i), z = fma(w, set1(dz), set1(p[2]));
            const Vec scale = reciprocal(max(z, set1(1e-3f)));
            Vec u = fma(fma(w, set1(dx), set1(p[0])) * scale, fx, cx);
            Vec v = fma(fma(w, set1(dy), set1(p[1])) * scale, fy, cy);
            u = min(max(u, low), high_x), v = min(max(v, low), high_y);
            const Vec x = floor(u), y = floor(v);
            store(across + i, u - x), store(along + i, v - y);
            store_int(cell + i, fma(y + set1(2.f), set1(float(map.stride)), x + set1(2.f)));
        }
        for (int i = 0; i < steps; ++i) {
            const float* const q = map.cells + cell[i];
            const float a = across[i], top = q[0] + a * (q[1] - q[0]);
            const float bottom = q[map.stride] + a * (q[map.stride + 1] - q[map.stride]);
            there[i] = top + along[i] * (bottom - top);
        }
        Vec most = set1(0.f);
        for (int i = 0; i < steps; i += Vec::width) {
            const Vec below = fma(load(way + i), set1(dz), set1(p[2])) - load(there + i);
            const Vec hidden = (below - load(start + i)) * load(inverse + i);
            // So deep below that it is behind the head again, it counts for nothing.
            most = max(most, min(hidden, (set1(s.thick) - below) * set1(1e6f)));
        }
        const float hidden = highest(most);
        return hidden < 1 ? 1 - hidden : 0;
    }
};

}  // namespace

bool cast_shadows(const Shadows& s) {
    March m;
    m.steps = (s.steps + Vec::width - 1) / Vec::width * Vec::width;
    float* const memory = static_cast<float*>(malloc(size_t(m.steps + 1) * 6 * sizeof(float)));
    m.cell = static_cast<int32_t*>(malloc(size_t(m.steps + 1) * sizeof(int32_t)));
    Map map{nullptr, 0};
    const bool done = memory != nullptr && m.cell != nullptr && map.make(s);
    if (done) {
        float** const parts[6] = {&m.way, &m.start, &m.inverse, &m.there, &m.across, &m.along};
        for (int i = 0; i < 6; ++i) *parts[i] = memory + i * (m.steps + 1);
        for (int64_t i = 0; i < 3 * int64_t(s.count); ++i) s.lit[i] = s.cast[i] = 0;
        for (int k = 0; k < s.lamp_count; ++k) {
            const Lamp& lamp = s.lamps[k];
            m.aim(s, lamp);
            for (int64_t i = 0; i < 3 * int64_t(s.count); i += 3) {
                const float bright = facing(s.normals + i, lamp);
                if (!(bright > 0)) continue;
                const float seen = m.seen(s, map, s.points + i, lamp.direction);
                for (int c = 0; c < 3; ++c) {
                    s.lit[i + c] += bright * lamp.rgb[c];
                    s.cast[i + c] += bright * lamp.rgb[c] * seen;
                }
            }
        }
    }
    free(memory), free(m.cell), free(map.cells);
    return done;
}

}  // namespace RELUME_ISA
