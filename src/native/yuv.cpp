// SPDX-License-Identifier: Apache-2.0
// Between planar YUV and RGB, a box at a time.
#include "yuv.h"

#include <stdlib.h>

#include "vec.h"
#include "yuv_rows.h"

namespace RELUME_ISA {
namespace {

using relume::Plane;
using relume::YuvBox;

// Floats of one row's three channels, together to apart and back.
inline void apart(const float* pixels, int width, float* out, size_t pitch) {
    for (int i = 0; i < width; ++i)
        for (int c = 0; c < 3; ++c) out[c * pitch + i] = pixels[3 * i + c];
}
inline void together(const float* row, size_t pitch, int width, float* out) {
    for (int i = 0; i < width; ++i)
        for (int c = 0; c < 3; ++c) out[3 * i + c] = row[c * pitch + i];
}

template <class T>
bool read(const YuvBox<const T>& b, float* out) {
    const size_t width = size_t(b.x1 - b.x0);
    float* const row = static_cast<float*>(malloc(sizeof(float) * (3 * width + read_room(width))));
    if (row == nullptr) return false;
    for (int y = b.y0; y < b.y1; ++y) {
        read_row<T>(b, y, row + 3 * width, row, width);
        together(row, width, int(width), out + size_t(y - b.y0) * width * 3);
    }
    free(row);
    return true;
}

template <class T>
bool put(const YuvBox<T>& b, const float* block, const float* old) {
    const size_t width = size_t(b.x1 - b.x0), row = 3 * width;
    const size_t room = 4 * row + put_room(int(width));
    float* const memory = static_cast<float*>(malloc(sizeof(float) * room));
    if (memory == nullptr) return false;
    float *const lit[2] = {memory, memory + row}, *const before[2] = {lit[1] + row, lit[1] + 2 * row};
    YuvBox<T> part = b;
    for (int y = b.y0; y < b.y1; y = part.y1) {
        const int step = 1 << b.shift_y, end = (y / step + 1) * step;
        part.y0 = y, part.y1 = end < b.y1 ? end : b.y1;
        for (int k = y; k < part.y1; ++k) {
            const size_t from = size_t(k - b.y0) * row;
            apart(block + from, int(width), lit[k - y], width);
            apart(old + from, int(width), before[k - y], width);
        }
        put_rows<T>(part, lit, before, width, before[1] + row);
    }
    free(memory);
    return true;
}

template <bool curves>
inline uint8_t byte(const relume::Curve& c, float x) {
    x = within(x, 0.f, 255.f);
    if constexpr (curves) x = 255.f * curved(c, x * (1.f / 255.f));
    return uint8_t(int(x + 0.5f));
}

// One row of half-size RGB from two of luma and one of chroma; `rgb` has room for three rows.
template <bool curves, class T>
void half_row(const T* top, const T* bottom, const T* u, const T* v, const YuvBox<const T>& box,
              int pairs, uint8_t* rgb, uint8_t* out) {
    const float* const m = box.matrix;
    uint8_t *const red = rgb, *const green = rgb + pairs, *const blue = green + pairs;
    for (int i = 0; i < pairs; ++i) {
        const int sum = (top[2 * i] + top[2 * i + 1]) + (bottom[2 * i] + bottom[2 * i + 1]);
        const float l = 0.25f * float(sum), cu = u[i], cv = v[i];
        const float r = m[0] * l + m[1] * cu + m[2] * cv + m[3];
        const float g = m[4] * l + m[5] * cu + m[6] * cv + m[7];
        const float b = m[8] * l + m[9] * cu + m[10] * cv + m[11];
        red[i] = byte<curves>(box.curve, r);
        green[i] = byte<curves>(box.curve, g);
        blue[i] = byte<curves>(box.curve, b);
    }
    for (int i = 0; i < pairs; ++i) {
        out[3 * i] = red[i];
        out[3 * i + 1] = green[i];
        out[3 * i + 2] = blue[i];
    }
}

template <bool curves, class T>
bool halve(const YuvBox<const T>& b, uint8_t* out) {
    const Plane<const T>& luma = b.planes[0];
    const int width = (luma.width + 1) / 2, height = (luma.height + 1) / 2;
    uint8_t* const rgb = static_cast<uint8_t*>(malloc(size_t(width) * 3));
    if (rgb == nullptr) return false;
    for (int y = 0; y < height; ++y) {
        const T* const top = luma.row(2 * y);
        const T* const bottom = 2 * y + 1 < luma.height ? luma.row(2 * y + 1) : top;
        const T *const u = b.planes[1].row(y), *const v = b.planes[2].row(y);
        uint8_t* const to = out + size_t(y) * width * 3;
        half_row<curves>(top, bottom, u, v, b, luma.width / 2, rgb, to);
        if (luma.width & 1) {  // the last column stands alone
            const int x = luma.width - 1, c = width - 1;
            const T ends[4] = {top[x], top[x], bottom[x], bottom[x]};
            half_row<curves>(ends, ends + 2, u + c, v + c, b, 1, rgb, to + size_t(c) * 3);
        }
    }
    free(rgb);
    return true;
}

template <class T>
bool half(const YuvBox<const T>& b, uint8_t* out) {
    return b.curve.values != nullptr ? halve<true>(b, out) : halve<false>(b, out);
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
