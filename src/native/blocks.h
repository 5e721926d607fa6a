// SPDX-License-Identifier: Apache-2.0
// What a block's rows are read from and written to.
#pragma once

#include <stdint.h>

#include "relighter.h"
#include "yuv_rows.h"

namespace RELUME_ISA {

// A box of a frame of YUV, relit in place.
template <class T>
struct YuvBlock {
    static constexpr int ahead = 2;  // rows that chroma written before would change
    relume::YuvBox<const T> source;
    relume::YuvBox<T> target;
    int x0, y0;

    YuvBlock(const relume::YuvBox<const T>& from, const relume::YuvBox<T>& to)
        : source(from), target(to), x0(to.x0), y0(to.y0) {}

    // Rows that are written at once, of which y is one: those of a row of chroma.
    relume::Rows together(int y) const {
        const int step = 1 << target.shift_y, first = (y0 + y) / step * step - y0;
        return {first, first + step};
    }
    // Columns, with all of their samples of chroma.
    Span whole(Span columns) const {
        const int last = target.shift_x;
        const int first = ((x0 + columns.first) & ~last) - x0, width = source.x1 - source.x0;
        const int end = ((x0 + columns.end + last) & ~last) - x0;
        return {first < 0 ? 0 : first, end > width ? width : end};
    }
    size_t room() const {
        const int width = source.x1 - source.x0;
        const size_t reading = read_room(width), writing = put_room(width);
        return reading > writing ? reading : writing;
    }
    void read(int y, Span columns, float* out, size_t pitch, float* scratch) const {
        relume::YuvBox<const T> box = source;
        box.x0 = x0 + columns.first, box.x1 = x0 + columns.end;
        read_row<T>(box, y0 + y, scratch, out + columns.first, pitch);
    }
    void put(relume::Rows rows, Span columns, const float* const* lit, const float* const* old,
             size_t pitch, float* scratch) {
        target.x0 = x0 + columns.first, target.x1 = x0 + columns.end;
        target.y0 = y0 + rows.first, target.y1 = y0 + rows.end;
        const float *to[2], *from[2];
        for (int k = 0; k < rows.end - rows.first; ++k)
            to[k] = lit[k] + columns.first, from[k] = old[k] + columns.first;
        put_rows<T>(target, to, from, pitch, scratch);
    }
};

// The same of pixels side by side, of which `Codes` makes numbers from 0 to 1 and back.
template <class Codes>
struct PixelBlock {
    static constexpr int ahead = 0;
    const typename Codes::Type* source;
    ptrdiff_t source_stride;
    typename Codes::Type* target;
    ptrdiff_t stride;
    int width;

    relume::Rows together(int y) const { return {y, y + 1}; }
    Span whole(Span columns) const { return Codes::in_place ? columns : Span{0, width}; }
    size_t room() const { return 0; }
    void read(int y, Span columns, float* out, size_t pitch, float*) const {
        const typename Codes::Type* const from = source + y * source_stride;
        for (int i = columns.first; i < columns.end; ++i)
            for (int c = 0; c < 3; ++c) out[c * pitch + i] = Codes::read(from[3 * i + c]);
    }
    void put(relume::Rows rows, Span columns, const float* const* lit, const float* const*,
             size_t pitch, float*) {
        typename Codes::Type* const to = target + rows.first * stride;
        for (int i = columns.first; i < columns.end; ++i)
            for (int c = 0; c < 3; ++c) to[3 * i + c] = Codes::write(lit[0][c * pitch + i]);
    }
};

struct Bytes {
    using Type = uint8_t;
    static constexpr bool in_place = true;
    static float read(uint8_t code) { return code * (1.f / 255.f); }
    static uint8_t write(float x) { return uint8_t(int(within(x * 255.f + 0.5f, 0.f, 255.f))); }
};

struct Floats {
    using Type = float;
    static constexpr bool in_place = false;
    static float read(float x) { return x; }
    static float write(float x) { return x; }
};

}  // namespace RELUME_ISA
