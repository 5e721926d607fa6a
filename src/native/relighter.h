// SPDX-License-Identifier: Apache-2.0
// Relights rows of a block by its maps.
#pragma once

#include "ring.h"
#include "runs.h"
#include "tone.h"

namespace RELUME_ISA {

// How far up and down a row's pixels come from, in pixels.
struct Reach {
    bool moves;
    float low = 0, high = 0, across = 0;

    explicit Reach(const relume::CellMap& shift) : moves(shift.values != nullptr) {
        if (!moves) return;
        for (int64_t i = 0; i < int64_t(shift.width) * shift.height; ++i)
            for (int k = 0; k < 4; k += 2) {
                const float x = shift.values[5 * i + k], y = shift.values[5 * i + k + 1];
                low = y < low ? y : low, high = y > high ? y : high;
                across = x > across ? x : -x > across ? -x : across;
            }
    }
    // Where pixels of an extent come from.
    Extent around(const Extent& e) const {
        return {e.x0 - across, e.x1 + across, e.y0 + low, e.y1 + high};
    }
    int up(int height) const {
        return !moves ? 0 : -low < height ? int(-low) + 2 : height;
    }
    int down(int height) const {
        return !moves ? 0 : high < height ? int(high) + 3 : height;
    }
};

// Columns from the first to before the end.
struct Span {
    int first, end;
};

// Relights row by row of a ring, which holds those that a row's pixels come from.
class Relighter {
  public:
    static size_t room(const relume::Relight& r) {
        return Sheets<4>::room(r.matte) + Runs::room(r.matte) + Sheets<4>::room(r.gain) +
               Sheets<5>::room(r.shift) + Runs::room(r.shift);
    }

    Relighter(const relume::Relight& r, const Ring& ring, relume::Rows part, const Reach& reach,
              float* memory)
        : Relighter(r, ring, block_of(r, part), reach.around(block_of(r, part)), Room{memory}) {}

    // Where rows may change.
    Span changing(relume::Rows rows) const {
        const Extent all{0, 0, float(rows.first), float(rows.end - 1)};
        const auto idle = [&](int x) {
            Extent where = all;
            where.x0 = float(x), where.x1 = float(last_of(x));
            return (r_.shift.values == nullptr || stays_.kind(cells_of(r_.shift, where)) != 0) &&
                   person_.kind(cells_of(r_.matte, where)) < 0;
        };
        int first = 0, end = (r_.width + Vec::width - 1) / Vec::width * Vec::width;
        while (first < end && idle(first)) first += Vec::width;
        while (first < end && idle(end - Vec::width)) end -= Vec::width;
        return {first, end < r_.width ? end : r_.width};
    }

    // Writes columns of a row's channels `pitch` apart, and up to a vector more of each.
    void row(int y, Span columns, float* out) const {
        float lanes[Vec::width];
        for (int i = 0; i < Vec::width; ++i) lanes[i] = float(i);
        const Vec line = set1(float(y)), last = set1(float(r_.width - 1));
        for (int x = columns.first; x < columns.end; x += Vec::width) {
            const Vec here = min(load(lanes) + set1(float(x)), last);
            Vec source[3], share;
            Behind behind;
            bool any;
            if (!moved(here, line, source, share, any, behind)) {
                const float* const p = ring_.row(y) + x;
                for (int c = 0; c < 3; ++c) source[c] = load(p + c * ring_.pitch);
                any = shown(Place::in_line(r_.matte, here, line), source, share);
            }
            if (any) light(Place::in_line(r_.gain, here, line), share, source);
            if (behind.seen) lay(behind, Place::in_line(r_.gain, here, line), source);
            for (int c = 0; c < 3; ++c) store(out + c * ring_.pitch + x, source[c]);
        }
    }

  private:
    static Extent block_of(const relume::Relight& r, relume::Rows part) {
        return {0, float(r.width), float(part.first), float(part.end)};
    }

    // Hands out memory.
    struct Room {
        float* memory;
        float* take(size_t floats) { return (memory += floats) - floats; }
    };

    // (Memory is taken in the order in which members are declared.)
    Relighter(const relume::Relight& r, const Ring& ring, const Extent& block, const Extent& from,
              Room room)
        : r_(r), ring_(ring), matte_(r.matte, room.take(Sheets<4>::room(r.matte)), from),
          person_(r.matte, matte_, room.take(Runs::room(r.matte)), from, whose),
          gain_(r.gain, room.take(Sheets<4>::room(r.gain)), block),
          shift_(r.shift, room.take(Sheets<5>::room(r.shift)), block),
          stays_(r.shift, shift_, room.take(Runs::room(r.shift)), block, still) {}

    // Of the matte's cells: 1 where pixels of whatever colour are the person's, -1 the backdrop's.
    static Vec whose(const Vec* matte) {
        const Vec zero = set1(0.f), one = set1(1.f);
        Vec least = matte[3], most = matte[3];
        for (int c = 0; c < 3; ++c)
            least = least + min(matte[c], zero), most = most + max(matte[c], zero);
        const auto sure = [&](Vec x) { return min(max(floor(x), zero), one); };
        return sure(least) - sure(one - most);
    }

    // Of the shift's cells: 1 where pixels stay.
    static Vec still(const Vec* shift) {
        const Vec one = set1(1.f);
        return one - min(floor(most_of(shift) * set1(1 / kStill)), one);
    }

    // The longer one of two movements.
    static Vec most_of(const Vec* move) {
        const Vec zero = set1(0.f);
        return max(max(move[0], zero - move[0]), max(move[1], zero - move[1]));
    }

    int last_of(int x) const { return x + Vec::width < r_.width ? x + Vec::width : r_.width - 1; }

    // Where what is behind moved pixels comes from, and how far they hide it.
    struct Behind {
        bool seen = false;
        Vec x, y, hidden;
    };

    // The same as `shown`, of pixels that come from elsewhere; false where none does.
    bool moved(Vec here, Vec line, Vec* source, Vec& share, bool& any, Behind& behind) const {
        if (r_.shift.values == nullptr) return false;
        const Place place = Place::in_line(r_.shift, here, line);
        if (stays_.kind(place.cells) != 0) return false;
        Vec move[5];
        shift_.at(place, move);
        if (!any_above(most_of(move), kStill)) return false;
        const Vec x = here + move[0], y = line + move[1];
        const Extent from{lowest(x), highest(x), lowest(y), highest(y)};
        const Place matte(r_.matte, x, y, from);
        // Beside the person the backdrop is itself, if it is to be seen at all.
        if (person_.kind(matte.cells) < 0 && !any_above(move[4], 1.f) &&
            !any_above(most_of(move + 2), kStill))
            return false;
        fetch(ring_, r_.width, r_.height, x, y, from, source);
        any = shown(matte, source, share);
        behind.hidden = hidden(move[4], any ? share : set1(0.f));
        behind.seen = any_above(set1(1.f) - behind.hidden, kHidden);
        behind.x = here + move[2], behind.y = line + move[3];
        return true;
    }

    // How far pixels hide what is behind them.
    static Vec hidden(Vec cover, Vec share) {
        const Vec zero = set1(0.f), one = set1(1.f);
        const Vec t = min(share * set1(1 / kSolid), one);
        const Vec solid = t * t * fma(t, set1(-2.f), set1(3.f));
        const Vec core = min(max(cover - one, zero), one);
        return min(max(cover, zero), one) * fma(core, one - solid, solid);
    }

    // Lays pixels over what is behind them, which takes the light of where it is seen.
    void lay(const Behind& behind, const Place& place, Vec* pixels) const {
        const Extent from{lowest(behind.x), highest(behind.x), lowest(behind.y), highest(behind.y)};
        Vec back[3], share;
        fetch(ring_, r_.width, r_.height, behind.x, behind.y, from, back);
        if (shown(Place(r_.matte, behind.x, behind.y, from), back, share)) light(place, share, back);
        for (int c = 0; c < 3; ++c) pixels[c] = fma(behind.hidden, pixels[c] - back[c], back[c]);
    }

    // How far each pixel is the person's; false where none is.
    bool shown(const Place& place, const Vec* source, Vec& share) const {
        const Vec zero = set1(0.f), one = set1(1.f);
        const int kind = person_.kind(place.cells);
        share = one;
        if (kind != 0) return kind > 0;
        Vec matte[4];
        matte_.at(place, matte);
        share = fma(matte[0], source[0], matte[3]);
        share = fma(matte[1], source[1], share);
        share = min(max(fma(matte[2], source[2], share), zero), one);
        return any_above(share, 0.f);
    }

    void light(const Place& place, Vec share, Vec* pixels) const {
        Vec gain[4];
        gain_.at(place, gain);
        const Vec level = gain[3] * share;
        if (any_above(level, 1e-3f))
            for (int c = 0; c < 3; ++c) pixels[c] = lifted(pixels[c], level);
        for (int c = 0; c < 3; ++c) pixels[c] = relit(pixels[c], fma(gain[c], share, set1(1.f)));
    }

    static constexpr float kStill = 1.f / 256;  // pixels
    static constexpr float kHidden = 1.f / 512;  // share of what is behind that isn't seen
    static constexpr float kSolid = 0.3f;  // of the matte, from which a pixel hides what is behind

    const relume::Relight& r_;
    const Ring& ring_;
    const Sheets<4> matte_;
    const Runs person_;
    const Sheets<4> gain_;
    const Sheets<5> shift_;
    const Runs stays_;
};

}  // namespace RELUME_ISA
