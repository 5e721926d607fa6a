// SPDX-License-Identifier: Apache-2.0
#include "bind.h"

namespace nb = nanobind;

namespace relume {
namespace {

void run(const In<3>& values, const In<2>& weight, const Out<3>& out) {
    Spread s;
    s.height = int(values.shape(0)), s.width = int(values.shape(1));
    s.channels = int(values.shape(2));
    s.values = values.data(), s.weight = weight.data(), s.out = out.data();
    unlocked([&] { return kernels().spread(s); });
}

}  // namespace

void bind_spread(nb::module_& m) {
    m.def("spread", &run, nb::arg("values"), nb::arg("weight"), nb::arg("out"));
}

}  // namespace relume
