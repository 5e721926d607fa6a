// SPDX-License-Identifier: Apache-2.0
#include "cpu.h"

#include <string.h>

#if defined(RELUME_X86)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

#define RELUME_DECLARE(set)                                                             \
    namespace set {                                                                     \
    bool render_volume(const relume::Field&, const relume::March&, const relume::Rays&, \
                       relume::Rendering&);                                             \
    bool relight(const relume::Relight&, const float*, float*, relume::Memory);         \
    bool relight_rgb8(const relume::Relight&, const relume::RgbBox&, relume::Rows,      \
                      relume::Memory);                                                  \
    bool relight_yuv8(const relume::Relight&, const relume::YuvBox<const uint8_t>&,     \
                      const relume::YuvBox<uint8_t>&, relume::Rows, relume::Memory);    \
    bool relight_yuv16(const relume::Relight&, const relume::YuvBox<const uint16_t>&,   \
                       const relume::YuvBox<uint16_t>&, relume::Rows, relume::Memory);  \
    bool code_gain(const relume::GainMap&, relume::Memory);                             \
    bool guide(const relume::Guided&, relume::Memory);                                  \
    bool cast_shadows(const relume::Shadows&);                                          \
    bool spread(const relume::Spread&);                                                 \
    bool read_yuv8(const relume::YuvBox<const uint8_t>&, float*);                       \
    bool read_yuv16(const relume::YuvBox<const uint16_t>&, float*);                     \
    bool put_yuv8(const relume::YuvBox<uint8_t>&, const float*, const float*);          \
    bool put_yuv16(const relume::YuvBox<uint16_t>&, const float*, const float*);        \
    bool half_yuv8(const relume::YuvBox<const uint8_t>&, uint8_t*);                     \
    bool half_yuv16(const relume::YuvBox<const uint16_t>&, uint8_t*);                   \
    }
#define RELUME_KERNELS(name, set)                                                      \
    {name,           set::render_volume, set::relight, set::code_gain, set::guide, \
     set::cast_shadows, set::spread, \
     set::read_yuv8, set::read_yuv16,    set::put_yuv8, set::put_yuv16, \
     set::half_yuv8, set::half_yuv16,   set::relight_rgb8, set::relight_yuv8, set::relight_yuv16}

RELUME_DECLARE(relume_any)
#if defined(RELUME_X86)
RELUME_DECLARE(relume_avx2)
RELUME_DECLARE(relume_avx512)
#endif

namespace relume {
namespace {

#if defined(RELUME_X86)
// Bits of register `reg` (eax, ebx, ecx, edx) of a leaf, from its part `part`.
bool has(unsigned leaf, int reg, unsigned bits, unsigned part = 0) {
    unsigned r[4] = {0, 0, 0, 0};
#if defined(_MSC_VER)
    int known[4];
    __cpuid(known, 0);
    if (unsigned(known[0]) < leaf) return false;
    __cpuidex(reinterpret_cast<int*>(r), int(leaf), int(part));
#else
    if (__get_cpuid_count(leaf, part, &r[0], &r[1], &r[2], &r[3]) == 0) return false;
#endif
    return (r[reg] & bits) == bits;
}
// The operating system saves these registers.
bool saves(unsigned mask) {
    if (!has(1, 2, 1u << 27)) return false;
#if defined(_MSC_VER)
    return (unsigned(_xgetbv(0)) & mask) == mask;
#else
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & mask) == mask;
#endif
}
#if defined(_MSC_VER)
bool has_avx2() { return saves(0x6) && has(1, 2, 1u << 12) && has(7, 1, 1u << 5); }
bool has_avx512() { return has_avx2() && saves(0xe6) && has(7, 1, (1u << 16) | (1u << 17)); }
#else
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}
#endif
#endif

const Kernels kAny = RELUME_KERNELS("any", relume_any);
#if defined(RELUME_X86)
const Kernels kAvx2 = RELUME_KERNELS("avx2", relume_avx2);
const Kernels kAvx512 = RELUME_KERNELS("avx512", relume_avx512);
#endif

}  // namespace

const Kernels& best_kernels() {
#if defined(RELUME_X86)
    if (has_avx512()) return kAvx512;
    if (has_avx2()) return kAvx2;
#endif
    return kAny;
}

const char* bf16_unit() {
#if defined(RELUME_X86)
    // AMX-TILE and AMX-BF16, tiles saved; AVX512-BF16.
    if (has(7, 3, (1u << 24) | (1u << 22)) && saves(0x60000)) return "amx";
    if (has_avx512() && has(7, 0, 1u << 5, 1)) return "avx512";
#endif
    return "none";
}

bool has_int8_unit() {
#if defined(RELUME_X86)
    // AVX-VNNI; AVX512-VNNI.
    return (has_avx2() && has(7, 0, 1u << 4, 1)) || (has_avx512() && has(7, 2, 1u << 11));
#else
    return false;
#endif
}

const Kernels* kernels_named(const char* name) {
#if defined(RELUME_X86)
    if (has_avx512() && strcmp(name, kAvx512.name) == 0) return &kAvx512;
    if (has_avx2() && strcmp(name, kAvx2.name) == 0) return &kAvx2;
#endif
    return strcmp(name, kAny.name) == 0 ? &kAny : nullptr;
}

}  // namespace relume
