// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

namespace relume {

struct Mesh {
    const float* points = nullptr;      // [vertices][2] pixels
    const float* depth = nullptr;       // [vertices]
    const float* attributes = nullptr;  // [vertices][channels]
    const int32_t* faces = nullptr;     // [count][3]
    int count = 0, channels = 0;
    bool cull = true;
};

// Draws into an image [height][width][channels] of zeros and a mask [height][width] of zeros.
// False where memory ran out.
bool rasterise(const Mesh& mesh, int width, int height, float* image, uint8_t* mask);

}  // namespace relume
