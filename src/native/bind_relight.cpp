// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

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
                   const In<2>& to_gain, const Shift& shift, const Shift& behind,
                   const In<2>& to_shift, int width, int height) {
    Relight r;
    r.width = width, r.height = height;
    r.matte = cell_map(matte, to_matte);
    r.gain = cell_map(gain, to_gain);
    if (shift) r.shift = cell_map(*shift, to_shift);
    if (behind) r.behind = cell_map(*behind, to_shift);
    return r;
}

void run(const In<3>& block, const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
         const In<2>& to_gain, const Shift& shift, const Shift& behind, const In<2>& to_shift,
         const Out<3>& out) {
    const Relight r = relight_of(matte, to_matte, gain, to_gain, shift, behind, to_shift,
                                 int(block.shape(1)), int(block.shape(0)));
    unlocked([&] { return kernels().relight(r, block.data(), out.data(), kept_memory); });
}

// Rows in so many parts, each in a thread of its own; their ends are multiples of `step` if counted
// from `origin`. Whether all came to an end.
template <class Work>
bool in_parts(int rows, int origin, int step, int threads, const Work& work) {
    struct Joined : std::vector<std::thread> {
        ~Joined() {
            for (std::thread& one : *this) one.join();
        }
    };
    std::vector<char> done(size_t(threads), 1);
    std::vector<int> ends{0};
    for (int i = 1; i < threads; ++i) {
        const int end = (origin + rows * i / threads) / step * step - origin;
        ends.push_back(std::max(end, ends.back()));
    }
    ends.push_back(rows);
    const auto part = [&](int i) { done[i] = work(Rows{ends[i], ends[i + 1]}); };
    {
        Joined others;
        others.reserve(size_t(threads));
        for (int i = 1; i < threads; ++i) {
            try {
                others.emplace_back(part, i);
            } catch (const std::system_error&) {  // no more threads
                part(i);
            }
        }
        part(0);
    }
    return std::all_of(done.begin(), done.end(), [](char d) { return d != 0; });
}

// Copies the rows of a plane that a box takes up or borders on; `plane` becomes a view of them.
template <class T>
void copy_rows(Plane<const T>& plane, int first, int end, std::vector<T>& rows) {
    first = std::max(first, 0), end = std::min(end, plane.height);
    const size_t width = size_t(plane.width);
    rows.resize(width * size_t(end - first));
    for (int y = first; y < end; ++y)
        std::copy_n(plane.row(y), width, rows.data() + width * size_t(y - first));
    plane.samples = rows.data() - ptrdiff_t(width) * first, plane.stride = ptrdiff_t(width);
}

template <class T>
void run_frame(const Samples<T>& luma, const Samples<T>& u, const Samples<T>& v, int shift_x,
               int shift_y, int x0, int y0, int x1, int y1, int highest, const In<2>& matrix,
               const Table& curve, const In<2>& to_rgb, const Table& to_view, const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
               const In<2>& to_gain, const Shift& shift, const Shift& behind,
               const In<2>& to_shift, int threads) {
    const auto box =
        yuv_box<T>(luma, u, v, shift_x, shift_y, x0, y0, x1, y1, highest, matrix, curve);
    const Relight r =
        relight_of(matte, to_matte, gain, to_gain, shift, behind, to_shift, x1 - x0, y1 - y0);
    YuvBox<const T> source;
    for (int i = 0; i < 3; ++i) {
        const Plane<T>& p = box.planes[i];
        source.planes[i] = {p.samples, p.stride, p.width, p.height};
    }
    source.shift_x = shift_x, source.shift_y = shift_y, source.x0 = x0, source.x1 = x1;
    for (int i = 0; i < 12; ++i) source.matrix[i] = to_rgb.data()[i];
    source.curve = relume::curve(to_view);
    unlocked([&] {
        thread_local std::vector<T> old[3];
        if (threads > 1)  // then what one writes another may still want to read
            for (int i = 0; i < 3; ++i) {
                const int shift = i == 0 ? 0 : shift_y;
                copy_rows<T>(source.planes[i], (y0 >> shift) - 1, (y1 >> shift) + 2, old[i]);
            }
        return in_parts(r.height, y0, 1 << shift_y, threads, [&](Rows part) {
            if constexpr (sizeof(T) == 1)
                return kernels().relight_yuv8(r, source, box, part, kept_memory);
            else
                return kernels().relight_yuv16(r, source, box, part, kept_memory);
        });
    });
}

using Pixels = nb::ndarray<uint8_t, nb::shape<-1, -1, 3>, nb::device::cpu>;

void run_rgb(const Pixels& block, const In<3>& matte, const In<2>& to_matte, const In<3>& gain,
             const In<2>& to_gain, const Shift& shift, const Shift& behind,
             const In<2>& to_shift, int threads) {
    if (block.stride(2) != 1 || block.stride(1) != 3)
        throw nb::value_error("a row's pixels should lie side by side");
    const Relight r = relight_of(matte, to_matte, gain, to_gain, shift, behind, to_shift,
                                 int(block.shape(1)), int(block.shape(0)));
    const ptrdiff_t stride = ptrdiff_t(block.stride(0));
    RgbBox box{block.data(), stride, block.data(), stride};
    unlocked([&] {
        thread_local std::vector<uint8_t> old;
        if (threads > 1 && shift) {
            Plane<const uint8_t> rows{box.source, stride, 3 * r.width, r.height};
            copy_rows<uint8_t>(rows, 0, r.height, old);
            box.source = rows.samples, box.source_stride = rows.stride;
        }
        return in_parts(r.height, 0, 1, threads, [&](Rows part) {
            return kernels().relight_rgb8(r, box, part, kept_memory);
        });
    });
}

template <class T>
void bind_frame(nb::module_& m) {
    m.def("relight_yuv", &run_frame<T>, nb::arg("luma"), nb::arg("u"), nb::arg("v"),
          nb::arg("shift_x"), nb::arg("shift_y"), nb::arg("x0"), nb::arg("y0"), nb::arg("x1"),
          nb::arg("y1"), nb::arg("highest"), nb::arg("matrix"), nb::arg("curve").none(),
          nb::arg("to_rgb"), nb::arg("to_view").none(),
          nb::arg("matte"), nb::arg("to_matte"), nb::arg("gain"), nb::arg("to_gain"),
          nb::arg("shift").none(), nb::arg("behind").none(), nb::arg("to_shift"),
          nb::arg("threads"));
}

}  // namespace

void bind_relight(nb::module_& m) {
    m.def("relight", &run, nb::arg("block"), nb::arg("matte"), nb::arg("to_matte"),
          nb::arg("gain"), nb::arg("to_gain"), nb::arg("shift").none(),
          nb::arg("behind").none(), nb::arg("to_shift"),
          nb::arg("out"));
    m.def("relight_rgb", &run_rgb, nb::arg("block"), nb::arg("matte"), nb::arg("to_matte"),
          nb::arg("gain"), nb::arg("to_gain"), nb::arg("shift").none(),
          nb::arg("behind").none(), nb::arg("to_shift"),
          nb::arg("threads"));
    bind_frame<uint8_t>(m);
    bind_frame<uint16_t>(m);
}

}  // namespace relume
