// SPDX-License-Identifier: Apache-2.0
// The ratio image's work on every pixel: matte, move, multiply, in one go through a frame's samples.
#include "relight.h"

#include <stdint.h>

#include "sheets.h"
#include "vec.h"
#include "yuv_rows.h"

namespace RELUME_ISA {

namespace {

using relume::CellMap;
using relume::Relight;
using relume::YuvBox;

// A picture under a new light: see `relume.compose.relit`, which this follows to the letter.
inline Vec relit(Vec s, Vec q) {
    constexpr float offset = 0.055f;
    const Vec one = set1(1.f), zero = set1(0.f);
    const Vec u = (s + set1(offset)) * set1(1.f / (1.f + offset));
    const Vec lit = u * q;
    const Vec lit2 = lit * lit, u2 = u * u;
    const Vec shoulder = one + max(lit2 * lit2 - u2 * u2, zero);
    const Vec rolled = lit * root_inverse(shoulder * root_inverse(shoulder));
    const Vec upper = fma(rolled, set1(1.f + offset), set1(-offset));
    const Vec toe = q * root_inverse(max(q, set1(1e-20f))) * q * q * s;
    return max(min(upper, toe), min(max(upper, toe), s));
}

// A colour whose darkest tones are lifted to a level: see `relume.compose.lifted`.
inline Vec lifted(Vec s, Vec level) {
    const Vec u = s + set1(0.055f), least = level * set1(1.055f);
    const Vec square = fma(u, u, least * least);
    return square * root_inverse(max(square, set1(1e-20f))) - set1(0.055f);
}

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

// How far up and down a row's pixels come from, in pixels.
struct Reach {
    bool moves;
    float low = 0, high = 0, across = 0;

    explicit Reach(const CellMap& shift) : moves(shift.values != nullptr) {
        if (!moves) return;
        for (int64_t i = 0; i < int64_t(shift.width) * shift.height; ++i) {
            const float x = shift.values[2 * i], y = shift.values[2 * i + 1];
            low = y < low ? y : low, high = y > high ? y : high;
            across = x > across ? x : -x > across ? -x : across;
        }
    }
    int up(int height) const {
        return !moves ? 0 : -low < height ? int(-low) + 2 : height;
    }
    int down(int height) const {
        return !moves ? 0 : high < height ? int(high) + 3 : height;
    }
};

// Relights row by row of a ring, which holds those that a row's pixels come from.
class Relighter {
  public:
    static size_t room(const Relight& r) {
        return Sheets<4>::room(r.matte) + Sheets<4>::room(r.gain) + Sheets<2>::room(r.shift);
    }

    Relighter(const Relight& r, const Ring& ring, relume::Rows part, const Reach& reach,
              float* memory)
        : Relighter(r, ring, {0, float(r.width), float(part.first), float(part.end)}, reach, memory,
                    memory + Sheets<4>::room(r.matte)) {}

    // Writes a row's channels `pitch` apart, and up to a vector more of each.
    void row(int y, float* out) const {
        constexpr float still = 1.f / 256;  // pixels
        float lanes[Vec::width];
        for (int i = 0; i < Vec::width; ++i) lanes[i] = float(i);
        const Vec line = set1(float(y)), last = set1(float(r_.width - 1)), zero = set1(0.f);
        for (int x = 0; x < r_.width; x += Vec::width, out += Vec::width) {
            const Vec here = min(load(lanes) + set1(float(x)), last);
            const int end = x + Vec::width < r_.width ? x + Vec::width : r_.width - 1;
            const Extent where{float(x), float(end), float(y), float(y)};
            Vec source[3], matte[4];
            bool moves = false;
            if (r_.shift.values != nullptr) {
                Vec move[2];
                shift_.at(here, line, where, move);
                const Vec most = max(max(move[0], zero - move[0]), max(move[1], zero - move[1]));
                moves = any_above(most, still);
                if (moves) {
                    const Vec from_x = here + move[0], from_y = line + move[1];
                    const Extent from{lowest(from_x), highest(from_x), lowest(from_y),
                                      highest(from_y)};
                    fetch(ring_, r_.width, r_.height, from_x, from_y, from, source);
                    matte_.at(from_x, from_y, from, matte);
                }
            }
            if (!moves) {
                const float* const p = ring_.row(y) + x;
                for (int c = 0; c < 3; ++c) source[c] = load(p + c * ring_.pitch);
                matte_.at(here, line, where, matte);
            }
            Vec share = fma(matte[0], source[0], matte[3]);
            share = fma(matte[1], source[1], share);
            share = min(max(fma(matte[2], source[2], share), zero), set1(1.f));
            if (any_above(share, 0.f)) light(here, line, where, share, source);
            for (int c = 0; c < 3; ++c) store(out + c * ring_.pitch, source[c]);
        }
    }

  private:
    Relighter(const Relight& r, const Ring& ring, const Extent& block, const Reach& reach,
              float* matte, float* others)
        : r_(r), ring_(ring),
          matte_(r.matte, matte,
                 {block.x0 - reach.across, block.x1 + reach.across, block.y0 + reach.low,
                  block.y1 + reach.high}),
          gain_(r.gain, others, block),
          shift_(r.shift, others + Sheets<4>::room(r.gain), block) {}

    void light(Vec x, Vec y, const Extent& where, Vec share, Vec* pixels) const {
        Vec gain[4];
        gain_.at(x, y, where, gain);
        const Vec level = gain[3] * share;
        if (any_above(level, 1e-3f))
            for (int c = 0; c < 3; ++c) pixels[c] = lifted(pixels[c], level);
        for (int c = 0; c < 3; ++c) pixels[c] = relit(pixels[c], fma(gain[c], share, set1(1.f)));
    }

    const Relight& r_;
    const Ring& ring_;
    const Sheets<4> matte_, gain_;
    const Sheets<2> shift_;
};

// A box of a frame of YUV.
template <class T>
struct YuvBlock {
    static constexpr int ahead = 2;  // rows that chroma written before would change
    YuvBox<const T> source;
    YuvBox<T> target;
    int y0;

    // How many rows from y on are written at once: to the end of the chroma samples' own.
    int together(int y) const {
        const int step = 1 << target.shift_y;
        return (y0 + y) / step * step + step - (y0 + y);
    }
    size_t room() const {
        const int width = target.x1 - target.x0;
        const size_t reading = read_room(width), writing = put_room(width);
        return reading > writing ? reading : writing;
    }
    void read(int y, float* out, size_t pitch, float* scratch) const {
        read_row<T>(source, y0 + y, scratch, out, pitch);
    }
    void put(int y, int end, const float* const* lit, const float* const* old, size_t pitch,
             float* scratch) {
        target.y0 = y0 + y, target.y1 = y0 + end;
        put_rows<T>(target, lit, old, pitch, scratch);
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

    int together(int) const { return 1; }
    size_t room() const { return 0; }
    void read(int y, float* out, size_t pitch, float*) const {
        const typename Codes::Type* const from = source + y * source_stride;
        for (int i = 0; i < width; ++i)
            for (int c = 0; c < 3; ++c) out[c * pitch + i] = Codes::read(from[3 * i + c]);
    }
    void put(int y, int, const float* const* lit, const float* const*, size_t pitch, float*) {
        typename Codes::Type* const to = target + y * stride;
        for (int i = 0; i < width; ++i)
            for (int c = 0; c < 3; ++c) to[3 * i + c] = Codes::write(lit[0][c * pitch + i]);
    }
};

struct Bytes {
    using Type = uint8_t;
    static float read(uint8_t code) { return code * (1.f / 255.f); }
    static uint8_t write(float x) { return uint8_t(int(within(x * 255.f + 0.5f, 0.f, 255.f))); }
};

struct Floats {
    using Type = float;
    static float read(float x) { return x; }
    static float write(float x) { return x; }
};

// Rows are read ahead into a ring that stays in the cache, so that where source and target are the
// same, a row is read before it, or the chroma that it shares, is written.
template <class Block>
bool relight_rows(const Relight& r, Block block, relume::Rows part, relume::Memory memory) {
    constexpr int most_together = 2;
    const int height = r.height;
    const Reach reach(r.shift);
    const int up = reach.up(height), down = reach.down(height);
    const int ahead = down > Block::ahead ? down : Block::ahead;
    const size_t pitch = size_t(r.width) + kPad, row = 3 * pitch;
    int rows = 1;
    while (rows < up + most_together + ahead + 1 && rows < height) rows *= 2;
    float* const all =
        memory(row * (size_t(rows) + most_together) + block.room() + Relighter::room(r));
    if (all == nullptr) return false;
    const Ring ring{all, pitch, rows - 1};
    float* const lit[most_together] = {all + row * rows, all + row * (rows + 1)};
    float *const scratch = lit[1] + row, *const maps = scratch + block.room();
    const Relighter relighter(r, ring, part, reach, maps);
    int next = part.first > up ? part.first - up : 0;
    const int needed = part.end + down, last = needed < height ? needed : height;
    for (int y = part.first; y < part.end;) {
        const int end = y + block.together(y), after = end < part.end ? end : part.end;
        for (; next < last && next < after + ahead; ++next) {
            float* const to = ring.row(next);
            block.read(next, to, pitch, scratch);
            // The last pixel goes on, so that vectors hold nothing else.
            for (int c = 0; c < 3; ++c)
                for (int i = 0; i < kPad; ++i)
                    to[c * pitch + r.width + i] = to[c * pitch + r.width - 1];
        }
        const float* old[most_together];
        for (int k = y; k < after; ++k) {
            old[k - y] = ring.row(k);
            relighter.row(k, lit[k - y]);
        }
        block.put(y, after, lit, old, pitch, scratch);
        y = after;
    }
    return true;
}

}  // namespace

bool relight(const Relight& r, const float* block, float* out, relume::Memory memory) {
    const ptrdiff_t stride = 3 * ptrdiff_t(r.width);
    const PixelBlock<Floats> pixels{block, stride, out, stride, r.width};
    return relight_rows(r, pixels, relume::Rows{0, r.height}, memory);
}
bool relight_rgb8(const Relight& r, const relume::RgbBox& b, relume::Rows part,
                  relume::Memory memory) {
    const PixelBlock<Bytes> pixels{b.source, b.source_stride, b.target, b.stride, r.width};
    return relight_rows(r, pixels, part, memory);
}
bool relight_yuv8(const Relight& r, const YuvBox<const uint8_t>& source,
                  const YuvBox<uint8_t>& target, relume::Rows part, relume::Memory memory) {
    return relight_rows(r, YuvBlock<uint8_t>{source, target, target.y0}, part, memory);
}
bool relight_yuv16(const Relight& r, const YuvBox<const uint16_t>& source,
                   const YuvBox<uint16_t>& target, relume::Rows part, relume::Memory memory) {
    return relight_rows(r, YuvBlock<uint16_t>{source, target, target.y0}, part, memory);
}

}  // namespace RELUME_ISA
