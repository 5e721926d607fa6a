// SPDX-License-Identifier: Apache-2.0
// The ratio image's work on every pixel: matte, move, multiply, in one go through a block or
// through a frame's own samples.
#include "relight.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vec.h"

namespace RELUME_ISA {

bool read_yuv8(const relume::YuvBox<const uint8_t>&, float*);
bool read_yuv16(const relume::YuvBox<const uint16_t>&, float*);
bool put_yuv8(const relume::YuvBox<uint8_t>&, const float*, const float*);
bool put_yuv16(const relume::YuvBox<uint16_t>&, const float*, const float*);

namespace {

using relume::CellMap;
using relume::Relight;
using relume::YuvBox;

constexpr int kRun = 128;  // pixels worked on at a time

// Where a run of pixels lies among the cells of a map: the cell to the upper left of each, and the
// shares of those to the right and below.
struct Places {
    int32_t cell[kRun];
    float a[kRun], b[kRun];

    void find(const CellMap& m, int first, int row, int count) {
        const float* const t = m.to_cells;
        float at[Vec::width];
        for (int i = 0; i < Vec::width; ++i) at[i] = static_cast<float>(i);
        const Vec by = set1(Vec::width);
        Vec column = load(at) + set1(static_cast<float>(first));
        for (int i = 0; i < count; i += Vec::width) {
            put(m, i, fma(column, set1(t[0]), set1(t[1] * row + t[2])),
                fma(column, set1(t[3]), set1(t[4] * row + t[5])));
            column = column + by;
        }
    }

    // The same for pixels anywhere; arrays of `kRun`.
    void find(const CellMap& m, const float* px, const float* py, int count) {
        const float* const t = m.to_cells;
        for (int i = 0; i < count; i += Vec::width) {
            const Vec u = load(px + i), v = load(py + i);
            put(m, i, fma(u, set1(t[0]), fma(v, set1(t[1]), set1(t[2]))),
                fma(u, set1(t[3]), fma(v, set1(t[4]), set1(t[5]))));
        }
    }

  private:
    void put(const CellMap& m, int i, Vec u, Vec v) {
        // The last cell's share is next to 1 of the one before, so that its neighbour exists.
        u = min(max(u, set1(0.f)), set1(m.width - 1.0001f));
        v = min(max(v, set1(0.f)), set1(m.height - 1.0001f));
        const Vec x = floor(u), y = floor(v);
        store_int(cell + i, fma(y, set1(static_cast<float>(m.width)), x));
        store(a + i, u - x), store(b + i, v - y);
    }
};

inline Quad mixed(Quad p, Quad q, float share) { return fma(q - p, quad(share), p); }

// Two channels of a run of pixels, side by side: the four floats of two neighbours are loaded as
// one. `out` takes two floats more.
inline void two_channels(const CellMap& m, const Places& p, int count, float* out) {
    for (int i = 0; i < count; ++i) {
        const float* const q = m.values + int64_t(p.cell[i]) * 2;
        const Quad both = mixed(load_quad(q), load_quad(q + 2 * m.width), p.b[i]);
        store(out + 2 * i, mixed(both, upper(both), p.a[i]));
    }
}

// Four channels at the i-th of a run of pixels. Two neighbours' eight floats lie side by side.
inline Quad four_channels(const CellMap& m, const Places& p, int i) {
    const float* const q = m.values + int64_t(p.cell[i]) * 4;
    Quad left, right;
    mix_eight(q, q + 4 * m.width, p.b[i], left, right);
    return mixed(left, right, p.a[i]);
}

// Shares of a run of pixels, 0 to 1, from the matte's maps at its places and the pixels' colours;
// the largest.
inline float run_shares(const CellMap& matte, const Places& p, const float* pixel, int count,
                        float* out) {
    float maps[4 * kRun];
    for (int i = 0; i < count; ++i) store(maps + 4 * i, four_channels(matte, p, i));
    for (int i = 0; i < count; ++i) {
        const float *const m = maps + 4 * i, *const s = pixel + 3 * i;
        const float share = m[0] * s[0] + m[1] * s[1] + m[2] * s[2] + m[3];
        out[i] = share < 0.f ? 0.f : share > 1.f ? 1.f : share;
    }
    Vec most = set1(0.f);
    int i = 0;
    for (; i + Vec::width <= count; i += Vec::width) most = max(most, load(out + i));
    float highest_share = highest(most);
    for (; i < count; ++i) highest_share = out[i] > highest_share ? out[i] : highest_share;
    return highest_share;
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

// Bicubic weights (a = -0.75) of the four pixels around a place at a share x of the way from the
// second to the third are cubics in x: coefficients by power, then by pixel.
constexpr float kCubic[4][4] = {{0, 1, 0, 0},
                                {-0.75f, 0, 0.75f, 0},
                                {1.5f, -2.25f, 1.5f, -0.75f},
                                {-0.75f, 1.25f, -1.25f, 0.75f}};
constexpr int kTwelve = (12 + Vec::width - 1) / Vec::width;  // vectors for four pixels
constexpr int kReach = kTwelve * Vec::width;                  // floats that they load

constexpr int kShares = 128;  // steps between two pixels that weights along a row are rounded to

inline int held(int x, int size) { return x < 0 ? 0 : x >= size ? size - 1 : x; }

inline float cubic(int pixel, float t) {
    const int i = pixel;
    return ((kCubic[3][i] * t + kCubic[2][i]) * t + kCubic[1][i]) * t + kCubic[0][i];
}

// A run of pixels, fetched from where they come from.
class Mover {
  public:
    Mover(const Relight& r, const float* const* rows) : r_(r), rows_(rows) {
        if (r.shift.values == nullptr) return;
        for (int step = 0; step <= kShares; ++step)
            for (int i = 0; i < kReach; ++i)
                across_[step][i] = i < 12 ? cubic(i / 3, float(step) / kShares) : 0.f;
    }

    // False, with nothing fetched, where no pixel of the run moves. `at` is where the pixels lie
    // in the matte.
    bool fetch(int first, int row, int count, float* pixels, Places& at) {
        Places p;
        p.find(r_.shift, first, row, count);
        float moves[2 * kRun + Vec::width], x[kRun], y[kRun];
        two_channels(r_.shift, p, count, moves);
        for (int i = 2 * count; i < (2 * count + Vec::width) / Vec::width * Vec::width; ++i)
            moves[i] = 0;
        Vec most = set1(0.f);
        for (int i = 0; i < 2 * count; i += Vec::width) {
            const Vec move = load(moves + i);
            most = max(most, max(move, set1(0.f) - move));
        }
        if (highest(most) < kStill) return false;
        for (int i = 0; i < count; ++i) {
            x[i] = moves[2 * i] + static_cast<float>(first + i);
            y[i] = moves[2 * i + 1] + static_cast<float>(row);
        }
        for (int i = count; i < kRun; ++i) x[i] = x[count - 1], y[i] = y[count - 1];
        if (place(x, y, count))
            for (int i = 0; i < count; ++i) inner(i, pixels + 3 * i);
        else
            for (int i = 0; i < count; ++i)
                is_inner(i) ? inner(i, pixels + 3 * i) : outer(i, pixels + 3 * i);
        at.find(r_.matte, x, y, count);
        return true;
    }

  private:
    static constexpr float kStill = 1.f / 256;  // pixels

    // The last places for which all that `inner` reads lies in the block.
    int last_x() const { return (3 * r_.width - kReach + 3) / 3; }
    int last_y() const { return r_.height - 3; }

    bool is_inner(int k) const {
        return low_x_[k] >= 1 && low_y_[k] >= 1 && low_x_[k] <= last_x() && low_y_[k] <= last_y();
    }

    // Finds where the pixels come from; whether all are `inner`.
    bool place(const float* x, const float* y, int count) {
        Vec left = set1(0.f), right = left, above = left, below = left;
        const Vec one = set1(1.f), high_x = set1(float(last_x())), high_y = set1(float(last_y()));
        for (int i = 0; i < count; i += Vec::width) {
            const Vec u = floor(load(x + i)), v = floor(load(y + i)), t = load(y + i) - v;
            left = max(left, one - u), right = max(right, u - high_x);
            above = max(above, one - v), below = max(below, v - high_y);
            store_int(low_x_ + i, u), store_int(low_y_ + i, v);
            store_int(step_ + i, fma(load(x + i) - u, set1(float(kShares)), set1(0.5f)));
            for (int j = 0; j < 4; ++j) {
                Vec w = fma(set1(kCubic[3][j]), t, set1(kCubic[2][j]));
                w = fma(w, t, set1(kCubic[1][j]));
                store(down_[j] + i, fma(w, t, set1(kCubic[0][j])));
            }
        }
        return highest(max(max(left, right), max(above, below))) <= 0.f;
    }

    // A pixel in the middle: rows first, for four pixels' channels lie side by side.
    void inner(int k, float* out) const {
        const float* const* const q = rows_ + low_y_[k] - 1;
        const int64_t at = 3 * int64_t(low_x_[k] - 1);
        const float* const across = across_[step_[k]];
        Vec s[kTwelve];
        for (int part = 0; part < kTwelve; ++part) {
            const int64_t i = part * Vec::width;
            Vec sum = load(q[0] + at + i) * set1(down_[0][k]);
            for (int j = 1; j < 4; ++j) sum = fma(load(q[j] + at + i), set1(down_[j][k]), sum);
            s[part] = sum * load(across + i);
        }
        add_triples(s, out);
    }

    // A pixel anywhere; the block's edges go on.
    void outer(int k, float* out) const {
        const int w = r_.width, h = r_.height, x = low_x_[k], y = low_y_[k];
        out[0] = out[1] = out[2] = 0;
        for (int j = 0; j < 4; ++j) {
            const float* const q = rows_[held(y - 1 + j, h)];
            for (int i = 0; i < 4; ++i) {
                const float weight = across_[step_[k]][3 * i] * down_[j][k];
                for (int c = 0; c < 3; ++c) out[c] += weight * q[held(x - 1 + i, w) * 3 + c];
            }
        }
    }

    const Relight& r_;
    const float* const* rows_;
    float across_[kShares + 1][kReach];
    int32_t low_x_[kRun], low_y_[kRun], step_[kRun];
    float down_[4][kRun];
};

// Lifts a run's darkest tones (see `relume.compose.lifted`) to squared levels, three a pixel.
inline void lift(const float* source, const float* squares, int count, float* out) {
    const Vec offset = set1(0.055f);
    for (int i = 0; i < count; i += Vec::width) {
        const Vec u = load(source + i) + offset;
        store(out + i, root(fma(u, u, load(squares + i))) - offset);
    }
}

// Relights row by row. `rows` are the source's, of which those that a row's pixels come from have
// to be there when it is asked for.
class Relighter {
  public:
    Relighter(const Relight& r, const float* const* rows) : r_(r), rows_(rows), mover_(r, rows) {}

    void row(int y, float* out) {
        const bool moves = r_.shift.values != nullptr;
        for (int x = 0; x < r_.width; x += kRun) {
            const int count = r_.width - x < kRun ? r_.width - x : kRun;
            const float* source = rows_[y] + 3 * x;
            float* const to = out + 3 * x;
            if (moves && mover_.fetch(x, y, count, moved_, p_))
                source = moved_;
            else
                p_.find(r_.matte, x, y, count);
            if (run_shares(r_.matte, p_, source, count, share_) == 0.f)
                memcpy(to, source, size_t(count) * 3 * sizeof(float));
            else
                run(x, y, count, source, to);
        }
    }

  private:
    void run(int x, int y, int count, const float* source, float* to) {
        p_.find(r_.gain, x, y, count);
        Quad most = quad(0.f);
        for (int i = 0; i < count; ++i) {
            const Quad change = four_channels(r_.gain, p_, i) * quad(share_[i]);
            store(ratio_ + 3 * i, change + quad(1.f));
            most = max(most, change);
            level_[i] = change.v[3];
        }
        const int whole = 3 * count / Vec::width * Vec::width, rest = 3 * count - whole;
        if (most.v[3] > 1e-3f) {
            for (int i = 0; i < count; ++i) {
                const float level = level_[i] * 1.055f;
                squares_[3 * i] = squares_[3 * i + 1] = squares_[3 * i + 2] = level * level;
            }
            if (source != moved_) memcpy(moved_, source, size_t(count) * 3 * sizeof(float));
            lift(moved_, squares_, 3 * count, moved_);
            source = moved_;
        }
        for (int i = 0; i < whole; i += Vec::width)
            store(to + i, relit(load(source + i), load(ratio_ + i)));
        if (rest > 0) {
            float last[Vec::width];
            store(last, relit(load_first(source + whole, rest), load_first(ratio_ + whole, rest)));
            for (int i = 0; i < rest; ++i) to[whole + i] = last[i];
        }
    }

    static constexpr int kRoom = 3 * kRun + Vec::width;

    const Relight& r_;
    const float* const* rows_;
    Mover mover_;
    Places p_;
    float ratio_[kRoom] = {}, moved_[kRoom] = {}, squares_[kRoom] = {}, share_[kRun], level_[kRun];
};

// How many rows above and below its own a row's pixels come from.
struct Reach {
    int up = 0, down = 0;

    Reach(const CellMap& shift, int height) {
        if (shift.values == nullptr) return;
        float low = 0, high = 0;
        for (int64_t i = 0; i < int64_t(shift.width) * shift.height; ++i) {
            const float move = shift.values[2 * i + 1];
            low = move < low ? move : low;
            high = move > high ? move : high;
        }
        up = -low < height ? int(-low) + 2 : height;
        down = high < height ? int(high) + 3 : height;
    }
};

inline bool read_rows(const YuvBox<const uint8_t>& b, float* out) { return read_yuv8(b, out); }
inline bool read_rows(const YuvBox<const uint16_t>& b, float* out) { return read_yuv16(b, out); }
inline bool put_rows(const YuvBox<uint8_t>& b, const float* block, const float* old) {
    return put_yuv8(b, block, old);
}
inline bool put_rows(const YuvBox<uint16_t>& b, const float* block, const float* old) {
    return put_yuv16(b, block, old);
}

// A box of a frame of YUV.
template <class T>
struct YuvBlock {
    YuvBox<const T> source;
    YuvBox<T> target;
    int y0;

    // How many rows from y on are written at once: to the end of the chroma samples' own.
    int together(int y) const {
        const int step = 1 << target.shift_y;
        return (y0 + y) / step * step + step - (y0 + y);
    }
    bool read(int y, float* out) {
        source.y0 = y0 + y, source.y1 = source.y0 + 1;
        return read_rows(source, out);
    }
    bool put(int y, int end, const float* lit, const float* old) {
        target.y0 = y0 + y, target.y1 = y0 + end;
        return put_rows(target, lit, old);
    }
};

// The same of 8-bit RGB.
struct RgbBlock {
    relume::RgbBox box;
    int width;

    int together(int) const { return 1; }
    bool read(int y, float* out) {
        const uint8_t* const from = box.source + y * box.source_stride;
        for (int i = 0; i < width; ++i) out[i] = from[i] * (1.f / 255.f);
        return true;
    }
    bool put(int y, int, const float* lit, const float*) {
        uint8_t* const to = box.target + y * box.stride;
        for (int i = 0; i < width; ++i) {
            const float code = lit[i] * 255.f + 0.5f;
            to[i] = uint8_t(int(code < 0.f ? 0.f : code > 255.f ? 255.f : code));
        }
        return true;
    }
};

// Rows are read ahead into a ring that stays in the cache, so that where source and target are the
// same, a row is read before it, or the chroma that it shares, is written.
template <class Block>
bool relight_rows(const Relight& r, Block block, relume::Rows part) {
    constexpr int most_together = 2;
    const int width = 3 * r.width, height = r.height;
    const Reach reach(r.shift, height);
    const int ahead = reach.down > most_together ? reach.down : most_together;
    const int most = reach.up + most_together + ahead + 1, kept = most < height ? most : height;
    float* const ring = static_cast<float*>(malloc(sizeof(float) * width * (size_t(kept) + 4)));
    const float** const rows = static_cast<const float**>(malloc(sizeof(float*) * height));
    bool done = ring != nullptr && rows != nullptr;
    if (done) {
        for (int y = 0; y < height; ++y) rows[y] = ring + int64_t(y % kept) * width;
        Relighter relighter(r, rows);
        float *const lit = ring + int64_t(kept) * width, *const old = lit + 2 * width;
        int next = part.first > reach.up ? part.first - reach.up : 0;
        const int needed = part.end + reach.down, last = needed < height ? needed : height;
        for (int y = part.first; done && y < part.end;) {
            const int end = y + block.together(y), after = end < part.end ? end : part.end;
            for (; done && next < last && next < after + ahead; ++next)
                done = block.read(next, ring + int64_t(next % kept) * width);
            for (int k = y; k < after; ++k) {
                memcpy(old + int64_t(k - y) * width, rows[k], sizeof(float) * width);
                relighter.row(k, lit + int64_t(k - y) * width);
            }
            done = done && block.put(y, after, lit, old);
            y = after;
        }
    }
    free(rows), free(ring);
    return done;
}

}  // namespace

bool relight(const Relight& r, const float* block, float* out) {
    const int64_t width = 3 * int64_t(r.width);
    const float** const rows = static_cast<const float**>(malloc(sizeof(float*) * r.height));
    if (rows == nullptr) return false;
    for (int y = 0; y < r.height; ++y) rows[y] = block + y * width;
    Relighter relighter(r, rows);
    for (int y = 0; y < r.height; ++y) relighter.row(y, out + y * width);
    free(rows);
    return true;
}
bool relight_rgb8(const Relight& r, const relume::RgbBox& box, relume::Rows part) {
    return relight_rows(r, RgbBlock{box, 3 * r.width}, part);
}
bool relight_yuv8(const Relight& r, const YuvBox<const uint8_t>& source,
                  const YuvBox<uint8_t>& target, relume::Rows part) {
    return relight_rows(r, YuvBlock<uint8_t>{source, target, target.y0}, part);
}
bool relight_yuv16(const Relight& r, const YuvBox<const uint16_t>& source,
                   const YuvBox<uint16_t>& target, relume::Rows part) {
    return relight_rows(r, YuvBlock<uint16_t>{source, target, target.y0}, part);
}

}  // namespace RELUME_ISA
