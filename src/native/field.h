// SPDX-License-Identifier: Apache-2.0
// The compact model's field at a batch of points: look-ups and decoders.
#pragma once

#include <stdint.h>

#include "vec.h"
#include "volume.h"

namespace RELUME_ISA {

using relume::Decoder;
using relume::Field;

// Vectors of points worked on at once, and hidden units: together they fill the registers.
constexpr int kVecs = 2;
constexpr int kBatch = kVecs * Vec::width;
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kUnits = 12;
#else
constexpr int kUnits = 6;
#endif
static_assert(Decoder::block % kUnits == 0, "units must fill the blocks");

// Where points lie along one axis of a grid: the lower cell and the share of the upper one.
struct Cells {
    int32_t low[kBatch];
    float share[kBatch];

    void find(const float* at, float box, int size) {
        const Vec half = set1(0.5f / box * size), middle = set1(0.5f * size - 0.5f);
        const Vec zero = set1(0.f), last = set1(size - 1.001f);
        for (int v = 0; v < kVecs; ++v) {
            const Vec x = fma(load(at + v * Vec::width), half, middle);
            const Vec held = min(max(x, zero), last);
            const Vec whole = floor(held);
            store_int(low + v * Vec::width, whole);
            store(share + v * Vec::width, held - whole);
        }
    }
};

struct Points {
    float x[kBatch], y[kBatch], z[kBatch];
};

// Signed distance to the template's head.
inline void distances(const Field& f, const Points& p, float* out) {
    Cells x, y, z;
    x.find(p.x, f.box, f.width);
    y.find(p.y, f.box, f.height);
    z.find(p.z, f.box, f.depth);
    const int row = f.width, slice = f.width * f.height;
    for (int i = 0; i < kBatch; ++i) {
        const float* q = f.distance + (int64_t(z.low[i]) * slice + y.low[i] * row + x.low[i]);
        const float a = x.share[i], b = y.share[i], c = z.share[i];
        const float* s = q + slice;
        const float near0 = q[0] + a * (q[1] - q[0]);
        const float near1 = q[row] + a * (q[row + 1] - q[row]);
        const float far0 = s[0] + a * (s[1] - s[0]);
        const float far1 = s[row] + a * (s[row + 1] - s[row]);
        const float near = near0 + b * (near1 - near0), far = far0 + b * (far1 - far0);
        out[i] = near + c * (far - near);
    }
}

// Adds to `acc` a weighted row of n floats.
template <int N>
inline void add_row(Vec* acc, Vec weight, const float* row, int n) {
    for (int v = 0; v < N; ++v) {
        const int left = n - v * Vec::width;
        if (left >= Vec::width)
            acc[v] = fma(weight, load(row + v * Vec::width), acc[v]);
        else
            acc[v] = fma(weight, load_first(row + v * Vec::width, left), acc[v]);
    }
}

// Turns rows of one point each, `pitch` floats apart, into `count` vectors of points.
inline void turn(const float* rows, int pitch, int count, Vec* out) {
    for (int c = 0; c < count; c += Vec::width)
        for (int v = 0; v < kVecs; ++v) {
            Vec block[Vec::width];
            for (int i = 0; i < Vec::width; ++i)
                block[i] = load(rows + (v * Vec::width + i) * pitch + c);
            transpose(block);
            const int left = count - c < Vec::width ? count - c : Vec::width;
            for (int i = 0; i < left; ++i) out[(c + i) * kVecs + v] = block[i];
        }
}

// N vectors of channels of the planes from the first'th on, summed over the three: rows of N
// vectors. Only `count` channels are read.
template <int N>
inline void sample_planes(const Field& f, const float* planes, const Cells& x, const Cells& y,
                          const Cells& z, int first, int count, float* rows) {
    const int right = f.channels, down = f.plane * f.channels;
    const int64_t next = int64_t(f.plane) * down;
    const Cells* const across[3] = {&x, &x, &z};
    const Cells* const along[3] = {&y, &z, &y};
    for (int i = 0; i < kBatch; ++i) {
        Vec acc[N];
        for (int v = 0; v < N; ++v) acc[v] = set1(0.f);
        for (int k = 0; k < 3; ++k) {
            const float a = across[k]->share[i], b = along[k]->share[i], ab = a * b;
            const float* q = planes + first + k * next + int64_t(along[k]->low[i]) * down +
                             across[k]->low[i] * right;
            add_row<N>(acc, set1(1.f - a - b + ab), q, count);
            add_row<N>(acc, set1(a - ab), q + right, count);
            add_row<N>(acc, set1(b - ab), q + down, count);
            add_row<N>(acc, set1(ab), q + down + right, count);
        }
        for (int v = 0; v < N; ++v) store(rows + (i * N + v) * Vec::width, acc[v]);
    }
}

// Features of the planes' first channels: [channels][kVecs].
inline void plane_features(const Field& f, const float* planes, const Points& p, int channels,
                           Vec* out) {
    constexpr int most = 4 * Vec::width;
    float rows[kBatch * most];
    Cells x, y, z;
    x.find(p.x, f.box, f.plane);
    y.find(p.y, f.box, f.plane);
    z.find(p.z, f.box, f.plane);
    for (int c = 0; c < channels; c += most) {
        const int count = channels - c < most ? channels - c : most;
        const int n = (count + Vec::width - 1) / Vec::width;
        switch (n) {
            case 1: sample_planes<1>(f, planes, x, y, z, c, count, rows); break;
            case 2: sample_planes<2>(f, planes, x, y, z, c, count, rows); break;
            case 3: sample_planes<3>(f, planes, x, y, z, c, count, rows); break;
            default: sample_planes<4>(f, planes, x, y, z, c, count, rows);
        }
        turn(rows, n * Vec::width, count, out + c * kVecs);
    }
}

// The template's radiance transfer.
inline void template_transfer(const Field& f, const Points& p, Vec* out) {
    constexpr int N = Field::pitch / Vec::width;
    float rows[kBatch * Field::pitch];
    Cells x, y, z;
    x.find(p.x, f.box, f.width);
    y.find(p.y, f.box, f.height);
    z.find(p.z, f.box, f.depth);
    const int64_t right = Field::pitch, down = right * f.width, deeper = down * f.height;
    for (int i = 0; i < kBatch; ++i) {
        const float a = x.share[i], b = y.share[i], c = z.share[i];
        const float* q = f.transfer + z.low[i] * deeper + y.low[i] * down + x.low[i] * right;
        Vec acc[N];
        for (int v = 0; v < N; ++v) acc[v] = set1(0.f);
        for (int d = 0; d < 2; ++d)
            for (int e = 0; e < 2; ++e) {
                const float w = (d ? c : 1.f - c) * (e ? b : 1.f - b);
                const float* r = q + d * deeper + e * down;
                add_row<N>(acc, set1(w - w * a), r, Field::pitch);
                add_row<N>(acc, set1(w * a), r + right, Field::pitch);
            }
        for (int v = 0; v < N; ++v) store(rows + (i * N + v) * Vec::width, acc[v]);
    }
    turn(rows, Field::pitch, Field::coefficients, out);
}

// A decoder's outputs [OUT][kVecs] from its inputs [inputs][kVecs]; the first OUT of them.
template <int OUT>
inline void decode(const Decoder& d, const Vec* in, Vec* out) {
    for (int o = 0; o < OUT; ++o)
        for (int v = 0; v < kVecs; ++v) out[o * kVecs + v] = set1(d.second_bias[o]);
    Vec hidden[Field::most_hidden * kVecs];
    for (int j = 0; j < d.hidden; j += kUnits) {
        Vec acc[kUnits * kVecs];
        for (int u = 0; u < kUnits; ++u)
            for (int v = 0; v < kVecs; ++v) acc[u * kVecs + v] = set1(d.first_bias[j + u]);
        const float* w = d.first + j;
        for (int i = 0; i < d.inputs; ++i, w += d.hidden)
            for (int u = 0; u < kUnits; ++u) {
                const Vec weight = set1(w[u]);
                for (int v = 0; v < kVecs; ++v)
                    acc[u * kVecs + v] = fma(weight, in[i * kVecs + v], acc[u * kVecs + v]);
            }
        for (int k = 0; k < kUnits * kVecs; ++k) hidden[j * kVecs + k] = silu(acc[k]);
    }
    for (int j = 0; j < d.hidden; ++j)
        for (int o = 0; o < OUT; ++o) {
            const Vec weight = set1(d.second[o * d.hidden + j]);
            for (int v = 0; v < kVecs; ++v)
                out[o * kVecs + v] = fma(weight, hidden[j * kVecs + v], out[o * kVecs + v]);
        }
}

// What density is the softplus of, [kBatch], and (OUT = 4) albedo [3][kBatch].
template <int OUT>
inline void albedo_at(const Field& f, const float* planes, const Points& p, float* density,
                      float* albedo) {
    Vec in[(Field::most_features + 1) * kVecs], out[OUT * kVecs];
    float distance[kBatch];
    plane_features(f, planes, p, f.albedo_channels, in);
    distances(f, p, distance);
    for (int v = 0; v < kVecs; ++v)
        in[f.albedo_channels * kVecs + v] = load(distance + v * Vec::width);
    decode<OUT>(f.albedo, in, out);
    for (int v = 0; v < kVecs; ++v) {
        const Vec template_part = fma(load(distance + v * Vec::width), set1(-120.f), set1(-1.f));
        store(density + v * Vec::width, fma(out[v], set1(10.f), template_part));
        for (int c = 1; c < OUT; ++c) {
            const Vec s = sigmoid(out[c * kVecs + v]);
            store(albedo + (c - 1) * kBatch + v * Vec::width, s * s * set1(1.2f));
        }
    }
}

// Radiance transfer [9][kBatch].
inline void transfer_at(const Field& f, const float* planes, const Points& p, float* transfer) {
    constexpr int N = Field::coefficients;
    Vec in[(Field::most_features + N) * kVecs], out[N * kVecs];
    plane_features(f, planes, p, f.channels, in);
    Vec* const prior = in + f.channels * kVecs;
    template_transfer(f, p, prior);
    decode<N>(f.shading, in, out);
    for (int k = 0; k < N * kVecs; ++k)
        store(transfer + k * Vec::width, fma(out[k], set1(0.3f), prior[k]));
}

}  // namespace RELUME_ISA
