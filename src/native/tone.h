// SPDX-License-Identifier: Apache-2.0
// What new light makes of colours.
#pragma once

#include "vec.h"

namespace RELUME_ISA {

// A picture under a new light: see `relume.compose.relit`, which this follows to the letter.
inline Vec relit(Vec s, Vec q) {
    constexpr float offset = 0.055f;
    const Vec one = set1(1.f), zero = set1(0.f);
    const Vec u = (s + set1(offset)) * set1(1.f / (1.f + offset));
    const Vec lit = u * q;
    const Vec lit2 = lit * lit, u2 = u * u;
    const Vec shoulder = one + max(lit2 * lit2 - u2 * u2, zero);
    const Vec rolled = lit * fourth_root_inverse(shoulder);
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

}  // namespace RELUME_ISA
