// SPDX-License-Identifier: Apache-2.0
// Functions of vectors, as exact as pictures need: relative errors of some 1e-5.
#pragma once

namespace RELUME_ISA {

// Polynomials fitted for the least largest error (Lawson's iteration).

inline Vec exp2(Vec x) {
    const Vec t = exponents(x);
    const Vec n = round(t);
    const Vec r = t - n;
    Vec p = fma(r, set1(0.0095701f), set1(0.05591786f));
    p = fma(r, p, set1(0.24024745f));
    p = fma(r, p, set1(0.69312181f));
    p = fma(r, p, set1(0.99999926f));
    return scale2(p, n);
}

inline Vec exp(Vec x) { return exp2(x * set1(1.44269504f)); }

// 1 / (1 + exp(-x))
inline Vec sigmoid(Vec x) { return reciprocal(set1(1.f) + exp2(x * set1(-1.44269504f))); }

inline Vec silu(Vec x) { return x * sigmoid(x); }

// log(1 + exp(x))
inline Vec softplus(Vec x) {
    const Vec zero = set1(0.f);
    const Vec u = exp(min(x, zero - x));  // from 0 to 1
    Vec p = fma(u, set1(-0.02386914f), set1(0.10122227f));
    p = fma(u, p, set1(-0.2100487f));
    p = fma(u, p, set1(0.3252067f));
    p = fma(u, p, set1(-0.49936137f));
    p = fma(u, p, set1(0.9999916f));
    return fma(u, p, max(x, zero));
}

}  // namespace RELUME_ISA
