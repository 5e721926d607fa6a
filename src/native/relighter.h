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

    Reach(const relume::CellMap& shift, const relume::CellMap& behind)
        : moves(shift.values != nullptr) {
        reach(shift, 2);
        reach(behind, 3);
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

  private:
    void reach(const relume::CellMap& m, int channels) {
        if (m.values == nullptr) return;
        const float* p = m.values;
        for (int64_t i = 0; i < int64_t(m.width) * m.height; ++i, p += channels) {
            const float x = p[0], y = p[1];
            low = y < low ? y : low, high = y > high ? y : high;
            across = x > across ? x : -x > across ? -x : across;
        }
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
               Sheets<2>::room(r.shift) + Runs::room(r.shift) + Sheets<3>::room(r.behind) +
               Runs::room(r.behind);
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
                   (r_.behind.values == nullptr || hides_.kind(cells_of(r_.behind, where)) != 0) &&
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
            Vec source[3];
            Part part;
            Behind behind;
            bool any;
            if (!moved(here, line, source, part, any, behind)) {
                const float* const p = ring_.row(y) + x;
                for (int c = 0; c < 3; ++c) source[c] = load(p + c * ring_.pitch);
                any = shown(Place::in_line(r_.matte, here, line), source, part);
            }
            if (any || behind.seen) {
                const Place gain = Place::in_line(r_.gain, here, line);
                if (any) light(gain, part, source);
                if (behind.seen) lay(behind, gain, source);
            }
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
          shift_(r.shift, room.take(Sheets<2>::room(r.shift)), block),
          stays_(r.shift, shift_, room.take(Runs::room(r.shift)), block, still),
          behind_(r.behind, room.take(Sheets<3>::room(r.behind)), block),
          hides_(r.behind, behind_, room.take(Runs::room(r.behind)), block, hiding) {}

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

    // Of what is behind: 1 where all of it is hidden, -1 where it is what the frame has there.
    static Vec hiding(const Vec* behind) {
        const Vec zero = set1(0.f), one = set1(1.f);
        const Vec hidden = min(max(floor(behind[2] + set1(kHidden - 1.f)), zero), one);
        return hidden - (one - hidden) * still(behind);
    }

    // The longer one of two movements.
    static Vec most_of(const Vec* move) {
        const Vec zero = set1(0.f);
        return max(max(move[0], zero - move[0]), max(move[1], zero - move[1]));
    }

    int last_of(int x) const { return x + Vec::width < r_.width ? x + Vec::width : r_.width - 1; }

    // How far pixels are the person's, and that times the person's level over the pixel's: where
    // both are mixed, light falls on the person's part.
    struct Part {
        Vec share, of;
    };

    // Where what is behind moved pixels comes from, and how far they hide it.
    struct Behind {
        bool seen = false;
        Vec x, y, hidden;
    };

    // The same as `shown`, of pixels that come from elsewhere; false where none does.
    bool moved(Vec here, Vec line, Vec* source, Part& part, bool& any, Behind& behind) const {
        if (r_.shift.values == nullptr) return false;
        const Place place = Place::in_line(r_.shift, here, line);
        Vec move[2] = {set1(0.f), set1(0.f)}, back[3];
        bool moves = stays_.kind(place.cells) == 0;
        if (moves) shift_.at(place, move), moves = any_above(most_of(move), kStill);
        const bool layered = behind_at(here, line, back);
        // Also where a head that turned has been, and nothing is drawn along any more.
        if (!moves && !(layered && any_above(most_of(back), kStill))) return false;
        const Vec x = here + move[0], y = line + move[1];
        const Extent from{lowest(x), highest(x), lowest(y), highest(y)};
        const Place matte(r_.matte, x, y, from);
        // Beside the person the backdrop is itself, if it is to be seen at all.
        if (layered && person_.kind(matte.cells) < 0 && !any_above(back[2], 1.f) &&
            !any_above(most_of(back), kStill))
            return false;
        fetch(ring_, r_.width, r_.height, x, y, from, source);
        any = shown(matte, source, part);
        if (!layered) return true;
        behind.hidden = hidden(back[2], any ? part.share : set1(0.f));
        behind.seen = any_above(set1(1.f) - behind.hidden, kHidden);
        behind.x = here + back[0], behind.y = line + back[1];
        return true;
    }

    // What is behind pixels; false where none of it is to be seen.
    bool behind_at(Vec here, Vec line, Vec* back) const {
        if (r_.behind.values == nullptr) return false;
        const Place place = Place::in_line(r_.behind, here, line);
        if (hides_.kind(place.cells) > 0) return false;
        behind_.at(place, back);
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
        Vec back[3];
        Part part;
        fetch(ring_, r_.width, r_.height, behind.x, behind.y, from, back);
        if (shown(Place(r_.matte, behind.x, behind.y, from), back, part)) light(place, part, back);
        for (int c = 0; c < 3; ++c) pixels[c] = fma(behind.hidden, pixels[c] - back[c], back[c]);
    }

    // Which part of each pixel is the person's; false where none is.
    bool shown(const Place& place, const Vec* source, Part& part) const {
        const Vec zero = set1(0.f), one = set1(1.f);
        const int kind = person_.kind(place.cells);
        part.share = part.of = one;
        if (kind != 0) return kind > 0;
        Vec matte[4];
        matte_.at(place, matte);
        Vec share = fma(matte[0], source[0], matte[3]);
        share = fma(matte[1], source[1], share);
        part.share = share = min(max(fma(matte[2], source[2], share), zero), one);
        if (!any_above(share, 0.f)) return false;
        // The nearest colour that would be the person's alone.
        const Vec steep =
            fma(matte[0], matte[0], fma(matte[1], matte[1], fma(matte[2], matte[2], set1(kFlat))));
        const Vec way = (one - share) * reciprocal(steep);
        Vec more = zero, level = zero;
        for (int c = 0; c < 3; ++c) {
            // Between its neighbours a pixel may be more than white.
            const Vec seen = min(max(source[c], zero), one);
            more = more + (min(max(fma(way, matte[c], seen), zero), one) - seen);
            level = level + seen;
        }
        const Vec over = fma(more, reciprocal(max(level, set1(kDark))), one);
        part.of = min(share * min(over, set1(kMost)), one);
        return true;
    }

    void light(const Place& place, const Part& part, Vec* pixels) const {
        const Vec zero = set1(0.f), one = set1(1.f);
        Vec gain[4];
        gain_.at(place, gain);
        const Vec level = gain[3] * part.share;
        if (any_above(level, 1e-3f))
            for (int c = 0; c < 3; ++c) pixels[c] = lifted(pixels[c], level);
        for (int c = 0; c < 3; ++c)
            pixels[c] = relit(pixels[c], max(fma(gain[c], part.of, one), zero));
    }

    static constexpr float kStill = 1.f / 256;  // pixels
    static constexpr float kFlat = 0.3f;   // squared slope of a matte that tells little of colours
    static constexpr float kDark = 0.09f;  // sum of codes, below which no level is over another
    static constexpr float kMost = 1.5f;
    static constexpr float kHidden = 1.f / 512;  // share of what is behind that isn't seen
    static constexpr float kSolid = 0.3f;  // of the matte, from which a pixel hides what is behind

    const relume::Relight& r_;
    const Ring& ring_;
    const Sheets<4> matte_;
    const Runs person_;
    const Sheets<4> gain_;
    const Sheets<2> shift_;
    const Runs stays_;
    const Sheets<3> behind_;
    const Runs hides_;
};

}  // namespace RELUME_ISA
