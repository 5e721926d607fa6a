// SPDX-License-Identifier: Apache-2.0
// Rows of a block that are kept while pixels are fetched from them.
#pragma once

#include "cells.h"
#include "vec.h"

namespace RELUME_ISA {

// Bicubic weights (a = -0.75) of the four pixels around a place at a share x of the way from the
// second to the third are cubics in x: coefficients by pixel, then by power.
constexpr float kCubic[4][4] = {{0, -0.75f, 1.5f, -0.75f},
                                {1, 0, -2.25f, 1.25f},
                                {0, 0.75f, 1.5f, -1.25f},
                                {0, 0, -0.75f, 0.75f}};
inline Vec cubic(int pixel, Vec x) {
    const float* const k = kCubic[pixel];
    return fma(fma(fma(set1(k[3]), x, set1(k[2])), x, set1(k[1])), x, set1(k[0]));
}

// The same by distance, in two parts of which one is zero anywhere.
inline Vec cubic(Vec distance) {
    const Vec zero = set1(0.f), one = set1(1.f), two = set1(2.f);
    const Vec d = max(distance, zero - distance), near_part = min(d, one);
    const Vec far_part = max(min(d, two), one);
    Vec inner = fma(near_part, set1(1.25f), set1(-2.25f));
    inner = fma(inner * near_part, near_part, one);
    Vec outer = fma(far_part, set1(-0.75f), set1(3.75f));
    outer = fma(outer, far_part, set1(-6.f));
    return inner + fma(outer, far_part, set1(3.f));
}

inline int held(int x, int size) { return x < 0 ? 0 : x >= size ? size - 1 : x; }

constexpr int kPad = 2 * Vec::width;  // floats that may be read behind a row

// Rows of a block, those that are needed at a time. Channels lie `pitch` floats apart.
struct Ring {
    float* memory;
    size_t pitch;
    int mask;  // one less than how many rows there are, a power of two

    float* row(int y) const { return memory + size_t(y & mask) * 3 * pitch; }
};

// Pixels fetched from where they come from, which lies in an extent: a vector of each channel.
inline void fetch(const Ring& ring, int width, int height, Vec x, Vec y, const Extent& from,
                  Vec* out) {
    const int left = int(from.x0) - 1, right = int(from.x1) + 2;
    const int above = int(from.y0) - 1, below = int(from.y1) + 2;
    const Vec column = floor(x), share = x - column;
    Vec across[4];
    for (int k = 0; k < 4; ++k) across[k] = cubic(k, share);
    if (from.x0 >= 1.f && right < width && from.y0 >= 1.f && below < height &&
        right - left < 2 * Vec::width) {
        // Row by row, each with the share that it has of every pixel.
        const Ints i = to_ints(column - set1(left + 1.f));
        for (int c = 0; c < 3; ++c) out[c] = set1(0.f);
        for (int row = above; row <= below; ++row) {
            const Vec down = cubic(y - set1(float(row)));
            const float* p = ring.row(row) + left;
            for (int c = 0; c < 3; ++c, p += ring.pitch) {
                Vec sum = near_twice(p, i) * across[0];
                for (int k = 1; k < 4; ++k) sum = fma(near_twice(p, i + k), across[k], sum);
                out[c] = fma(down, sum, out[c]);
            }
        }
        return;
    }
    // From anywhere; the block's edges go on.
    const Vec line = floor(y);
    float u[Vec::width], v[Vec::width], columns[4][Vec::width], sums[3][Vec::width] = {};
    store(u, column), store(v, line);
    for (int k = 0; k < 4; ++k) store(columns[k], across[k]);
    for (int j = 0; j < 4; ++j) {
        float down[Vec::width];
        store(down, cubic(j, y - line));
        for (int n = 0; n < Vec::width; ++n) {
            const float* const p = ring.row(held(int(v[n]) - 1 + j, height));
            for (int k = 0; k < 4; ++k) {
                const float weight = columns[k][n] * down[n];
                const int at = held(int(u[n]) - 1 + k, width);
                for (int c = 0; c < 3; ++c) sums[c][n] += weight * p[c * ring.pitch + at];
            }
        }
    }
    for (int c = 0; c < 3; ++c) out[c] = load(sums[c]);
}

}  // namespace RELUME_ISA
