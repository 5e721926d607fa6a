// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "bind.h"

namespace nb = nanobind;

namespace relume {
namespace {

using Solid = nb::ndarray<const bool, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void run(const In<2>& points, const In<2>& normals, const In<2>& depth, const Solid& solid,
         const In<1>& view, const In<2>& lamps, const In<1>& way, const In<1>& limits,
         const Out<2>& lit, const Out<2>& cast) {
    Shadows s;
    s.height = int(depth.shape(0)), s.width = int(depth.shape(1));
    s.depth = depth.data(), s.solid = reinterpret_cast<const uint8_t*>(solid.data());
    s.fx = view.data()[0], s.fy = view.data()[1], s.cx = view.data()[2], s.cy = view.data()[3];
    s.count = int(points.shape(0)), s.points = points.data(), s.normals = normals.data();
    std::vector<Lamp> all;
    for (size_t i = 0; i < lamps.shape(0); ++i) {
        const float* const v = lamps.data() + 8 * i;
        all.push_back({{v[0], v[1], v[2]}, v[3], v[4], {v[5], v[6], v[7]}});
    }
    s.lamps = all.data(), s.lamp_count = int(all.size());
    s.way = way.data(), s.steps = int(way.shape(0));
    s.bias = limits.data()[0], s.slope = limits.data()[1];
    s.edge = limits.data()[2], s.thick = limits.data()[3];
    s.lit = lit.data(), s.cast = cast.data();
    unlocked([&] { return kernels().shadow(s); });
}

}  // namespace

void bind_shadow(nb::module_& m) {
    m.def("point_shading", &run, nb::arg("points"), nb::arg("normals"), nb::arg("depth"),
          nb::arg("solid"), nb::arg("view"), nb::arg("lamps"), nb::arg("way"), nb::arg("limits"),
          nb::arg("lit"), nb::arg("cast"));
}

}  // namespace relume
