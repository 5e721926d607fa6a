// SPDX-License-Identifier: Apache-2.0
// Rows of a box of YUV, read as RGB and written: see `relume.media.convert`, whose rules these are.
// A row's channels lie apart, `pitch` floats from one to the next.
#pragma once

#include "yuv.h"

namespace RELUME_ISA {

inline float within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

// To the nearest whole number, the even one of two, for numbers below 2^22.
inline float nearest(float x) { return (x + 12582912.f) - 12582912.f; }

// A curve's value, between two of its steps.
inline float curved(const relume::Curve& c, float x) {
    const float at = x * float(c.steps);
    const int low = at < float(c.steps) ? int(at) : c.steps - 1;
    return c.values[low] + (at - float(low)) * (c.values[low + 1] - c.values[low]);
}

// Where a full-resolution coordinate lies between two samples of a halved plane, which are
// centred between its own.
struct Between {
    int low, high;
    float share;  // of `high`

    Between(int at, int shift, int size) {
        if (shift == 0) {
            low = high = at, share = 0;
            return;
        }
        low = (at & 1) ? at / 2 : at / 2 - 1;
        high = low + 1;
        share = (at & 1) ? 0.25f : 0.75f;
        if (low < 0) low = 0;
        if (high > size - 1) high = size - 1;
    }
};

// One row of chroma at full resolution: out[i] is at column x0 + i. `line` has room for a row of
// the plane and one more at both ends.
template <class T>
void chroma_row(const relume::Plane<const T>& p, int shift_x, int shift_y, int y, int x0, int x1,
                float* __restrict line, float* __restrict out) {
    const Between rows(y, shift_y, p.height);
    const T* const a = p.row(rows.low);
    const T* const b = p.row(rows.high);
    const float share = rows.share, rest = 1 - share;
    if (shift_x == 0) {
        for (int x = x0; x < x1; ++x) out[x - x0] = a[x] * rest + b[x] * share;
        return;
    }
    // line[i] is the sample first + i; the plane's ends go on.
    const int first = x0 / 2 - 1, last = (x1 + 1) / 2;
    const int from = first < 0 ? 0 : first, to = last > p.width - 1 ? p.width - 1 : last;
    for (int c = from; c <= to; ++c) line[c - first] = a[c] * rest + b[c] * share;
    if (first < 0) line[0] = line[1];
    if (last > to) line[last - first] = line[to - first];
    int x = x0;
    if (x & 1) {
        const int c = x / 2 - first;
        out[0] = 0.75f * line[c] + 0.25f * line[c + 1];
        ++x;
    }
    const int pairs = (x1 - x) / 2;
    const float* const from_line = line + (x / 2 - first);
    float* const to_out = out + (x - x0);
    for (int i = 0; i < pairs; ++i) {
        const float middle = 0.75f * from_line[i];
        to_out[2 * i] = middle + 0.25f * from_line[i - 1];
        to_out[2 * i + 1] = middle + 0.25f * from_line[i + 1];
    }
    if ((x1 - x) & 1) to_out[2 * pairs] = 0.75f * from_line[pairs] + 0.25f * from_line[pairs - 1];
}

template <class T>
void to_rgb(const T* luma, const float* u, const float* v, const float* matrix, int width,
            float* __restrict red, float* __restrict green, float* __restrict blue) {
    float m[12];
    for (int i = 0; i < 12; ++i) m[i] = matrix[i];
    for (int i = 0; i < width; ++i) {
        const float l = luma[i];
        red[i] = within(m[0] * l + m[1] * u[i] + m[2] * v[i] + m[3], 0.f, 1.f);
        green[i] = within(m[4] * l + m[5] * u[i] + m[6] * v[i] + m[7], 0.f, 1.f);
        blue[i] = within(m[8] * l + m[9] * u[i] + m[10] * v[i] + m[11], 0.f, 1.f);
    }
}

// Floats that `read_row` needs beside what it reads into.
inline size_t read_room(int width) { return 3 * size_t(width) + 8; }

// One row within 0..1.
template <class T>
void read_row(const relume::YuvBox<const T>& b, int y, float* scratch, float* out, size_t pitch) {
    const int width = b.x1 - b.x0;
    float *const u = scratch, *const v = u + width, *const line = v + width;
    chroma_row<T>(b.planes[1], b.shift_x, b.shift_y, y, b.x0, b.x1, line, u);
    chroma_row<T>(b.planes[2], b.shift_x, b.shift_y, y, b.x0, b.x1, line, v);
    const T* const luma = b.planes[0].row(y) + b.x0;
    to_rgb<T>(luma, u, v, b.matrix, width, out, out + pitch, out + 2 * pitch);
    if (b.curve.values == nullptr) return;
    for (int c = 0; c < 3; ++c)
        for (int i = 0; i < width; ++i) out[c * pitch + i] = curved(b.curve, out[c * pitch + i]);
}

// Writes one row's luma where it moves, and its change of chroma: u and v, at full resolution.
template <class T>
void put_luma(const relume::YuvBox<T>& b, int y, const float* lit, const float* old, size_t pitch,
              float* __restrict u, float* __restrict v) {
    constexpr float still = 0.25f;  // codes by which luma must move to be written
    const int width = b.x1 - b.x0;
    float m[12];
    for (int i = 0; i < 12; ++i) m[i] = b.matrix[i];
    T* const __restrict luma = b.planes[0].row(y) + b.x0;
    for (int i = 0; i < width; ++i) {
        const float red = within(lit[i], 0.f, 1.f);
        const float green = within(lit[pitch + i], 0.f, 1.f);
        const float blue = within(lit[2 * pitch + i], 0.f, 1.f);
        const float dr = red - old[i], dg = green - old[pitch + i], db = blue - old[2 * pitch + i];
        const float moved = m[0] * dr + m[1] * dg + m[2] * db;
        const float code = nearest(m[0] * red + m[1] * green + m[2] * blue + m[3]);
        const float kept = luma[i];
        luma[i] = T(moved >= still || moved <= -still ? code : kept);
        u[i] = m[4] * dr + m[5] * dg + m[6] * db;
        v[i] = m[8] * dr + m[9] * dg + m[10] * db;
    }
}

template <class T>
void add_to(const relume::Plane<T>& p, int y, int x, int count, int highest, const float* change) {
    T* const __restrict to = p.row(y) + x;
    for (int i = 0; i < count; ++i)
        to[i] = T(within(nearest(to[i] + change[i]), 0.f, float(highest)));
}

// Floats that `put_rows` needs: two rows of change, each with room for a column more on both
// sides, their mean, and a row of both blocks through the curve.
inline size_t put_room(int width) { return 5 * (size_t(width) + 2) + 6 * size_t(width); }

// A row's channels through a curve, side by side.
inline const float* through(const relume::Curve& c, const float* row, size_t pitch, int width,
                            float* __restrict out) {
    for (int k = 0; k < 3; ++k)
        for (int i = 0; i < width; ++i)
            out[k * width + i] = curved(c, within(row[k * pitch + i], 0.f, 1.f));
    return out;
}

// Writes the box, of which each row was read as one of `old`; all share one row of chroma.
template <class T>
void put_rows(const relume::YuvBox<T>& b, const float* const* lit, const float* const* old,
              size_t pitch, float* scratch) {
    const int width = b.x1 - b.x0, frame_width = b.planes[0].width;
    const size_t room = size_t(width) + 2;
    float* const mean = scratch + 4 * room;
    const int left = b.shift_x ? b.x0 & 1 : 0;
    const int chroma_x = b.x0 >> b.shift_x, step_y = 1 << b.shift_y;
    const int chroma_width = ((b.x1 + b.shift_x) >> b.shift_x) - chroma_x;
    const int chroma_y = b.y0 >> b.shift_y;
    float* rows[2][2] = {{scratch, scratch + room}, {scratch + 2 * room, scratch + 3 * room}};
    for (int r = 0; r < step_y; ++r) {
        const int at = chroma_y * step_y + r;
        float *const u = rows[r][0], *const v = rows[r][1];
        if (at >= b.y0 && at < b.y1) {
            u[0] = v[0] = 0;
            const float *now = lit[at - b.y0], *then = old[at - b.y0];
            size_t apart = pitch;
            if (b.curve.values != nullptr) {
                float* const codes = mean + room;
                now = through(b.curve, now, pitch, width, codes);
                then = through(b.curve, then, pitch, width, codes + 3 * width);
                apart = size_t(width);
            }
            put_luma<T>(b, at, now, then, apart, u + left, v + left);
            // Past the frame's last column its own goes on; past the box nothing changes.
            if (b.shift_x && (b.x1 & 1)) {
                const bool end = b.x1 == frame_width;
                u[left + width] = end ? u[left + width - 1] : 0;
                v[left + width] = end ? v[left + width - 1] : 0;
            }
        } else if (at >= b.planes[0].height) {
            rows[r][0] = rows[r - 1][0], rows[r][1] = rows[r - 1][1];
        } else {
            for (size_t i = 0; i < room; ++i) u[i] = v[i] = 0;
        }
    }
    for (int k = 0; k < 2; ++k) {
        const float *const a = rows[0][k], *const c = rows[step_y - 1][k];
        if (b.shift_x)
            for (int i = 0; i < chroma_width; ++i)
                mean[i] = 0.25f * ((a[2 * i] + a[2 * i + 1]) + (c[2 * i] + c[2 * i + 1]));
        add_to<T>(b.planes[1 + k], chroma_y, chroma_x, chroma_width, b.highest,
                  b.shift_x ? mean : a);
    }
}

}  // namespace RELUME_ISA
