// SPDX-License-Identifier: Apache-2.0
// The ratio image's work on every pixel: what the kernel is given.
#pragma once

namespace relume {

// A map at low resolution: `channels` interleaved values a cell, and the affine map from pixels
// to cells (both with their centres at whole numbers). Beyond its edges the edge goes on.
struct CellMap {
    const float* values = nullptr;
    int width = 0, height = 0;
    float to_cells[6] = {};
};

struct Relight {
    const float* block = nullptr;  // [height][width][3] sRGB-coded
    int width = 0, height = 0;
    CellMap matte;            // slope and base: 2 channels
    CellMap gain;             // ratio less 1 of red, green, blue; level to lift to: 4 channels
    bool lifts = false;       // whether any level is above 0
    CellMap shift;            // 2 channels, pixels; no values where nothing moves
    float* out = nullptr;     // [height][width][3]
};

// False where memory ran out.
using RelightKernel = bool (*)(const Relight&);

}  // namespace relume
