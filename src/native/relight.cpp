// SPDX-License-Identifier: Apache-2.0
// The ratio image's work on every pixel: matte, move, multiply, in one go through the block.
#include "relight.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vec.h"

namespace RELUME_ISA {
namespace {

using relume::CellMap;
using relume::Relight;

constexpr int kRun = 128;  // pixels worked on at a time

// Where a run of pixels lies among the cells of a map.
struct Places {
    int32_t x[kRun], y[kRun];
    float a[kRun], b[kRun];

    void find(const CellMap& m, int first, int row, int count) {
        const float* const t = m.to_cells;
        axis(t[0], t[1] * row + t[2] + t[0] * first, m.width, count, x, a);
        axis(t[3], t[4] * row + t[5] + t[3] * first, m.height, count, y, b);
    }

  private:
    static void axis(float step, float start, int size, int count, int32_t* low, float* share) {
        // The last cell's share is next to 1 of the one before, so that its neighbour exists.
        const Vec zero = set1(0.f), last = set1(size - 1.0001f), by = set1(step * Vec::width);
        float at[Vec::width];
        for (int i = 0; i < Vec::width; ++i) at[i] = start + step * i;
        Vec place = load(at);
        for (int i = 0; i < count; i += Vec::width) {
            const Vec held = min(max(place, zero), last);
            const Vec whole = floor(held);
            store_int(low + i, whole);
            store(share + i, held - whole);
            place = place + by;
        }
    }
};

inline Quad mixed(Quad p, Quad q, float share) { return fma(q - p, quad(share), p); }

// Two channels at a place: the four floats of two neighbours are loaded as one.
inline void two_channels(const CellMap& m, const Places& p, int i, float& first, float& second) {
    const float* const q = m.values + (int64_t(p.y[i]) * m.width + p.x[i]) * 2;
    float t[4];
    store(t, mixed(load_quad(q), load_quad(q + 2 * m.width), p.b[i]));
    first = t[0] + p.a[i] * (t[2] - t[0]);
    second = t[1] + p.a[i] * (t[3] - t[1]);
}

// Shares of a run of pixels, 0 to 1, from the matte's maps and the pixels' luma; the largest.
inline float run_shares(const Relight& r, int first, int row, int count, float* out) {
    Places p;
    p.find(r.matte, first, row, count);
    const float* pixel = r.block + (int64_t(row) * r.width + first) * 3;
    float most = 0.f;
    for (int i = 0; i < count; ++i, pixel += 3) {
        float slope, base;
        two_channels(r.matte, p, i, slope, base);
        const float luma = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
        const float share = slope * luma + base;
        out[i] = share < 0.f ? 0.f : share > 1.f ? 1.f : share;
        most = out[i] > most ? out[i] : most;
    }
    return most;
}

// A picture under a new light: see `relume.compose.relit`, which this follows to the letter.
inline Vec relit(Vec s, Vec q) {
    constexpr float offset = 0.055f;
    const Vec one = set1(1.f), zero = set1(0.f);
    const Vec u = (s + set1(offset)) * set1(1.f / (1.f + offset));
    const Vec lit = u * q;
    const Vec lit2 = lit * lit, u2 = u * u;
    const Vec shoulder = one + max(lit2 * lit2 - u2 * u2, zero);
    const Vec rolled = lit * reciprocal(root(root(shoulder)));
    const Vec upper = fma(rolled, set1(1.f + offset), set1(-offset));
    const Vec toe = root(q) * q * q * s;
    return max(min(upper, toe), min(max(upper, toe), s));
}

// Places between pixels along one axis, for a run of pixels: the pixel before and the weights of
// the two before and the two after (bicubic, a = -0.75).
struct Cubic {
    int32_t low[kRun];
    float share[kRun], weight[4][kRun];

    void find(const float* at, int count) {
        const Vec a = set1(-0.75f), one = set1(1.f);
        for (int i = 0; i < count; i += Vec::width) {
            const Vec whole = floor(load(at + i));
            const Vec x = load(at + i) - whole, y = one - x;
            store_int(low + i, whole);
            store(share + i, x);
            store(weight[0] + i, a * x * y * y);
            store(weight[1] + i, fma(fma(x, set1(1.25f), set1(-2.25f)), x * x, one));
            store(weight[2] + i, fma(fma(y, set1(1.25f), set1(-2.25f)), y * y, one));
            store(weight[3] + i, a * y * x * x);
        }
    }
};

inline int held(int x, int size) { return x < 0 ? 0 : x >= size ? size - 1 : x; }

// A run of pixels and their shares, fetched from where they come from.
class Mover {
  public:
    Mover(const Relight& r, const float* shares) : r_(r), shares_(shares) {}

    void fetch(int first, int row, int count, float* pixels, float* out_shares) {
        Places p;
        p.find(r_.shift, first, row, count);
        float x[kRun], y[kRun];
        for (int i = 0; i < count; ++i) {
            two_channels(r_.shift, p, i, x[i], y[i]);
            x[i] += first + i;
            y[i] += row;
        }
        for (int i = count; i < kRun; ++i) x[i] = y[i] = 0;
        x_.find(x, count);
        y_.find(y, count);
        for (int i = 0; i < count; ++i) {
            pixel(i, pixels + 3 * i);
            out_shares[i] = share(x_.low[i], x_.share[i], y_.low[i], y_.share[i]);
        }
    }

  private:
    void pixel(int k, float* out) const {
        const int w = r_.width, h = r_.height, x = x_.low[k], y = y_.low[k];
        Quad sum = quad(0.f);
        if (x >= 1 && y >= 1 && x + 3 < w && y + 2 < h) {
            const float* q = r_.block + (int64_t(y - 1) * w + x - 1) * 3;
            for (int j = 0; j < 4; ++j, q += 3 * w) {
                Quad line = load_quad(q) * quad(x_.weight[0][k]);
                line = fma(load_quad(q + 3), quad(x_.weight[1][k]), line);
                line = fma(load_quad(q + 6), quad(x_.weight[2][k]), line);
                line = fma(load_quad(q + 9), quad(x_.weight[3][k]), line);
                sum = fma(line, quad(y_.weight[j][k]), sum);
            }
        } else {
            float s[4] = {0, 0, 0, 0};
            for (int j = 0; j < 4; ++j) {
                const float* const q = r_.block + int64_t(held(y - 1 + j, h)) * w * 3;
                for (int i = 0; i < 4; ++i)
                    for (int c = 0; c < 3; ++c)
                        s[c] += y_.weight[j][k] * x_.weight[i][k] * q[held(x - 1 + i, w) * 3 + c];
            }
            sum = load_quad(s);
        }
        float t[4];
        store(t, sum);
        out[0] = t[0], out[1] = t[1], out[2] = t[2];
    }

    float share(int x, float a, int y, float b) const {
        const int x0 = held(x, r_.width), x1 = held(x + 1, r_.width);
        const float* const p = shares_ + int64_t(held(y, r_.height)) * r_.width;
        const float* const q = shares_ + int64_t(held(y + 1, r_.height)) * r_.width;
        const float top = p[x0] + a * (p[x1] - p[x0]), bottom = q[x0] + a * (q[x1] - q[x0]);
        return top + b * (bottom - top);
    }

    const Relight& r_;
    const float* shares_;
    Cubic x_, y_;
};

}  // namespace

bool relight(const Relight& r) {
    const bool moves = r.shift.values != nullptr;
    float* shares = nullptr;
    if (moves) {
        shares = static_cast<float*>(malloc(size_t(r.width) * r.height * sizeof(float)));
        if (shares == nullptr) return false;
        for (int y = 0; y < r.height; ++y)
            for (int x = 0; x < r.width; x += kRun) {
                const int count = r.width - x < kRun ? r.width - x : kRun;
                run_shares(r, x, y, count, shares + int64_t(y) * r.width + x);
            }
    }
    Mover mover(r, shares);
    float ratio[3 * kRun + Vec::width], moved[3 * kRun + Vec::width], share[kRun];
    float last[Vec::width];
    Places p;
    for (int y = 0; y < r.height; ++y)
        for (int x = 0; x < r.width; x += kRun) {
            const int count = r.width - x < kRun ? r.width - x : kRun;
            const int64_t at = (int64_t(y) * r.width + x) * 3;
            const float* source = r.block + at;
            if (moves) {
                mover.fetch(x, y, count, moved, share);
                source = moved;
            } else if (run_shares(r, x, y, count, share) == 0.f) {
                memcpy(r.out + at, source, size_t(count) * 3 * sizeof(float));
                continue;
            }
            p.find(r.gain, x, y, count);
            for (int i = 0; i < count; ++i) {
                const float* const q = r.gain.values + (int64_t(p.y[i]) * r.gain.width + p.x[i]) * 4;
                const float* const below = q + 4 * r.gain.width;
                const Quad top = mixed(load_quad(q), load_quad(q + 4), p.a[i]);
                const Quad bottom = mixed(load_quad(below), load_quad(below + 4), p.a[i]);
                store(ratio + 3 * i, fma(mixed(top, bottom, p.b[i]), quad(share[i]), quad(1.f)));
            }
            const int whole = 3 * count / Vec::width * Vec::width;
            for (int i = 0; i < whole; i += Vec::width)
                store(r.out + at + i, relit(load(source + i), load(ratio + i)));
            const int rest = 3 * count - whole;
            if (rest > 0) {
                store(last, relit(load_first(source + whole, rest), load_first(ratio + whole, rest)));
                for (int i = 0; i < rest; ++i) r.out[at + whole + i] = last[i];
            }
        }
    free(shares);
    return true;
}

}  // namespace RELUME_ISA
