// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/optional.h>

#include <new>
#include <optional>

#include "bind.h"

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

void run(const In<3>& block, const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
         bool lifts, const In<2>& to_cells, std::optional<In<3>> shift, const Out<3>& out) {
    Relight r;
    r.block = block.data();
    r.height = int(block.shape(0)), r.width = int(block.shape(1));
    r.matte = cell_map(matte, to_matte);
    r.gain = cell_map(gain, to_cells);
    r.lifts = lifts;
    if (shift) r.shift = cell_map(*shift, to_cells);
    r.out = out.data();
    bool done;
    {
        nb::gil_scoped_release unlocked;
        done = kernels().relight(r);
    }
    if (!done) throw std::bad_alloc();
}

}  // namespace

void bind_relight(nb::module_& m) {
    m.def("relight", &run, nb::arg("block"), nb::arg("matte"), nb::arg("to_matte"),
          nb::arg("gain"), nb::arg("lifts"), nb::arg("to_cells"), nb::arg("shift").none(), nb::arg("out"));
}

}  // namespace relume
