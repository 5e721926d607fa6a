// SPDX-License-Identifier: Apache-2.0
#include "bind_box.h"

namespace nb = nanobind;

namespace relume {
namespace {

using Bytes = nb::ndarray<uint8_t, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

template <class T>
void read(const Samples<const T>& luma, const Samples<const T>& u, const Samples<const T>& v,
          int shift_x, int shift_y, int x0, int y0, int x1, int y1, const In<2>& matrix,
          const Table& curve, const Out<3>& out) {
    const auto b = yuv_box<const T>(luma, u, v, shift_x, shift_y, x0, y0, x1, y1, 0, matrix, curve);
    unlocked([&] {
        if constexpr (sizeof(T) == 1)
            return kernels().read_yuv8(b, out.data());
        else
            return kernels().read_yuv16(b, out.data());
    });
}

template <class T>
void put(const Samples<T>& luma, const Samples<T>& u, const Samples<T>& v, int shift_x,
         int shift_y, int x0, int y0, int x1, int y1, int highest, const In<2>& matrix,
         const Table& curve, const In<3>& block, const In<3>& old) {
    const auto b = yuv_box<T>(luma, u, v, shift_x, shift_y, x0, y0, x1, y1, highest, matrix, curve);
    unlocked([&] {
        if constexpr (sizeof(T) == 1)
            return kernels().put_yuv8(b, block.data(), old.data());
        else
            return kernels().put_yuv16(b, block.data(), old.data());
    });
}

template <class T>
void half(const Samples<const T>& luma, const Samples<const T>& u, const Samples<const T>& v,
          const In<2>& matrix, const Table& curve, const Bytes& out) {
    const auto b = yuv_box<const T>(luma, u, v, 1, 1, 0, 0, int(luma.shape(1)),
                                    int(luma.shape(0)), 255, matrix, curve);
    unlocked([&] {
        if constexpr (sizeof(T) == 1)
            return kernels().half_yuv8(b, out.data());
        else
            return kernels().half_yuv16(b, out.data());
    });
}

template <class T>
void bind(nb::module_& m) {
    m.def("read_yuv", &read<T>, nb::arg("luma"), nb::arg("u"), nb::arg("v"), nb::arg("shift_x"),
          nb::arg("shift_y"), nb::arg("x0"), nb::arg("y0"), nb::arg("x1"), nb::arg("y1"),
          nb::arg("matrix"), nb::arg("curve").none(), nb::arg("out"));
    m.def("put_yuv", &put<T>, nb::arg("luma"), nb::arg("u"), nb::arg("v"), nb::arg("shift_x"),
          nb::arg("shift_y"), nb::arg("x0"), nb::arg("y0"), nb::arg("x1"), nb::arg("y1"),
          nb::arg("highest"), nb::arg("matrix"), nb::arg("curve").none(), nb::arg("block"),
          nb::arg("old"));
    m.def("half_yuv", &half<T>, nb::arg("luma"), nb::arg("u"), nb::arg("v"), nb::arg("matrix"),
          nb::arg("curve").none(), nb::arg("out"));
}

}  // namespace

void bind_yuv(nb::module_& m) {
    bind<uint8_t>(m);
    bind<uint16_t>(m);
}

}  // namespace relume
