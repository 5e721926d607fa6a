// SPDX-License-Identifier: Apache-2.0
// Volume rendering of the compact model's tri-planes: what the kernels are given.
#pragma once

#include <stdint.h>

namespace relume {

// A perceptron with one hidden layer of SiLU units. Rows are padded to whole blocks of units with
// zeros, which add nothing.
struct Decoder {
    static constexpr int block = 12;  // divisible by the units that any kernel works on at once
    int inputs = 0, hidden = 0, outputs = 0;
    const float* first = nullptr;        // [inputs][hidden]
    const float* first_bias = nullptr;   // [hidden]
    const float* second = nullptr;       // [outputs][hidden]
    const float* second_bias = nullptr;  // [outputs]
};

// Everything that stays the same from frame to frame.
struct Field {
    static constexpr int coefficients = 9;
    static constexpr int pitch = 16;  // floats per cell of `transfer`: one line of the cache
    static constexpr int most_features = 128;
    static constexpr int most_hidden = 240;
    int plane = 0, albedo_channels = 0, channels = 0;
    int depth = 0, height = 0, width = 0;  // of the template
    float box = 0;
    const float* distance = nullptr;  // [depth][height][width]
    const float* transfer = nullptr;  // [depth][height][width][pitch]
    Decoder albedo, shading;
};

// How rays are sampled; see VolumeConfig in Python.
struct March {
    static constexpr int most_steps = 64;
    int steps = 0, guide_steps = 0;
    float visible = 0, reach = 0, opaque = 0, lump = 0, least = 0;
    int longest = 0;
    bool shaded = true;
};

// One frame, one camera. Rays come in groups of `Rays::group` that share their steps; each group
// looks at `links` guide rays.
struct Rays {
    static constexpr int group = 16;
    const float* planes = nullptr;  // [3][plane][plane][channels]
    float rotation[9] = {}, shift[3] = {};
    const float* guide = nullptr;  // [guides][2], x and y over z
    int guides = 0;
    const float* rays = nullptr;  // [groups][2][group]
    const int32_t* link = nullptr;  // [groups][links]
    int groups = 0, links = 0;
};

// Results, premultiplied by alpha, and what they took.
struct Rendering {
    float* albedo = nullptr;    // [groups][group][3]
    float* transfer = nullptr;  // [groups][group][9]
    float* alpha = nullptr;     // [groups][group]
    float* depth = nullptr;     // [groups][group]
    int64_t densities = 0, shadings = 0;
};

// False where memory ran out.
using VolumeKernel = bool (*)(const Field&, const March&, const Rays&, Rendering&);

}  // namespace relume
