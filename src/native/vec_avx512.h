// SPDX-License-Identifier: Apache-2.0
// Sixteen floats: AVX-512 F and DQ.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace RELUME_ISA {

struct Vec {
    static constexpr int width = 16;
    __m512 v;
};

inline Vec set1(float x) { return {_mm512_set1_ps(x)}; }
inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
// The first n floats, from 1 to all; the others are zero and not read.
inline Vec load_first(const float* p, int n) {
    return {_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p)};
}
inline void store_int(int32_t* p, Vec a) { _mm512_storeu_si512(p, _mm512_cvttps_epi32(a.v)); }

inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec floor(Vec a) { return {_mm512_roundscale_ps(a.v, 9)}; }
inline Vec round(Vec a) { return {_mm512_roundscale_ps(a.v, 8)}; }
// Exponents of two that `scale2` can take: any, here.
inline Vec exponents(Vec n) { return n; }
// p 2^n for whole n.
inline Vec scale2(Vec p, Vec n) { return {_mm512_scalef_ps(p.v, n.v)}; }
// 1 / a, right to 14 bits.
inline Vec reciprocal(Vec a) { return {_mm512_rcp14_ps(a.v)}; }
inline float highest(Vec a) { return _mm512_reduce_max_ps(a.v); }

// 1 / root(a) for a above 0.
inline Vec root_inverse(Vec a) {
    const __m512 r = _mm512_rsqrt14_ps(a.v);
    const __m512 half = _mm512_mul_ps(_mm512_mul_ps(a.v, r), _mm512_set1_ps(0.5f));
    return {_mm512_mul_ps(r, _mm512_fnmadd_ps(half, r, _mm512_set1_ps(1.5f)))};
}

// 1 / root(root(a)) for a above 0, by one step of Newton's from what is right to 13 bits.
inline Vec fourth_root_inverse(Vec a) {
    const __m512 r = _mm512_rsqrt14_ps(a.v), s = _mm512_mul_ps(r, _mm512_rsqrt14_ps(r));
    const __m512 square = _mm512_mul_ps(s, s);
    const __m512 quarter = _mm512_mul_ps(_mm512_mul_ps(a.v, square), _mm512_set1_ps(0.25f));
    return {_mm512_mul_ps(s, _mm512_fnmadd_ps(quarter, square, _mm512_set1_ps(1.25f)))};
}

// Whole numbers, a lane each.
struct Ints {
    __m512i v;
};
inline Ints to_ints(Vec a) { return {_mm512_cvttps_epi32(a.v)}; }
inline Ints operator+(Ints a, int b) { return {_mm512_add_epi32(a.v, _mm512_set1_epi32(b))}; }
// p[i] of every lane for i below `Vec::width`, or below twice that; reads so many floats.
inline Vec near(const float* p, Ints i) {
    return {_mm512_permutexvar_ps(i.v, _mm512_loadu_ps(p))};
}
inline Vec near_twice(const float* p, Ints i) {
    return {_mm512_permutex2var_ps(_mm512_loadu_ps(p), i.v, _mm512_loadu_ps(p + 16))};
}
// p[i] of every lane for any i.
inline Vec far(const float* p, Ints i) { return {_mm512_i32gather_ps(i.v, p, 4)}; }
inline bool any_above(Vec a, float b) {
    return _mm512_cmp_ps_mask(a.v, _mm512_set1_ps(b), _CMP_GT_OQ) != 0;
}
inline float lowest(Vec a) { return _mm512_reduce_min_ps(a.v); }
inline float first_lane(Vec a) { return _mm512_cvtss_f32(a.v); }
inline float last_lane(Vec a) {
    const __m128 end = _mm512_extractf32x4_ps(a.v, 3);
    return _mm_cvtss_f32(_mm_shuffle_ps(end, end, 0xff));
}

inline void transpose(Vec* r) {
    __m512 t[16], u[16];
    for (int i = 0; i < 16; i += 4) {
        const __m512 a = _mm512_unpacklo_ps(r[i].v, r[i + 1].v);
        const __m512 b = _mm512_unpackhi_ps(r[i].v, r[i + 1].v);
        const __m512 c = _mm512_unpacklo_ps(r[i + 2].v, r[i + 3].v);
        const __m512 d = _mm512_unpackhi_ps(r[i + 2].v, r[i + 3].v);
        t[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(c)));
        t[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(c)));
        t[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(b), _mm512_castps_pd(d)));
        t[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(b), _mm512_castps_pd(d)));
    }
    for (int i = 0; i < 4; ++i) {
        u[i] = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);
        u[i + 4] = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
        u[i + 8] = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
        u[i + 12] = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; ++i) {
        r[i].v = _mm512_shuffle_f32x4(u[i], u[i + 8], 0x88);
        r[i + 8].v = _mm512_shuffle_f32x4(u[i], u[i + 8], 0xdd);
        r[i + 4].v = _mm512_shuffle_f32x4(u[i + 4], u[i + 12], 0x88);
        r[i + 12].v = _mm512_shuffle_f32x4(u[i + 4], u[i + 12], 0xdd);
    }
}

}  // namespace RELUME_ISA
