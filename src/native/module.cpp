// SPDX-License-Identifier: Apache-2.0
// Python's view of the kernels. Arguments are checked by the Python classes that call these.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "bind.h"
#include "cpu.h"

namespace nb = nanobind;

namespace {

const relume::Kernels* chosen = &relume::best_kernels();

void use(const std::string& name) {
    const relume::Kernels* found = relume::kernels_named(name.c_str());
    if (found == nullptr)
        throw nb::value_error(("no kernels for '" + name + "' on this machine").c_str());
    chosen = found;
}

std::vector<std::string> available() {
    std::vector<std::string> out;
    for (const char* name : {"avx512", "avx2", "any"})
        if (relume::kernels_named(name) != nullptr) out.emplace_back(name);
    return out;
}

}  // namespace

namespace relume {
const Kernels& kernels() { return *chosen; }

namespace {

// What threads that have ended leave to those begun later. Never taken down, since threads may
// outlive what is static.
struct Pool {
    std::mutex lock;
    std::vector<std::vector<float>> free;

    static Pool& it() {
        static Pool* const pool = new Pool;
        return *pool;
    }
};

struct Lease {
    std::vector<float> memory;

    Lease() {
        const std::lock_guard<std::mutex> held(Pool::it().lock);
        if (Pool::it().free.empty()) return;
        memory.swap(Pool::it().free.back());
        Pool::it().free.pop_back();
    }
    ~Lease() {
        const std::lock_guard<std::mutex> held(Pool::it().lock);
        try {
            Pool::it().free.push_back(std::move(memory));
        } catch (const std::bad_alloc&) {  // then it goes
        }
    }
};

}  // namespace

float* kept_memory(size_t floats) {
    thread_local Lease lease;
    try {
        if (lease.memory.size() < floats) lease.memory.resize(floats);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
    return lease.memory.data();
}

}  // namespace relume

NB_MODULE(_native, m) {
    m.doc() = "relume's compiled kernels";
    // Ctrl-C may leave objects to the end of the process: no news to who pressed it.
    nb::set_leak_warnings(false);
    m.attr("ABI") = RELUME_ABI;
    m.def("available", &available, "Instruction sets that can be used here, the widest first.");
    m.def("used", [] { return std::string(chosen->name); }, "The instruction set in use.");
    m.def("bf16", [] { return std::string(relume::bf16_unit()); },
          "What multiplies bfloat16 in this processor itself: amx, avx512, or none.");
    m.def("int8", &relume::has_int8_unit,
          "Whether this processor sums products of eight-bit integers in 32 bits at once.");
    m.def("use", &use, "Use another of the available instruction sets: for tests and timing.");
    relume::bind_gain(m);
    relume::bind_guided(m);
    relume::bind_raster(m);
    relume::bind_relight(m);
    relume::bind_shadow(m);
    relume::bind_spread(m);
    relume::bind_volume(m);
    relume::bind_yuv(m);
}
