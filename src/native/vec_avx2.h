// SPDX-License-Identifier: Apache-2.0
// Eight floats: AVX2 and FMA.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace RELUME_ISA {

struct Vec {
    static constexpr int width = 8;
    __m256 v;
};

inline __m256i first_lanes(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

inline Vec set1(float x) { return {_mm256_set1_ps(x)}; }
inline Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
// The first n floats, from 1 to all; the others are zero and not read.
inline Vec load_first(const float* p, int n) { return {_mm256_maskload_ps(p, first_lanes(n))}; }
inline void store_int(int32_t* p, Vec a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_cvttps_epi32(a.v));
}

inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec floor(Vec a) { return {_mm256_floor_ps(a.v)}; }
inline Vec round(Vec a) { return {_mm256_round_ps(a.v, 8)}; }
// Exponents of two held to what `scale2` can take.
inline Vec exponents(Vec n) { return min(max(n, set1(-126.f)), set1(127.f)); }
// p 2^n for whole n.
inline Vec scale2(Vec p, Vec n) {
    const __m256i bits =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23);
    return {_mm256_mul_ps(p.v, _mm256_castsi256_ps(bits))};
}
// 1 / a, right to 22 bits.
inline Vec reciprocal(Vec a) {
    const __m256 r = _mm256_rcp_ps(a.v);
    return {_mm256_mul_ps(r, _mm256_fnmadd_ps(a.v, r, _mm256_set1_ps(2.f)))};
}
inline float highest(Vec a) {
    const __m128 h = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    const __m128 q = _mm_max_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_shuffle_ps(q, q, 1)));
}

// 1 / root(a) for a above 0.
inline Vec root_inverse(Vec a) {
    const __m256 r = _mm256_rsqrt_ps(a.v);
    const __m256 half = _mm256_mul_ps(_mm256_mul_ps(a.v, r), _mm256_set1_ps(0.5f));
    return {_mm256_mul_ps(r, _mm256_fnmadd_ps(half, r, _mm256_set1_ps(1.5f)))};
}

// 1 / root(root(a)) for a above 0, by one step of Newton's from what is right to 11 bits.
inline Vec fourth_root_inverse(Vec a) {
    const __m256 r = _mm256_rsqrt_ps(a.v), s = _mm256_mul_ps(r, _mm256_rsqrt_ps(r));
    const __m256 square = _mm256_mul_ps(s, s);
    const __m256 quarter = _mm256_mul_ps(_mm256_mul_ps(a.v, square), _mm256_set1_ps(0.25f));
    return {_mm256_mul_ps(s, _mm256_fnmadd_ps(quarter, square, _mm256_set1_ps(1.25f)))};
}

// Whole numbers, a lane each.
struct Ints {
    __m256i v;
};
inline Ints to_ints(Vec a) { return {_mm256_cvttps_epi32(a.v)}; }
inline Ints operator+(Ints a, int b) { return {_mm256_add_epi32(a.v, _mm256_set1_epi32(b))}; }
// p[i] of every lane for i below `Vec::width`, or below twice that; reads so many floats.
inline Vec near(const float* p, Ints i) {
    return {_mm256_permutevar8x32_ps(_mm256_loadu_ps(p), i.v)};
}
inline Vec near_twice(const float* p, Ints i) {
    const __m256i upper = _mm256_cmpgt_epi32(i.v, _mm256_set1_epi32(7));
    return {_mm256_blendv_ps(near(p, i).v, near(p + 8, i).v, _mm256_castsi256_ps(upper))};
}
// p[i] of every lane for any i.
inline Vec far(const float* p, Ints i) { return {_mm256_i32gather_ps(p, i.v, 4)}; }
inline bool any_above(Vec a, float b) {
    return _mm256_movemask_ps(_mm256_cmp_ps(a.v, _mm256_set1_ps(b), _CMP_GT_OQ)) != 0;
}
inline float lowest(Vec a) {
    const __m128 h = _mm_min_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    const __m128 q = _mm_min_ps(h, _mm_movehl_ps(h, h));
    return _mm_cvtss_f32(_mm_min_ss(q, _mm_shuffle_ps(q, q, 1)));
}
inline float first_lane(Vec a) { return _mm256_cvtss_f32(a.v); }
inline float last_lane(Vec a) {
    const __m128 end = _mm256_extractf128_ps(a.v, 1);
    return _mm_cvtss_f32(_mm_shuffle_ps(end, end, 0xff));
}

inline void transpose(Vec* r) {
    __m256 t[8];
    for (int i = 0; i < 8; i += 4) {
        const __m256 a = _mm256_unpacklo_ps(r[i].v, r[i + 1].v);
        const __m256 b = _mm256_unpackhi_ps(r[i].v, r[i + 1].v);
        const __m256 c = _mm256_unpacklo_ps(r[i + 2].v, r[i + 3].v);
        const __m256 d = _mm256_unpackhi_ps(r[i + 2].v, r[i + 3].v);
        t[i] = _mm256_shuffle_ps(a, c, 0x44);
        t[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
        t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
        t[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
    for (int i = 0; i < 4; ++i) {
        r[i].v = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        r[i + 4].v = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
}

}  // namespace RELUME_ISA
