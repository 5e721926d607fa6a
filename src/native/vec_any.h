// SPDX-License-Identifier: Apache-2.0
// Four floats in plain C++, which compilers turn into SSE2, NEON or what else there is.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace RELUME_ISA {

struct Vec {
    static constexpr int width = 4;
#if defined(__GNUC__)
    typedef float Lanes __attribute__((vector_size(16)));
    Lanes v;
#else
    float v[4];
#endif
};

#if defined(__GNUC__)
inline Vec set1(float x) { return {Vec::Lanes{x, x, x, x}}; }
inline Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
inline Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
inline Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
inline Vec reciprocal(Vec a) { return {1.f / a.v}; }
inline Vec max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
inline Vec min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
#else
#define RELUME_LANES(expression)                             \
    Vec out;                                                 \
    for (int i = 0; i < 4; ++i) out.v[i] = (expression);     \
    return out
inline Vec set1(float x) { RELUME_LANES(x); }
inline Vec operator+(Vec a, Vec b) { RELUME_LANES(a.v[i] + b.v[i]); }
inline Vec operator-(Vec a, Vec b) { RELUME_LANES(a.v[i] - b.v[i]); }
inline Vec operator*(Vec a, Vec b) { RELUME_LANES(a.v[i] * b.v[i]); }
inline Vec fma(Vec a, Vec b, Vec c) { RELUME_LANES(a.v[i] * b.v[i] + c.v[i]); }
inline Vec reciprocal(Vec a) { RELUME_LANES(1.f / a.v[i]); }
inline Vec max(Vec a, Vec b) { RELUME_LANES(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline Vec min(Vec a, Vec b) { RELUME_LANES(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
#undef RELUME_LANES
#endif

inline Vec load(const float* p) {
    Vec out;
    memcpy(&out.v, p, sizeof(out.v));
    return out;
}
inline void store(float* p, Vec a) { memcpy(p, &a.v, sizeof(a.v)); }
// The first n floats, from 1 to all; the others are zero and not read.
inline Vec load_first(const float* p, int n) {
    float lanes[4] = {0, 0, 0, 0};
    lanes[0] = p[0];
    if (n > 1) lanes[1] = p[1];
    if (n > 2) lanes[2] = p[2];
    if (n > 3) lanes[3] = p[3];
    return load(lanes);
}
inline void store_first(float* p, Vec a, int n) {
    p[0] = a.v[0];
    if (n > 1) p[1] = a.v[1];
    if (n > 2) p[2] = a.v[2];
    if (n > 3) p[3] = a.v[3];
}
inline void store_int(int32_t* p, Vec a) {
    for (int i = 0; i < 4; ++i) p[i] = static_cast<int32_t>(a.v[i]);
}
// For values that fit an int, which all here do.
inline Vec floor(Vec a) {
    float lanes[4];
    for (int i = 0; i < 4; ++i) {
        const float whole = static_cast<float>(static_cast<int32_t>(a.v[i]));
        lanes[i] = whole - (whole > a.v[i] ? 1.f : 0.f);
    }
    return load(lanes);
}
inline Vec round(Vec a) { return floor(a + set1(0.5f)); }
// Exponents of two held to what `scale2` can take.
inline Vec exponents(Vec n) { return min(max(n, set1(-126.f)), set1(127.f)); }
// p 2^n for whole n.
inline Vec scale2(Vec p, Vec n) {
    int32_t bits[4];
    for (int i = 0; i < 4; ++i) bits[i] = (static_cast<int32_t>(n.v[i]) + 127) << 23;
    float factor[4];
    memcpy(factor, bits, sizeof(bits));
    return p * load(factor);
}
inline float highest(Vec a) {
    float out = a.v[0];
    for (int i = 1; i < 4; ++i) out = a.v[i] > out ? a.v[i] : out;
    return out;
}
inline void transpose(Vec* r) {
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < i; ++j) {
            const float kept = r[i].v[j];
            r[i].v[j] = r[j].v[i];
            r[j].v[i] = kept;
        }
}

}  // namespace RELUME_ISA
