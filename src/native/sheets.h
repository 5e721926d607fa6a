// SPDX-License-Identifier: Apache-2.0
// Looking up a low-resolution map for a vector of pixels at a time.
#pragma once

#include "cells.h"
#include "vec.h"

namespace RELUME_ISA {

// Where in a map a vector of pixels is, and which cells it needs.
struct Place {
    Vec u, v;
    Cells cells;

    // Pixels that lie somewhere in an extent.
    Place(const relume::CellMap& m, Vec x, Vec y, const Extent& pixels)
        : Place(m, x, y) {
        cells = cells_of(m, pixels);
    }
    // Pixels in a line, from one end to the other.
    static Place in_line(const relume::CellMap& m, Vec x, Vec y) {
        Place at(m, x, y);
        const auto order = [](float a, float b, int& low, int& high) {
            const int i = int(a), j = int(b);
            low = i < j ? i : j, high = i < j ? j : i;
        };
        order(first_lane(at.u), last_lane(at.u), at.cells.left, at.cells.right);
        order(first_lane(at.v), last_lane(at.v), at.cells.top, at.cells.bottom);
        return at;
    }

  private:
    Place(const relume::CellMap& m, Vec x, Vec y)
        : u(held(m.to_cells, x, y, m.width)), v(held(m.to_cells + 3, x, y, m.height)), cells() {}

    static Vec held(const float* t, Vec x, Vec y, int size) {
        const Vec at = fma(x, set1(t[0]), fma(y, set1(t[1]), set1(t[2])));
        return min(max(at, set1(0.f)), set1(last_cell(size)));
    }
};

// From a row of a map's cells to the next: whole vectors are read behind the last cell.
inline int pitch(const relume::CellMap& m) { return m.width + Vec::width; }

// A map with its channels apart, so that a vector holds a channel of neighbouring cells: of those,
// few belong to the pixels of one vector, and are fetched without a look at memory for each.
template <int Channels>
class Sheets {
  public:
    // Floats that a map takes.
    static size_t room(const relume::CellMap& m) {
        return m.values == nullptr ? 0 : Channels * sheet(m);
    }

    // Holds what pixels of an extent need; others aren't to be asked for.
    Sheets(const relume::CellMap& m, float* memory, const Extent& pixels)
        : map_(m), pitch_(pitch(m)), sheet_(sheet(m)), values_(memory) {
        if (m.values == nullptr) return;
        const Cells cells = cells_of(m, pixels);
        for (int y = cells.top; y <= cells.bottom + 1; ++y) {
            const float* const from = m.values + int64_t(y) * m.width * Channels;
            float* const to = values_ + int64_t(y) * pitch_;
            for (int x = 0; x < m.width; ++x)
                for (int k = 0; k < Channels; ++k) to[k * sheet_ + x] = from[Channels * x + k];
        }
    }

    // A channel of a row of cells, and a vector more.
    const float* row(int channel, int y) const {
        return values_ + channel * sheet_ + int64_t(y) * pitch_;
    }

    // The channels at a place.
    void at(const Place& place, Vec* out) const {
        const Cells& cells = place.cells;
        if (cells.right - cells.left + 1 < Vec::width && cells.bottom - cells.top <= most_rows)
            nearby(place.u, place.v, cells, out);
        else
            anywhere(place.u, place.v, out);
    }

  private:
    static constexpr int most_rows = 4;

    static size_t sheet(const relume::CellMap& m) { return size_t(pitch(m)) * m.height; }

    // Row by row, each with the share that it has of every pixel.
    void nearby(Vec u, Vec v, const Cells& cells, Vec* out) const {
        const Vec column = floor(u), share = u - column, one = set1(1.f), zero = set1(0.f);
        const Ints i = to_ints(column - set1(float(cells.left)));
        for (int k = 0; k < Channels; ++k) out[k] = zero;
        for (int y = cells.top; y <= cells.bottom + 1; ++y) {
            const Vec off = v - set1(float(y));
            const Vec weight = max(min(one - off, one + off), zero);
            const float* p = values_ + int64_t(y) * pitch_ + cells.left;
            for (int k = 0; k < Channels; ++k, p += sheet_) {
                const Vec here = near(p, i), next = near(p, i + 1);
                out[k] = fma(weight, fma(next - here, share, here), out[k]);
            }
        }
    }

    void anywhere(Vec u, Vec v, Vec* out) const {
        const Vec column = floor(u), row = floor(v), a = u - column, b = v - row;
        const Ints i = to_ints(fma(row, set1(float(pitch_)), column));
        const float* p = values_;
        for (int k = 0; k < Channels; ++k, p += sheet_) {
            const Vec above = fma(far(p, i + 1) - far(p, i), a, far(p, i));
            const float* const q = p + pitch_;
            const Vec below = fma(far(q, i + 1) - far(q, i), a, far(q, i));
            out[k] = fma(below - above, b, above);
        }
    }

    const relume::CellMap& map_;
    const int pitch_;
    const size_t sheet_;
    float* const values_;
};

}  // namespace RELUME_ISA
