// SPDX-License-Identifier: Apache-2.0
// The guided filter's local affine maps: what the kernel is given.
#pragma once

#include "relight.h"

namespace relume {

struct Guided {
    int width = 0, height = 0;
    int radius = 0;              // of the windows, less than either side
    float contrast = 0;          // added to the variances
    const float* rgb = nullptr;  // [height][width][3]
    const float* mask = nullptr; // [height][width]
    float* out = nullptr;        // [height][width][4]
};

// False where memory ran out.
using GuidedKernel = bool (*)(const Guided&, Memory);

}  // namespace relume
