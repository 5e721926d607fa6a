// SPDX-License-Identifier: Apache-2.0
// Which of the compiled instruction sets this processor has.
#pragma once

#include "relight.h"
#include "volume.h"

namespace relume {

struct Kernels {
    const char* name;
    VolumeKernel volume;
    RelightKernel relight;
};

// The widest set that this processor and its operating system can run.
const Kernels& best_kernels();

// The set of this name, or null where it wasn't compiled or can't be run here.
const Kernels* kernels_named(const char* name);

}  // namespace relume
