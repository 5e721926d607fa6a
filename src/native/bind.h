// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <new>

#include "cpu.h"

namespace relume {

template <int N>
using In = nanobind::ndarray<const float, nanobind::ndim<N>, nanobind::c_contig,
                             nanobind::device::cpu>;
template <int N>
using Out = nanobind::ndarray<float, nanobind::ndim<N>, nanobind::c_contig, nanobind::device::cpu>;

// Those in use.
const Kernels& kernels();

// Memory that each thread keeps for its next call, and leaves to another when it ends: fresh memory
// costs as much as the work on it.
float* kept_memory(size_t floats);

// Does what needs no interpreter while others have it. `work` gives false where memory ran out.
template <class Work>
void unlocked(const Work& work) {
    bool done;
    {
        nanobind::gil_scoped_release others;
        done = work();
    }
    if (!done) throw std::bad_alloc();
}

void bind_gain(nanobind::module_& m);
void bind_guided(nanobind::module_& m);
void bind_raster(nanobind::module_& m);
void bind_relight(nanobind::module_& m);
void bind_shadow(nanobind::module_& m);
void bind_spread(nanobind::module_& m);
void bind_volume(nanobind::module_& m);
void bind_yuv(nanobind::module_& m);

}  // namespace relume
