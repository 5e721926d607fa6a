// SPDX-License-Identifier: Apache-2.0
// Between planar YUV and RGB, row by row: see `relume.media.convert`, whose rules these are.
#include "yuv.h"

#include <stdlib.h>

#include "vec.h"

namespace RELUME_ISA {
namespace {

using relume::Plane;
using relume::YuvBox;

constexpr float kStill = 0.25f;  // codes by which luma must move to be written

inline float within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

// To the nearest whole number, the even one of two, for numbers below 2^22.
inline float nearest(float x) { return (x + 12582912.f) - 12582912.f; }

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
void chroma_row(const Plane<const T>& p, int shift_x, int shift_y, int y, int x0, int x1,
                float* line, float* out) {
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
bool read(const YuvBox<const T>& b, float* out) {
    const int width = b.x1 - b.x0;
    float* const memory = static_cast<float*>(malloc(sizeof(float) * (3 * size_t(width) + 8)));
    if (memory == nullptr) return false;
    float *const line = memory, *const u = memory + width + 8, *const v = u + width;
    const float* const m = b.matrix;
    for (int y = b.y0; y < b.y1; ++y) {
        chroma_row<T>(b.planes[1], b.shift_x, b.shift_y, y, b.x0, b.x1, line, u);
        chroma_row<T>(b.planes[2], b.shift_x, b.shift_y, y, b.x0, b.x1, line, v);
        const T* const luma = b.planes[0].row(y) + b.x0;
        float* const to = out + size_t(y - b.y0) * width * 3;
        for (int i = 0; i < width; ++i) {
            const float l = luma[i];
            const float red = m[0] * l + m[1] * u[i] + m[2] * v[i] + m[3];
            const float green = m[4] * l + m[5] * u[i] + m[6] * v[i] + m[7];
            const float blue = m[8] * l + m[9] * u[i] + m[10] * v[i] + m[11];
            to[3 * i] = within(red, 0.f, 1.f);
            to[3 * i + 1] = within(green, 0.f, 1.f);
            to[3 * i + 2] = within(blue, 0.f, 1.f);
        }
    }
    free(memory);
    return true;
}

// Writes one row's luma where it moves, and its change of chroma: u and v, at full resolution.
template <class T>
void put_row(const YuvBox<T>& b, int y, const float* block, const float* old, float* u, float* v) {
    const int width = b.x1 - b.x0;
    const float* const m = b.matrix;
    T* const luma = b.planes[0].row(y) + b.x0;
    for (int i = 0; i < width; ++i) {
        const float red = within(block[3 * i], 0.f, 1.f);
        const float green = within(block[3 * i + 1], 0.f, 1.f);
        const float blue = within(block[3 * i + 2], 0.f, 1.f);
        const float dr = red - old[3 * i], dg = green - old[3 * i + 1], db = blue - old[3 * i + 2];
        const float moved = m[0] * dr + m[1] * dg + m[2] * db;
        const float code = nearest(m[0] * red + m[1] * green + m[2] * blue + m[3]);
        const float kept = luma[i];
        luma[i] = T(moved >= kStill || moved <= -kStill ? code : kept);
        u[i] = m[4] * dr + m[5] * dg + m[6] * db;
        v[i] = m[8] * dr + m[9] * dg + m[10] * db;
    }
}

template <class T>
void add_to(const Plane<T>& p, int y, int x, int count, int highest, const float* change) {
    T* const to = p.row(y) + x;
    for (int i = 0; i < count; ++i)
        to[i] = T(within(nearest(to[i] + change[i]), 0.f, float(highest)));
}

template <class T>
bool put(const YuvBox<T>& b, const float* block, const float* old) {
    const int width = b.x1 - b.x0, frame_width = b.planes[0].width;
    // Two rows of change, each with room for a column more on both sides.
    const size_t room = size_t(width) + 2;
    float* const memory = static_cast<float*>(calloc(5 * room, sizeof(float)));
    if (memory == nullptr) return false;
    float* const mean = memory + 4 * room;
    const int left = b.shift_x ? b.x0 & 1 : 0;
    const int chroma_x = b.x0 >> b.shift_x, step_y = 1 << b.shift_y;
    const int chroma_width = ((b.x1 + b.shift_x) >> b.shift_x) - chroma_x;
    for (int y = b.y0; y < b.y1; y = (y / step_y + 1) * step_y) {
        const int chroma_y = y >> b.shift_y;
        float* rows[2][2] = {{memory, memory + room}, {memory + 2 * room, memory + 3 * room}};
        for (int r = 0; r < step_y; ++r) {
            const int at = chroma_y * step_y + r;
            float *const u = rows[r][0], *const v = rows[r][1];
            if (at >= b.y0 && at < b.y1) {
                const size_t offset = size_t(at - b.y0) * width * 3;
                put_row<T>(b, at, block + offset, old + offset, u + left, v + left);
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
    free(memory);
    return true;
}

// One row of half-size RGB from two of luma and one of chroma; `rgb` has room for three rows.
template <class T>
void half_row(const T* top, const T* bottom, const T* u, const T* v, const float* m, int pairs,
              uint8_t* rgb, uint8_t* out) {
    uint8_t *const red = rgb, *const green = rgb + pairs, *const blue = green + pairs;
    for (int i = 0; i < pairs; ++i) {
        const int sum = (top[2 * i] + top[2 * i + 1]) + (bottom[2 * i] + bottom[2 * i + 1]);
        const float l = 0.25f * float(sum), cu = u[i], cv = v[i];
        const float r = m[0] * l + m[1] * cu + m[2] * cv + m[3];
        const float g = m[4] * l + m[5] * cu + m[6] * cv + m[7];
        const float b = m[8] * l + m[9] * cu + m[10] * cv + m[11];
        red[i] = uint8_t(int(within(r, 0.f, 255.f) + 0.5f));
        green[i] = uint8_t(int(within(g, 0.f, 255.f) + 0.5f));
        blue[i] = uint8_t(int(within(b, 0.f, 255.f) + 0.5f));
    }
    for (int i = 0; i < pairs; ++i) {
        out[3 * i] = red[i];
        out[3 * i + 1] = green[i];
        out[3 * i + 2] = blue[i];
    }
}

template <class T>
bool half(const YuvBox<const T>& b, uint8_t* out) {
    const Plane<const T>& luma = b.planes[0];
    const int width = (luma.width + 1) / 2, height = (luma.height + 1) / 2;
    uint8_t* const rgb = static_cast<uint8_t*>(malloc(size_t(width) * 3));
    if (rgb == nullptr) return false;
    for (int y = 0; y < height; ++y) {
        const T* const top = luma.row(2 * y);
        const T* const bottom = 2 * y + 1 < luma.height ? luma.row(2 * y + 1) : top;
        const T *const u = b.planes[1].row(y), *const v = b.planes[2].row(y);
        uint8_t* const to = out + size_t(y) * width * 3;
        half_row<T>(top, bottom, u, v, b.matrix, luma.width / 2, rgb, to);
        if (luma.width & 1) {  // the last column stands alone
            const int x = luma.width - 1, c = width - 1;
            const T ends[4] = {top[x], top[x], bottom[x], bottom[x]};
            half_row<T>(ends, ends + 2, u + c, v + c, b.matrix, 1, rgb, to + size_t(c) * 3);
        }
    }
    free(rgb);
    return true;
}

}  // namespace

bool read_yuv8(const YuvBox<const uint8_t>& b, float* out) { return read<uint8_t>(b, out); }
bool read_yuv16(const YuvBox<const uint16_t>& b, float* out) { return read<uint16_t>(b, out); }
bool half_yuv8(const YuvBox<const uint8_t>& b, uint8_t* out) { return half<uint8_t>(b, out); }
bool half_yuv16(const YuvBox<const uint16_t>& b, uint8_t* out) { return half<uint16_t>(b, out); }
bool put_yuv8(const YuvBox<uint8_t>& b, const float* block, const float* old) {
    return put<uint8_t>(b, block, old);
}
bool put_yuv16(const YuvBox<uint16_t>& b, const float* block, const float* old) {
    return put<uint16_t>(b, block, old);
}

}  // namespace RELUME_ISA
