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

#if !defined(RELUME_WIDE)
// 1 / root(a) for a above 0.
inline Quad root_inverse(Quad a) { return reciprocal(root(a)); }
inline Quad fourth_root_inverse(Quad a) { return reciprocal(root(root(a))); }
inline float lowest(Quad a) {
    float out = a.v[0];
    for (int i = 1; i < 4; ++i) out = a.v[i] < out ? a.v[i] : out;
    return out;
}
inline float first_lane(Quad a) { return a.v[0]; }
inline float last_lane(Quad a) { return a.v[3]; }

// Whole numbers, a lane each.
struct Ints {
    int32_t v[4];
};
inline Ints to_ints(Quad a) {
    Ints out;
    store_int(out.v, a);
    return out;
}
inline Ints operator+(Ints a, int b) { return {{a.v[0] + b, a.v[1] + b, a.v[2] + b, a.v[3] + b}}; }
// p[i] of every lane.
inline Quad far(const float* p, Ints i) {
    const float lanes[4] = {p[i.v[0]], p[i.v[1]], p[i.v[2]], p[i.v[3]]};
    return load_quad(lanes);
}
// The same; wider vectors have these for lanes that are no further apart than they, or twice that.
inline Quad near(const float* p, Ints i) { return far(p, i); }
inline Quad near_twice(const float* p, Ints i) { return far(p, i); }
inline bool any_above(Quad a, float b) { return highest(a) > b; }
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
