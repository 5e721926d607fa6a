// SPDX-License-Identifier: Apache-2.0
#include "bind.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <string.h>

#include <optional>
#include <utility>
#include <vector>

namespace nb = nanobind;

namespace relume {
namespace {

using Links = nb::ndarray<const int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// Memory that starts with a line of the cache.
class Store {
  public:
    float* take(size_t count) {
        held_.emplace_back(count + 16, 0.f);
        float* p = held_.back().data();
        return p + (64 - reinterpret_cast<uintptr_t>(p) % 64) % 64 / sizeof(float);
    }

  private:
    std::vector<std::vector<float>> held_;
};

// The weights as the kernels want them: [inputs][hidden], whole blocks of hidden units. The last
// inputs, from the template, are scaled here for good.
Decoder decoder(Store& store, const In<2>& first, const In<1>& first_bias, const In<2>& second,
                const In<1>& second_bias, int scaled, float scale) {
    Decoder d;
    const int hidden = int(first.shape(0)), inputs = int(first.shape(1));
    d.inputs = inputs;
    d.outputs = int(second.shape(0));
    d.hidden = (hidden + Decoder::block - 1) / Decoder::block * Decoder::block;
    float* w1 = store.take(size_t(inputs) * d.hidden);
    float* b1 = store.take(d.hidden);
    float* w2 = store.take(size_t(d.outputs) * d.hidden);
    float* b2 = store.take(d.outputs);
    for (int j = 0; j < hidden; ++j) {
        for (int i = 0; i < inputs; ++i)
            w1[i * d.hidden + j] = first.data()[j * inputs + i] * (i < inputs - scaled ? 1 : scale);
        for (int o = 0; o < d.outputs; ++o) w2[o * d.hidden + j] = second.data()[o * hidden + j];
        b1[j] = first_bias.data()[j];
    }
    memcpy(b2, second_bias.data(), d.outputs * sizeof(float));
    d.first = w1, d.first_bias = b1, d.second = w2, d.second_bias = b2;
    return d;
}

class VolumeField {
  public:
    VolumeField(int plane, int albedo_channels, int channels, float box, const In<4>& grid,
                const In<2>& a1, const In<1>& a1b, const In<2>& a2, const In<1>& a2b,
                const In<2>& s1, const In<1>& s1b, const In<2>& s2, const In<1>& s2b) {
        f_.plane = plane, f_.albedo_channels = albedo_channels, f_.channels = channels;
        f_.box = box;
        f_.depth = int(grid.shape(0)), f_.height = int(grid.shape(1)), f_.width = int(grid.shape(2));
        f_.albedo = decoder(store_, a1, a1b, a2, a2b, 1, 8);
        f_.shading = decoder(store_, s1, s1b, s2, s2b, Field::coefficients, 3);
        const size_t cells = size_t(f_.depth) * f_.height * f_.width;
        float* distance = store_.take(cells);
        float* transfer = store_.take(cells * Field::pitch);
        const int values = 1 + Field::coefficients;
        for (size_t i = 0; i < cells; ++i) {
            distance[i] = grid.data()[i * values];
            memcpy(transfer + i * Field::pitch, grid.data() + i * values + 1,
                   Field::coefficients * sizeof(float));
        }
        f_.distance = distance, f_.transfer = transfer;
    }
    VolumeField(const VolumeField&) = delete;

    // Fills the results; returns how often density and transfer were evaluated.
    std::pair<int64_t, int64_t> render(const In<4>& planes, const In<2>& rotation,
                                       const In<1>& shift, const In<2>& guide, const In<3>& rays,
                                       const Links& links, int steps, int guide_steps,
                                       float visible, float reach, float opaque, float lump,
                                       int longest, float least, const Out<3>& albedo,
                                       std::optional<Out<3>> transfer, const Out<2>& alpha,
                                       const Out<2>& depth) const {
        March m;
        m.steps = steps, m.guide_steps = guide_steps;
        m.visible = visible, m.reach = reach, m.opaque = opaque;
        m.lump = lump, m.longest = longest, m.least = least;
        m.shaded = transfer.has_value();
        Rays r;
        r.planes = planes.data();
        memcpy(r.rotation, rotation.data(), sizeof(r.rotation));
        memcpy(r.shift, shift.data(), sizeof(r.shift));
        r.guide = guide.data(), r.guides = int(guide.shape(0));
        r.rays = rays.data(), r.groups = int(rays.shape(0));
        r.link = links.data(), r.links = int(links.shape(1));
        Rendering out;
        out.albedo = albedo.data(), out.alpha = alpha.data(), out.depth = depth.data();
        out.transfer = m.shaded ? transfer->data() : nullptr;
        unlocked([&] { return kernels().volume(f_, m, r, out); });
        return {out.densities, out.shadings};
    }

  private:
    Store store_;
    Field f_;
};

}  // namespace

void bind_volume(nb::module_& m) {
    m.attr("MOST_FEATURES") = Field::most_features;
    m.attr("MOST_HIDDEN") = Field::most_hidden;
    nb::class_<VolumeField>(m, "VolumeField")
        .def(nb::init<int, int, int, float, const In<4>&, const In<2>&, const In<1>&, const In<2>&,
                      const In<1>&, const In<2>&, const In<1>&, const In<2>&, const In<1>&>())
        .def("render", &VolumeField::render, nb::arg("planes"), nb::arg("rotation"),
             nb::arg("shift"), nb::arg("guide"), nb::arg("rays"), nb::arg("links"),
             nb::arg("steps"), nb::arg("guide_steps"), nb::arg("visible"), nb::arg("reach"),
             nb::arg("opaque"), nb::arg("lump"), nb::arg("longest"), nb::arg("least"),
             nb::arg("albedo"), nb::arg("transfer").none(), nb::arg("alpha"), nb::arg("depth"));
}

}  // namespace relume
