// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/optional.h>

#include <optional>

#include "bind.h"

namespace nb = nanobind;

namespace relume {
namespace {

using Flags = nb::ndarray<uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Maybe = std::optional<In<2>>;

void run(const In<3>& logarithm, const Maybe& lift, const In<2>& weight, const In<2>& person,
         const Maybe& fine, int fine_first, float power, float least, const Out<3>& out,
         const Flags& changed) {
    GainMap m;
    m.side = int(logarithm.shape(0)), m.power = power, m.least = least;
    m.logarithm = logarithm.data(), m.weight = weight.data(), m.person = person.data();
    if (lift) m.lift = lift->data();
    if (fine) m.fine = fine->data(), m.fine_side = int(fine->shape(0)), m.fine_first = fine_first;
    m.out = out.data(), m.changed = changed.data();
    unlocked([&] { return kernels().code_gain(m, kept_memory); });
}

}  // namespace

void bind_gain(nb::module_& m) {
    m.def("code_gain", &run, nb::arg("logarithm"), nb::arg("lift").none(), nb::arg("weight"),
          nb::arg("person"), nb::arg("fine").none(), nb::arg("fine_first"), nb::arg("power"),
          nb::arg("least"), nb::arg("out"), nb::arg("changed"));
}

}  // namespace relume
