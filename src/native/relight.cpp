// SPDX-License-Identifier: Apache-2.0
// The ratio image's work on every pixel: matte, move, multiply, in one go through a frame's rows.
#include "relight.h"

#include "blocks.h"

namespace RELUME_ISA {

namespace {

using relume::Relight;
using relume::YuvBox;

// Rows are read ahead into a ring that stays in the cache, so that where source and target are the
// same, a row is read before it, or the chroma that it shares, is written.
template <class Block>
bool relight_rows(const Relight& r, Block block, relume::Rows part, relume::Memory memory) {
    constexpr int most_together = 2;
    const int height = r.height;
    const Reach reach(r.shift, r.behind);
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
    const auto within_part = [&](relume::Rows rows) {
        return relume::Rows{rows.first > part.first ? rows.first : part.first,
                            rows.end < part.end ? rows.end : part.end};
    };
    // Where rows change, told with the first of those that are written at once: of the last few.
    Span known[4];
    const auto changing = [&](int y, bool anew) {
        const relume::Rows all = block.together(y), rows = within_part(all);
        const int step = all.end - all.first;
        Span& columns = known[(all.first + step) / step & 3];
        if (anew && y == rows.first) columns = block.whole(relighter.changing(rows));
        return columns;
    };
    int next = part.first > up ? part.first - up : 0;
    const int needed = part.end + down, last = needed < height ? needed : height;
    for (int y = part.first; y < part.end;) {
        const relume::Rows rows = within_part(block.together(y));
        for (; next < last && next < rows.end + ahead; ++next) {
            const Span columns = reach.moves ? Span{0, r.width} : changing(next, true);
            if (columns.first >= columns.end) continue;
            float* const to = ring.row(next);
            block.read(next, columns, to, pitch, scratch);
            // The last pixel goes on, so that vectors hold nothing else.
            for (int c = 0; c < 3; ++c)
                for (int i = 0; i < kPad; ++i)
                    to[c * pitch + columns.end + i] = to[c * pitch + columns.end - 1];
        }
        const Span columns = changing(y, reach.moves);
        if (columns.first < columns.end) {
            const float* old[most_together];
            for (int k = rows.first; k < rows.end; ++k) {
                old[k - y] = ring.row(k);
                relighter.row(k, columns, lit[k - y]);
            }
            block.put(rows, columns, lit, old, pitch, scratch);
        }
        y = rows.end;
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
    return relight_rows(r, YuvBlock<uint8_t>(source, target), part, memory);
}
bool relight_yuv16(const Relight& r, const YuvBox<const uint16_t>& source,
                   const YuvBox<uint16_t>& target, relume::Rows part, relume::Memory memory) {
    return relight_rows(r, YuvBlock<uint16_t>(source, target), part, memory);
}

}  // namespace RELUME_ISA
