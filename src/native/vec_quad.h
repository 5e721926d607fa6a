// SPDX-License-Identifier: Apache-2.0
// Four floats in plain C++, which compilers turn into SSE2, NEON or what else there is. Where the
// instruction set has nothing wider, this is `Vec`; everywhere it suits one pixel's channels. (Where
// there is AVX2, one function uses it: see vec.h, which includes that first.)
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace RELUME_ISA {

struct Quad {
    static constexpr int width = 4;
#if defined(__GNUC__)
    typedef float Lanes __attribute__((vector_size(16)));
    Lanes v;
#else
    float v[4];
#endif
};

#if defined(__GNUC__)
inline Quad quad(float x) { return {Quad::Lanes{x, x, x, x}}; }
inline Quad operator+(Quad a, Quad b) { return {a.v + b.v}; }
inline Quad operator-(Quad a, Quad b) { return {a.v - b.v}; }
inline Quad operator*(Quad a, Quad b) { return {a.v * b.v}; }
inline Quad fma(Quad a, Quad b, Quad c) { return {a.v * b.v + c.v}; }
inline Quad reciprocal(Quad a) { return {1.f / a.v}; }
inline Quad max(Quad a, Quad b) { return {a.v > b.v ? a.v : b.v}; }
inline Quad min(Quad a, Quad b) { return {a.v < b.v ? a.v : b.v}; }
// The last two lanes, where the first two were.
inline Quad upper(Quad a) { return {Quad::Lanes{a.v[2], a.v[3], a.v[2], a.v[3]}}; }
#else
#define RELUME_LANES(expression)                             \
    Quad out;                                                 \
    for (int i = 0; i < 4; ++i) out.v[i] = (expression);     \
    return out
inline Quad quad(float x) { RELUME_LANES(x); }
inline Quad operator+(Quad a, Quad b) { RELUME_LANES(a.v[i] + b.v[i]); }
inline Quad operator-(Quad a, Quad b) { RELUME_LANES(a.v[i] - b.v[i]); }
inline Quad operator*(Quad a, Quad b) { RELUME_LANES(a.v[i] * b.v[i]); }
inline Quad fma(Quad a, Quad b, Quad c) { RELUME_LANES(a.v[i] * b.v[i] + c.v[i]); }
inline Quad reciprocal(Quad a) { RELUME_LANES(1.f / a.v[i]); }
inline Quad max(Quad a, Quad b) { RELUME_LANES(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline Quad min(Quad a, Quad b) { RELUME_LANES(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
inline Quad upper(Quad a) { RELUME_LANES(a.v[2 + i % 2]); }
#undef RELUME_LANES
#endif

inline Quad load_quad(const float* p) {
    Quad out;
    memcpy(&out.v, p, sizeof(out.v));
    return out;
}
inline void store(float* p, Quad a) { memcpy(p, &a.v, sizeof(a.v)); }
inline void store_int(int32_t* p, Quad a) {
    for (int i = 0; i < 4; ++i) p[i] = static_cast<int32_t>(a.v[i]);
}
// For values that fit an int, which all here do.
inline Quad floor(Quad a) {
    float lanes[4];
    for (int i = 0; i < 4; ++i) {
        const float whole = static_cast<float>(static_cast<int32_t>(a.v[i]));
        lanes[i] = whole - (whole > a.v[i] ? 1.f : 0.f);
    }
    return load_quad(lanes);
}
inline Quad round(Quad a) { return floor(a + quad(0.5f)); }
// Exponents of two held to what `scale2` can take.
inline Quad exponents(Quad n) { return min(max(n, quad(-126.f)), quad(127.f)); }
// p 2^n for whole n.
inline Quad scale2(Quad p, Quad n) {
    int32_t bits[4];
    for (int i = 0; i < 4; ++i) bits[i] = (static_cast<int32_t>(n.v[i]) + 127) << 23;
    float factor[4];
    memcpy(factor, bits, sizeof(bits));
    return p * load_quad(factor);
}
inline Quad root(Quad a) {
    Quad out;
    for (int i = 0; i < 4; ++i) out.v[i] = sqrtf(a.v[i]);
    return out;
}
inline float highest(Quad a) {
    float out = a.v[0];
    for (int i = 1; i < 4; ++i) out = a.v[i] > out ? a.v[i] : out;
    return out;
}
inline void transpose(Quad* r) {
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < i; ++j) {
            const float kept = r[i].v[j];
            r[i].v[j] = r[j].v[i];
            r[j].v[i] = kept;
        }
}

// A share of the way from one row of eight floats to another: the first four, and the last four.
inline void mix_eight(const float* from, const float* to, float share, Quad& first, Quad& last) {
#if defined(RELUME_WIDE)
    const __m256 begin = _mm256_loadu_ps(from);
    const __m256 way = _mm256_sub_ps(_mm256_loadu_ps(to), begin);
    const __m256 both = _mm256_fmadd_ps(way, _mm256_set1_ps(share), begin);
    const __m128 upper = _mm256_extractf128_ps(both, 1);
    memcpy(&first.v, &both, sizeof(first.v));
    memcpy(&last.v, &upper, sizeof(last.v));
#else
    const Quad s = quad(share), left = load_quad(from), right = load_quad(from + 4);
    first = fma(load_quad(to) - left, s, left);
    last = fma(load_quad(to + 4) - right, s, right);
#endif
}

#if !defined(RELUME_WIDE)
// Sums of floats 0, 3, 6, 9, of 1, 4, 7, 10 and of 2, 5, 8, 11 in three; writes four floats.
inline void add_triples(const Quad* a, float* out) {
    float s[12];
    for (int i = 0; i < 3; ++i) store(s + 4 * i, a[i]);
    for (int c = 0; c < 3; ++c) out[c] = (s[c] + s[3 + c]) + (s[6 + c] + s[9 + c]);
}
using Vec = Quad;
inline Vec set1(float x) { return quad(x); }
inline Vec load(const float* p) { return load_quad(p); }
// The first n floats, from 1 to all; the others are zero and not read.
inline Vec load_first(const float* p, int n) {
    const float lanes[4] = {p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0};
    return load_quad(lanes);
}
#endif

}  // namespace RELUME_ISA
