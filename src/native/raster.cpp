// SPDX-License-Identifier: Apache-2.0
// A z-buffered triangle rasteriser. Compiled without fused multiplications, so that it finds the
// very pixels inside a triangle that its stand-in finds.
#include "raster.h"

#include <math.h>
#include <stdlib.h>

namespace relume {
namespace {

struct Fragment {
    float depth, a, b;
    int32_t face;
};

// The first pixel centre at or beyond, and the last before a coordinate.
int first_centre(float x) { return x < 0.5f ? 0 : int(floorf(x - 0.5f)) + 1; }
int last_centre(float x, int size) {
    return x > float(size) ? size - 1 : int(floorf(x - 0.5f));
}

float least(float a, float b, float c) { return fminf(a, fminf(b, c)); }
float most(float a, float b, float c) { return fmaxf(a, fmaxf(b, c)); }

struct Triangle {
    float ax, ay, bx, by, cx, cy, area;

    Triangle(const float* a, const float* b, const float* c)
        : ax(a[0]), ay(a[1]), bx(b[0]), by(b[1]), cx(c[0]), cy(c[1]) {
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    }
};

void draw(const Triangle& t, int32_t face, const float* depth, int width, int height,
          Fragment* buffer) {
    const float low_x = least(t.ax, t.bx, t.cx), high_x = most(t.ax, t.bx, t.cx);
    const float low_y = least(t.ay, t.by, t.cy), high_y = most(t.ay, t.by, t.cy);
    if (!(high_x > 0 && high_y > 0 && low_x < width && low_y < height)) return;
    const int x0 = first_centre(low_x), x1 = last_centre(high_x, width);
    const int y0 = first_centre(low_y), y1 = last_centre(high_y, height);
    const float inverse = 1.0f / t.area;
    const float adx = t.cx - t.bx, ady = t.cy - t.by, bdx = t.ax - t.cx, bdy = t.ay - t.cy;
    for (int y = y0; y <= y1 && y < height; ++y) {
        const float py = y + 0.5f;
        for (int x = x0; x <= x1 && x < width; ++x) {
            const float px = x + 0.5f;
            const float a = (adx * (py - t.by) - ady * (px - t.bx)) * inverse;
            const float b = (bdx * (py - t.cy) - bdy * (px - t.cx)) * inverse;
            const float c = 1.0f - a - b;
            if (!(a >= 0 && b >= 0 && c >= 0)) continue;
            const float near = depth[0] * a + depth[1] * b + depth[2] * c;
            Fragment& f = buffer[size_t(y) * width + x];
            if (f.face < 0 || near < f.depth) f = {near, a, b, face};
        }
    }
}

}  // namespace

bool rasterise(const Mesh& m, int width, int height, float* image, uint8_t* mask) {
    const size_t pixels = size_t(width) * height;
    Fragment* const buffer = static_cast<Fragment*>(malloc(pixels * sizeof(Fragment)));
    if (buffer == nullptr) return false;
    for (size_t i = 0; i < pixels; ++i) buffer[i].face = -1;
    for (int32_t face = 0; face < m.count; ++face) {
        const int32_t* const v = m.faces + size_t(face) * 3;
        const Triangle t(m.points + 2 * v[0], m.points + 2 * v[1], m.points + 2 * v[2]);
        // With y down, a triangle that is counter-clockwise in space has negative area here.
        const bool shown = m.cull ? t.area < -1e-9f : fabsf(t.area) > 1e-9f;
        if (!shown || !isfinite(t.area)) continue;
        const float depth[3] = {m.depth[v[0]], m.depth[v[1]], m.depth[v[2]]};
        draw(t, face, depth, width, height, buffer);
    }
    for (size_t i = 0; i < pixels; ++i) {
        const Fragment& f = buffer[i];
        if (f.face < 0) continue;
        const int32_t* const v = m.faces + size_t(f.face) * 3;
        const float *p = m.attributes + size_t(v[0]) * m.channels,
                    *q = m.attributes + size_t(v[1]) * m.channels,
                    *r = m.attributes + size_t(v[2]) * m.channels;
        const float c = 1.0f - f.a - f.b;
        float* const out = image + i * m.channels;
        for (int k = 0; k < m.channels; ++k) out[k] = p[k] * f.a + q[k] * f.b + r[k] * c;
        mask[i] = 1;
    }
    free(buffer);
    return true;
}

}  // namespace relume
