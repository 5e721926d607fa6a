// SPDX-License-Identifier: Apache-2.0
// Between planar YUV and RGB, for a box of a frame: what the kernels are given.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace relume {

// Samples of one plane; rows lie `stride` samples apart.
template <class T>
struct Plane {
    T* samples = nullptr;
    ptrdiff_t stride = 0;
    int width = 0, height = 0;

    T* row(int y) const { return samples + y * stride; }
};

// A rising function from 0..1 to 0..1 at even steps, one value more than steps; none: identity.
struct Curve {
    const float* values = nullptr;
    int steps = 0;
};

// A box [x0, x1) by [y0, y1) of a frame whose chroma is halved where a shift is 1.
template <class T>
struct YuvBox {
    Plane<T> planes[3];
    int shift_x = 0, shift_y = 0;
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    float matrix[12] = {};  // [3][4], from codes to RGB or back, with an offset
    int highest = 255;      // the largest code
    Curve curve;            // that RGB goes through, after the matrix to it and before that from it
};

// Reads into [height][width][3] within 0..1. False where memory ran out.
template <class T>
using YuvReader = bool (*)(const YuvBox<const T>&, float* out);
// Writes what a block brings to what was read as `old`.
template <class T>
using YuvWriter = bool (*)(const YuvBox<T>&, const float* block, const float* old);
// Makes RGB of half the width and height, rounded up, of a whole frame with both shifts 1; the
// matrix leads to 0..255.
template <class T>
using YuvHalver = bool (*)(const YuvBox<const T>&, uint8_t* out);

}  // namespace relume
