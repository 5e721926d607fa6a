// SPDX-License-Identifier: Apache-2.0
// Lamps on points over a depth map, and the shadows that it casts: what the kernel is given.
#pragma once

#include <stdint.h>

namespace relume {

struct Lamp {
    float direction[3];  // unit, view frame: x right, y up, z to the viewer
    float sine;          // of half the angle that its disc takes up
    float widening;      // of a shadow's edge per unit of the way to the obstacle
    float rgb[3];
};

struct Shadows {
    int width = 0, height = 0;
    const float* depth = nullptr;    // [height][width], along the camera's axis
    const uint8_t* solid = nullptr;  // [height][width], where there is anything
    float fx = 1, fy = 1, cx = 0, cy = 0;  // of the camera, in units of the map's width and height
    int count = 0;
    const float* points = nullptr;   // [count][3], camera coordinates: y down, z away
    const float* normals = nullptr;  // [count][3], unit, view frame
    const Lamp* lamps = nullptr;
    int lamp_count = 0;
    const float* way = nullptr;  // [steps], lengths at which to look
    int steps = 0;
    float bias = 0, slope = 0, edge = 0, thick = 0;  // see `relume.render.ShadowConfig`
    float* lit = nullptr;   // [count][3], without shadows
    float* cast = nullptr;  // [count][3], with
};

// False where memory ran out.
using ShadowKernel = bool (*)(const Shadows&);

}  // namespace relume
