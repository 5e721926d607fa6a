// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/optional.h>

#include <new>
#include <optional>

#include "bind_box.h"

namespace nb = nanobind;

namespace relume {
namespace {

CellMap cell_map(const In<3>& values, const In<2>& to_cells) {
    CellMap m;
    m.values = values.data();
    m.height = int(values.shape(0)), m.width = int(values.shape(1));
    for (int i = 0; i < 6; ++i) m.to_cells[i] = to_cells.data()[i];
    return m;
}

using Shift = std::optional<In<3>>;

Relight relight_of(const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
                   const In<2>& to_cells, const Shift& shift, int width, int height) {
    Relight r;
    r.width = width, r.height = height;
    r.matte = cell_map(matte, to_matte);
    r.gain = cell_map(gain, to_cells);
    if (shift) r.shift = cell_map(*shift, to_cells);
    return r;
}

void run(const In<3>& block, const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
         const In<2>& to_cells, const Shift& shift, const Out<3>& out) {
    const Relight r = relight_of(matte, to_matte, gain, to_cells, shift,
                                 int(block.shape(1)), int(block.shape(0)));
    bool done;
    {
        nb::gil_scoped_release unlocked;
        done = kernels().relight(r, block.data(), out.data());
    }
    if (!done) throw std::bad_alloc();
}

template <class T>
void run_frame(const Samples<T>& luma, const Samples<T>& u, const Samples<T>& v, int shift_x,
               int shift_y, int x0, int y0, int x1, int y1, int highest, const In<2>& matrix,
               const In<2>& to_rgb, const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
               const In<2>& to_cells, const Shift& shift) {
    const auto box = yuv_box<T>(luma, u, v, shift_x, shift_y, x0, y0, x1, y1, highest, matrix);
    const Relight r =
        relight_of(matte, to_matte, gain, to_cells, shift, x1 - x0, y1 - y0);
    bool done;
    {
        nb::gil_scoped_release unlocked;
        if constexpr (sizeof(T) == 1)
            done = kernels().relight_yuv8(r, box, to_rgb.data());
        else
            done = kernels().relight_yuv16(r, box, to_rgb.data());
    }
    if (!done) throw std::bad_alloc();
}

template <class T>
void bind_frame(nb::module_& m) {
    m.def("relight_yuv", &run_frame<T>, nb::arg("luma"), nb::arg("u"), nb::arg("v"),
          nb::arg("shift_x"), nb::arg("shift_y"), nb::arg("x0"), nb::arg("y0"), nb::arg("x1"),
          nb::arg("y1"), nb::arg("highest"), nb::arg("matrix"), nb::arg("to_rgb"),
          nb::arg("matte"), nb::arg("to_matte"), nb::arg("gain"), 
          nb::arg("to_cells"), nb::arg("shift").none());
}

}  // namespace

void bind_relight(nb::module_& m) {
    m.def("relight", &run, nb::arg("block"), nb::arg("matte"), nb::arg("to_matte"),
          nb::arg("gain"), nb::arg("to_cells"), nb::arg("shift").none(), nb::arg("out"));
    bind_frame<uint8_t>(m);
    bind_frame<uint16_t>(m);
}

}  // namespace relume
