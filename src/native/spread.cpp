// SPDX-License-Identifier: Apache-2.0
// Filling in by pull-push, three channels and their weight at a time: see `relume.compose.spread`,
// which this follows to the letter.
#include "spread.h"

#include <stdint.h>
#include <stdlib.h>

#include "vec.h"

namespace RELUME_ISA {
namespace {

using relume::Spread;

constexpr int kMost = 32;  // levels

struct Level {
    int width, height;
    float* cells;  // [height][width][4]: weighted values, and in the last place their weight

    float* at(int x, int y) const { return cells + (int64_t(y) * width + x) * 4; }
};

inline int reflected(int x, int size) {
    if (size == 1) return 0;
    while (x < 0 || x >= size) x = x < 0 ? -x : 2 * size - 2 - x;
    return x;
}

// A binomial filter of five cells.
inline Quad filtered(const float* a, const float* b, const float* c, const float* d,
                     const float* e) {
    return fma(load_quad(c), quad(0.375f),
               fma(load_quad(b) + load_quad(d), quad(0.25f),
                   (load_quad(a) + load_quad(e)) * quad(0.0625f)));
}

void pull(const Level& fine, const Level& coarse, float* line) {
    for (int y = 0; y < coarse.height; ++y) {
        const float* row[5];
        for (int i = 0; i < 5; ++i) row[i] = fine.at(0, reflected(2 * y - 2 + i, fine.height));
        for (int x = 0; x < 4 * fine.width; x += 4)
            store(line + x, filtered(row[0] + x, row[1] + x, row[2] + x, row[3] + x, row[4] + x));
        const auto cell = [&](int x) { return line + 4 * reflected(x, fine.width); };
        for (int x = 0; x < coarse.width; ++x) {
            const float* const c = line + 8 * x;
            const bool inside = x > 0 && 2 * x + 2 < fine.width;
            store(coarse.at(x, y),
                  inside ? filtered(c - 8, c - 4, c, c + 4, c + 8)
                         : filtered(cell(2 * x - 2), cell(2 * x - 1), c, cell(2 * x + 1),
                                    cell(2 * x + 2)));
        }
    }
}

inline Quad mean(const float* cell) {
    const float w = cell[3] > 1e-12f ? cell[3] : 1e-12f;
    return load_quad(cell) * quad(1.f / w);
}

// Where a fine cell lies between two coarse ones.
struct Between {
    int low, high;
    float share;

    Between(int at, int fine, int coarse) {
        const float place = (at + 0.5f) * coarse / fine - 0.5f;
        low = place < 0 ? 0 : int(place);
        share = place < 0 ? 0 : place - low;
        high = low + 1 < coarse ? low + 1 : coarse - 1;
    }
};

inline Quad mixed(Quad p, Quad q, float share) { return fma(q - p, quad(share), p); }

// `coarse` holds filled values, and so does `fine` after.
void push(const Level& coarse, const Level& fine, Between* columns) {
    for (int x = 0; x < fine.width; ++x) columns[x] = Between(x, fine.width, coarse.width);
    for (int y = 0; y < fine.height; ++y) {
        const Between row(y, fine.height, coarse.height);
        for (int x = 0; x < fine.width; ++x) {
            const Between& c = columns[x];
            const Quad top = mixed(load_quad(coarse.at(c.low, row.low)),
                                   load_quad(coarse.at(c.high, row.low)), c.share);
            const Quad bottom = mixed(load_quad(coarse.at(c.low, row.high)),
                                      load_quad(coarse.at(c.high, row.high)), c.share);
            float* const cell = fine.at(x, y);
            const float known = 4 * cell[3] < 1 ? 4 * cell[3] : 1;
            store(cell, mixed(mixed(top, bottom, row.share), mean(cell), known));
        }
    }
}

}  // namespace

bool spread(const Spread& s) {
    Level levels[kMost];
    int count = 0;
    int64_t cells = 0;
    for (int w = s.width, h = s.height; count < kMost; w = (w + 1) / 2, h = (h + 1) / 2) {
        levels[count++] = {w, h, nullptr};
        cells += int64_t(w) * h;
        if (w == 1 && h == 1) break;
    }
    float* const memory = static_cast<float*>(malloc(size_t(cells + s.width) * 4 * sizeof(float)));
    Between* const columns = static_cast<Between*>(malloc(s.width * sizeof(Between)));
    if (memory == nullptr || columns == nullptr) {
        free(memory), free(columns);
        return false;
    }
    float* next = memory + int64_t(s.width) * 4;
    for (int i = 0; i < count; ++i) {
        levels[i].cells = next;
        next += int64_t(levels[i].width) * levels[i].height * 4;
    }
    const int64_t total = int64_t(s.width) * s.height;
    for (int64_t i = 0; i < total; ++i) {
        const float given = s.weight[i];
        const float w = given < 0 ? 0 : given > 1 ? 1 : given;
        float* const cell = levels[0].cells + 4 * i;
        for (int c = 0; c < 3; ++c)
            cell[c] = c < s.channels ? s.values[i * s.channels + c] * w : 0.f;
        cell[3] = w;
    }
    for (int i = 1; i < count; ++i) pull(levels[i - 1], levels[i], memory);
    store(levels[count - 1].cells, mean(levels[count - 1].cells));
    for (int i = count - 1; i > 0; --i) push(levels[i], levels[i - 1], columns);
    for (int64_t i = 0; i < total; ++i)
        for (int c = 0; c < s.channels; ++c)
            s.out[i * s.channels + c] = levels[0].cells[4 * i + c];
    free(memory), free(columns);
    return true;
}

}  // namespace RELUME_ISA
