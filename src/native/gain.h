// SPDX-License-Identifier: Apache-2.0
// From a map of logarithms to what pixels are multiplied by: what the kernel is given.
#pragma once

#include <stdint.h>

#include "relight.h"

namespace relume {

struct GainMap {
    int side = 0;                      // cells
    float power = 1;                   // of the ratio in which pixels are coded
    const float* logarithm = nullptr;  // [side][side][3]
    const float* lift = nullptr;       // [side][side]; may be missing
    const float* weight = nullptr;     // [side][side]
    const float* person = nullptr;     // [side][side]
    // Logarithms between the cells, [fine_side][fine_side] from `fine_first` on in either direction
    // of a map of twice as many cells; may be missing.
    const float* fine = nullptr;
    int fine_side = 0, fine_first = 0;
    float least = 0;             // change and share of the person from which a cell counts
    float* out = nullptr;        // [side][side][4], or with `fine` twice as many either way
    uint8_t* changed = nullptr;  // [side][side]
};

// False where memory ran out.
using GainKernel = bool (*)(const GainMap&, Memory);

}  // namespace relume
