// SPDX-License-Identifier: Apache-2.0
// Looking up a low-resolution map for a vector of pixels at a time.
#pragma once

#include "relight.h"
#include "vec.h"

namespace RELUME_ISA {

// Places within [x0, x1] by [y0, y1].
struct Extent {
    float x0, x1, y0, y1;
};

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
        const Extent cells = among_cells(pixels);
        for (int y = int(cells.y0); y <= int(cells.y1) + 1; ++y) {
            const float* const from = m.values + int64_t(y) * m.width * Channels;
            float* const to = values_ + int64_t(y) * pitch_;
            for (int x = 0; x < m.width; ++x)
                for (int k = 0; k < Channels; ++k) to[k * sheet_ + x] = from[Channels * x + k];
        }
    }

    // The channels at pixels, all of which lie within an extent.
    void at(Vec x, Vec y, const Extent& pixels, Vec* out) const {
        const float* const t = map_.to_cells;
        const Vec zero = set1(0.f);
        const Vec u = min(max(fma(x, set1(t[0]), fma(y, set1(t[1]), set1(t[2]))), zero),
                          set1(last(map_.width)));
        const Vec v = min(max(fma(x, set1(t[3]), fma(y, set1(t[4]), set1(t[5]))), zero),
                          set1(last(map_.height)));
        const Extent cells = among_cells(pixels);
        const int left = int(cells.x0), top = int(cells.y0), bottom = int(cells.y1);
        if (int(cells.x1) - left + 1 < Vec::width && bottom - top <= most_rows)
            nearby(u, v, left, top, bottom, out);
        else
            anywhere(u, v, out);
    }

  private:
    static constexpr int most_rows = 4;

    static int pitch(const relume::CellMap& m) { return m.width + Vec::width; }
    static size_t sheet(const relume::CellMap& m) { return size_t(pitch(m)) * m.height; }

    // The last cell's share is next to 1 of the one before, so that its neighbour exists.
    static float last(int size) { return (size - 1) * (1.f - 1e-6f); }

    // With a little around it, since vectors may round otherwise.
    Extent among_cells(const Extent& p) const {
        constexpr float around = 1.f / 64;
        const float* const t = map_.to_cells;
        const auto low = [](float a, float b) { return a < b ? a : b; };
        const auto high = [](float a, float b) { return a < b ? b : a; };
        const auto within = [&](float x, int size) { return low(high(x, 0.f), last(size)); };
        const float x0 = low(t[0] * p.x0, t[0] * p.x1) + low(t[1] * p.y0, t[1] * p.y1) + t[2];
        const float x1 = high(t[0] * p.x0, t[0] * p.x1) + high(t[1] * p.y0, t[1] * p.y1) + t[2];
        const float y0 = low(t[3] * p.x0, t[3] * p.x1) + low(t[4] * p.y0, t[4] * p.y1) + t[5];
        const float y1 = high(t[3] * p.x0, t[3] * p.x1) + high(t[4] * p.y0, t[4] * p.y1) + t[5];
        return {within(x0 - around, map_.width), within(x1 + around, map_.width),
                within(y0 - around, map_.height), within(y1 + around, map_.height)};
    }

    // Row by row, each with the share that it has of every pixel.
    void nearby(Vec u, Vec v, int left, int top, int bottom, Vec* out) const {
        const Vec column = floor(u), share = u - column, one = set1(1.f), zero = set1(0.f);
        const Ints i = to_ints(column - set1(float(left)));
        for (int k = 0; k < Channels; ++k) out[k] = zero;
        for (int y = top; y <= bottom + 1; ++y) {
            const Vec off = v - set1(float(y));
            const Vec weight = max(min(one - off, one + off), zero);
            const float* p = values_ + int64_t(y) * pitch_ + left;
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
