// SPDX-License-Identifier: Apache-2.0
// Which of the compiled instruction sets this processor has.
#pragma once

#include "gain.h"
#include "guided.h"
#include "relight.h"
#include "shadow.h"
#include "spread.h"
#include "volume.h"
#include "yuv.h"

namespace relume {

struct Kernels {
    const char* name;
    VolumeKernel volume;
    RelightKernel relight;
    GainKernel code_gain;
    GuidedKernel guide;
    ShadowKernel shadow;
    SpreadKernel spread;
    YuvReader<uint8_t> read_yuv8;
    YuvReader<uint16_t> read_yuv16;
    YuvWriter<uint8_t> put_yuv8;
    YuvWriter<uint16_t> put_yuv16;
    YuvHalver<uint8_t> half_yuv8;
    YuvHalver<uint16_t> half_yuv16;
    RgbRelighter relight_rgb8;
    FrameRelighter<uint8_t> relight_yuv8;
    FrameRelighter<uint16_t> relight_yuv16;
};

// The widest set that this processor and its operating system can run.
const Kernels& best_kernels();

// What multiplies bfloat16 in this processor itself: "amx", "avx512", or "none".
const char* bf16_unit();

// Whether this processor sums products of eight-bit integers in 32 bits at once (VNNI).
bool has_int8_unit();

// The set of this name, or null where it wasn't compiled or can't be run here.
const Kernels* kernels_named(const char* name);

}  // namespace relume
