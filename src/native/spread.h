// SPDX-License-Identifier: Apache-2.0
// Filling in by pull-push: what the kernel is given.
#pragma once

namespace relume {

struct Spread {
    int width = 0, height = 0, channels = 0;  // 1 to 3 channels
    const float* values = nullptr;            // [height][width][channels]
    const float* weight = nullptr;            // [height][width]
    float* out = nullptr;                     // as `values`
};

// False where memory ran out.
using SpreadKernel = bool (*)(const Spread&);

}  // namespace relume
