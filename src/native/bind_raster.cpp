// SPDX-License-Identifier: Apache-2.0
#include "bind.h"
#include "raster.h"

namespace nb = nanobind;

namespace relume {
namespace {

using Faces = nb::ndarray<const int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Mask = nb::ndarray<bool, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void run(const In<2>& points, const In<1>& depth, const Faces& faces, const In<2>& attributes,
         bool cull, const Out<3>& image, const Mask& mask) {
    Mesh m;
    m.points = points.data(), m.depth = depth.data(), m.attributes = attributes.data();
    m.faces = faces.data(), m.count = int(faces.shape(0));
    m.channels = int(attributes.shape(1)), m.cull = cull;
    unlocked([&] {
        return rasterise(m, int(image.shape(1)), int(image.shape(0)), image.data(),
                         reinterpret_cast<uint8_t*>(mask.data()));
    });
}

}  // namespace

void bind_raster(nb::module_& m) {
    m.def("rasterise", &run, nb::arg("points"), nb::arg("depth"), nb::arg("faces"),
          nb::arg("attributes"), nb::arg("cull"), nb::arg("image"), nb::arg("mask"));
}

}  // namespace relume
