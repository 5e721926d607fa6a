// SPDX-License-Identifier: Apache-2.0
// Where a map's cells are all of a kind, so that pixels among them needn't be looked up.
#pragma once

#include "sheets.h"

namespace RELUME_ISA {

// A cell's kind is 1 or -1, or 0 for neither. Of every two by two cells of one kind it is kept how
// many such blocks there are from them on to the right, times the kind.
class Runs {
  public:
    // Floats that a map takes.
    static size_t room(const relume::CellMap& m) { return Sheets<1>::room(m); }

    // Holds what pixels of an extent need; others aren't to be asked for. `kind` tells the kinds of
    // a vector of cells by their channels.
    template <int Channels, class Kind>
    Runs(const relume::CellMap& m, const Sheets<Channels>& sheets, float* memory,
         const Extent& pixels, Kind kind)
        : pitch_(pitch(m)), values_(memory) {
        if (m.values == nullptr) return;
        const Cells cells = cells_of(m, pixels);
        for (int y = cells.top; y <= cells.bottom + 1; ++y)
            for (int x = 0; x < m.width; x += Vec::width) {
                Vec channels[Channels];
                for (int k = 0; k < Channels; ++k) channels[k] = load(sheets.row(k, y) + x);
                store(memory + int64_t(y) * pitch_ + x, kind(channels));
            }
        for (int y = cells.top; y <= cells.bottom; ++y)
            join(memory + int64_t(y) * pitch_, memory + int64_t(y + 1) * pitch_, m.width);
    }

    // The kind of all cells that are needed; 0 where they differ.
    int kind(const Cells& c) const {
        int kind = 0;
        for (int y = c.top; y <= c.bottom; ++y) {
            const float run = values_[int64_t(y) * pitch_ + c.left];
            const int here = run > 0 ? 1 : -1;
            if (float(here) * run <= float(c.right - c.left) || here == -kind) return 0;
            kind = here;
        }
        return kind;
    }

  private:
    // From a row's kinds, and those of the row below, to its runs.
    static void join(float* row, const float* below, int width) {
        float run = 0, next = row[width - 1];
        row[width - 1] = 0;
        for (int x = width - 2; x >= 0; --x) {
            const float kind = row[x];
            const bool alike = kind == next && kind == below[x] && kind == below[x + 1];
            run = !alike ? 0 : run * kind > 0 ? run + kind : kind;
            row[x] = run, next = kind;
        }
    }

    const int pitch_;
    const float* const values_;
};

}  // namespace RELUME_ISA
