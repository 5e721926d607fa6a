// SPDX-License-Identifier: Apache-2.0
// Which cells of a low-resolution map some pixels need.
#pragma once

#include "relight.h"

namespace RELUME_ISA {

// Places within [x0, x1] by [y0, y1].
struct Extent {
    float x0, x1, y0, y1;
};

// Cells from left to right and from top to bottom, and one more on the right and at the bottom.
struct Cells {
    int left, right, top, bottom;
};

// The last cell's share is next to 1 of the one before, so that its neighbour exists.
inline float last_cell(int size) { return (size - 1) * (1.f - 1e-6f); }

// Those of an extent of pixels, with a little around it, since vectors may round otherwise.
inline Cells cells_of(const relume::CellMap& m, const Extent& pixels) {
    constexpr float around = 1.f / 64;
    const auto size = [](float x) { return x < 0 ? -x : x; };
    const auto cell = [](float x, int cells) {
        const float last = last_cell(cells);
        return int(x < 0 ? 0.f : x > last ? last : x);
    };
    const float* const t = m.to_cells;
    const float x = 0.5f * (pixels.x0 + pixels.x1), w = 0.5f * (pixels.x1 - pixels.x0);
    const float y = 0.5f * (pixels.y0 + pixels.y1), h = 0.5f * (pixels.y1 - pixels.y0);
    const float u = t[0] * x + t[1] * y + t[2], across = size(t[0]) * w + size(t[1]) * h + around;
    const float v = t[3] * x + t[4] * y + t[5], down = size(t[3]) * w + size(t[4]) * h + around;
    return {cell(u - across, m.width), cell(u + across, m.width), cell(v - down, m.height),
            cell(v + down, m.height)};
}

}  // namespace RELUME_ISA
