// SPDX-License-Identifier: Apache-2.0
// From a map of logarithms to what pixels are multiplied by: see `relume.ratio.coded`.
#include "gain.h"

#include "vec.h"

namespace RELUME_ISA {
namespace {

using relume::GainMap;

// exp(power x) - 1 of `count` numbers; `in` and `out` have room for a vector more.
inline void coded(const float* in, float power, int count, float* out) {
    for (int i = 0; i < count; i += Vec::width)
        store(out + i, exp(load(in + i) * set1(power)) - set1(1.f));
}

// Rows and columns twice as dense lie a quarter of a cell to either side of a cell's middle.
inline int beside(int at, int side) {
    const int other = at / 2 + (at & 1 ? 1 : -1);
    return other < 0 ? 0 : other > side - 1 ? side - 1 : other;
}

inline void blend(const float* near_row, const float* far_row, int count, float* out) {
    for (int i = 0; i < count; ++i) out[i] = 0.75f * near_row[i] + 0.25f * far_row[i];
}

// The gain at the map's own cells.
void coarse(const GainMap& m, float* ratio, float* padded, float* out) {
    const int side = m.side;
    for (int y = 0; y < side; ++y) {
        const float* const logarithm = m.logarithm + int64_t(y) * side * 3;
        for (int i = 0; i < 3 * side; ++i) padded[i] = logarithm[i];
        coded(padded, m.power, 3 * side, ratio);
        float* const row = out + int64_t(y) * side * 4;
        for (int x = 0; x < side; ++x) {
            const int64_t at = int64_t(y) * side + x;
            const float weight = m.weight[at];
            float most = 0;
            for (int c = 0; c < 4; ++c) {
                const float value = c < 3 ? ratio[3 * x + c] : m.lift == nullptr ? 0.f : m.lift[at];
                const float gain = value * weight, size = gain < 0 ? -gain : gain;
                row[4 * x + c] = gain;
                most = size > most ? size : most;
            }
            m.changed[at] = most > m.least && m.person[at] > m.least;
        }
    }
}

// The same between the cells, with the finer map multiplied in.
void denser(const GainMap& m, const float* cells, float* line, float* weight, float* more) {
    const int side = m.side, wide = 2 * side;
    for (int y = 0; y < wide; ++y) {
        const int64_t here = y / 2, there = beside(y, side);
        blend(cells + here * side * 4, cells + there * side * 4, 4 * side, line);
        float* const out = m.out + int64_t(y) * wide * 4;
        for (int x = 0; x < wide; ++x) {
            const Quad a = load_quad(line + 4 * (x / 2));
            const Quad b = load_quad(line + 4 * beside(x, side));
            store(out + 4 * x, fma(b - a, quad(0.25f), a));
        }
        const int row = y - m.fine_first;
        if (row < 0 || row >= m.fine_side) continue;
        blend(m.weight + here * side, m.weight + there * side, side, weight);
        for (int i = 0; i < m.fine_side; ++i) {
            const int x = m.fine_first + i;
            const float share = 0.75f * weight[x / 2] + 0.25f * weight[beside(x, side)];
            more[i] = m.fine[int64_t(row) * m.fine_side + i] * share;
        }
        coded(more, m.power, m.fine_side, more);
        for (int i = 0; i < m.fine_side; ++i) {
            float* const cell = out + 4 * (m.fine_first + i);
            for (int c = 0; c < 3; ++c) cell[c] += more[i] * (cell[c] + 1.f);
        }
    }
}

}  // namespace

bool code_gain(const GainMap& m, relume::Memory memory) {
    const size_t side = size_t(m.side), room = 3 * side + Vec::width;
    const bool dense = m.fine != nullptr;
    float* const line = memory(2 * room + 7 * side + Vec::width + (dense ? side * side * 4 : 0));
    if (line == nullptr) return false;
    float *const ratio = line + 4 * side, *const padded = ratio + room;
    float *const weight = padded + room, *const more = weight + side;
    float* const cells = dense ? more + 2 * side + Vec::width : m.out;
    coarse(m, ratio, padded, cells);
    if (dense) denser(m, cells, line, weight, more);
    return true;
}

}  // namespace RELUME_ISA
