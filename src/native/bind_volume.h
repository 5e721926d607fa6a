// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

#include "cpu.h"

namespace relume {

const Kernels& kernels();
void bind_volume(nanobind::module_& m);

}  // namespace relume
