// SPDX-License-Identifier: Apache-2.0
// The ratio image's work on every pixel: what the kernel is given.
#pragma once

#include "yuv.h"

namespace relume {

// A map at low resolution: `channels` interleaved values a cell, and the affine map from pixels
// to cells (both with their centres at whole numbers). Beyond its edges the edge goes on.
struct CellMap {
    const float* values = nullptr;
    int width = 0, height = 0;
    float to_cells[6] = {};
};

struct Relight {
    int width = 0, height = 0;  // of the block
    CellMap matte;            // of red, green, blue and 1: 4 channels
    CellMap gain;             // ratio less 1 of red, green, blue; level to lift to: 4 channels
    CellMap shift;            // 2 channels, pixels; no values where nothing moves
    CellMap behind;           // 3 channels: pixels to where what is behind the moved person comes
                              // from, and how far the person hides it: 0..1 times the matte, at 2
                              // wholly; no values where there is nothing to see
};

// Rows of a block, the end exclusive.
struct Rows {
    int first, end;
};

// A block of 8-bit RGB and where its relit pixels go, which may be itself; rows lie `stride` apart.
struct RgbBox {
    const uint8_t* source;
    ptrdiff_t source_stride;
    uint8_t* target;
    ptrdiff_t stride;
};

// Gives a kernel so many floats to work with until it is done, or null where memory ran out.
using Memory = float* (*)(size_t floats);

// From a block [height][width][3], sRGB-coded, to another. False where memory ran out, as below.
using RelightKernel = bool (*)(const Relight&, const float* block, float* out, Memory);
// Changes rows of a box of a frame, which begin and end with rows of chroma; `source` holds what was
// there (its matrix leads to RGB), `target` (to codes) may be the same samples if nobody else writes
// any of them meanwhile.
template <class T>
using FrameRelighter = bool (*)(const Relight&, const YuvBox<const T>& source,
                                const YuvBox<T>& target, Rows, Memory);
using RgbRelighter = bool (*)(const Relight&, const RgbBox&, Rows, Memory);

}  // namespace relume
