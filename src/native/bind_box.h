// SPDX-License-Identifier: Apache-2.0
// A frame's planes and a box of them, as Python gives them.
#pragma once

#include <nanobind/stl/optional.h>

#include <optional>

#include "bind.h"

namespace relume {

template <class T>
using Samples = nanobind::ndarray<T, nanobind::ndim<2>, nanobind::device::cpu>;

template <class T>
inline Plane<T> plane(const Samples<T>& samples) {
    if (samples.stride(1) != 1)
        throw nanobind::value_error("a row's samples should lie side by side");
    return {samples.data(), ptrdiff_t(samples.stride(0)), int(samples.shape(1)),
            int(samples.shape(0))};
}

using Table = std::optional<In<1>>;

inline Curve curve(const Table& values) {
    if (!values) return {};
    if (values->shape(0) < 2) throw nanobind::value_error("a curve has two values at least");
    return {values->data(), int(values->shape(0)) - 1};
}

template <class T>
inline YuvBox<T> yuv_box(const Samples<T>& luma, const Samples<T>& u, const Samples<T>& v,
                         int shift_x, int shift_y, int x0, int y0, int x1, int y1, int highest,
                         const In<2>& matrix, const Table& through) {
    YuvBox<T> b;
    b.planes[0] = plane<T>(luma), b.planes[1] = plane<T>(u), b.planes[2] = plane<T>(v);
    b.shift_x = shift_x, b.shift_y = shift_y;
    b.x0 = x0, b.y0 = y0, b.x1 = x1, b.y1 = y1;
    b.highest = highest;
    b.curve = curve(through);
    for (int i = 0; i < 12; ++i) b.matrix[i] = matrix.data()[i];
    return b;
}

}  // namespace relume
