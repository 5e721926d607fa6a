// SPDX-License-Identifier: Apache-2.0
// A vector of floats, as wide as the instruction set that this unit is compiled for.
//
// Every kernel is compiled once per instruction set, in a namespace of its own (RELUME_ISA), so
// that no code of a wider set is ever shared with, or linked into, a narrower one. For the same
// reason kernels use nothing from the standard library but its C functions.
#pragma once

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define RELUME_WIDE
#include "vec_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#define RELUME_WIDE
#include "vec_avx2.h"
#endif
#include "vec_quad.h"

#include "vec_math.h"
