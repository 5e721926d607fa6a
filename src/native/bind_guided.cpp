// SPDX-License-Identifier: Apache-2.0
#include "bind.h"

namespace nb = nanobind;

namespace relume {
namespace {

void run(const In<3>& rgb, const In<2>& mask, int radius, float contrast, const Out<3>& out) {
    Guided g;
    g.height = int(mask.shape(0)), g.width = int(mask.shape(1));
    g.radius = radius, g.contrast = contrast;
    g.rgb = rgb.data(), g.mask = mask.data(), g.out = out.data();
    unlocked([&] { return kernels().guide(g, kept_memory); });
}

}  // namespace

void bind_guided(nb::module_& m) {
    m.def("guide", &run, nb::arg("rgb"), nb::arg("mask"), nb::arg("radius"), nb::arg("contrast"),
          nb::arg("out"));
}

}  // namespace relume
