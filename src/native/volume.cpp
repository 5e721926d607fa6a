// SPDX-License-Identifier: Apache-2.0
// Volume rendering of the compact model's tri-planes.
//
// A sparse set of guide rays is looked at first, over the whole box. It tells each group of rays
// which steps along them can be seen; only those are evaluated, at their middles, which makes
// the sum of each smooth ray converge fast. Transfer is evaluated once for neighbouring
// samples of little weight together, at their weighted mean.
#include "volume.h"

#include <math.h>
#include <stdlib.h>

#include "field.h"

namespace RELUME_ISA {
namespace {

using relume::March;
using relume::Rays;
using relume::Rendering;

constexpr float kDensity = 20.f;
constexpr float kThickest = 20.f;
constexpr float kNothing = -30.f;  // softplus of it is zero
constexpr int kGroup = Rays::group;
constexpr int kSlab = kBatch > kGroup ? kBatch / kGroup : 1;  // steps that fill whole batches

static_assert((kSlab * kGroup) % kBatch == 0, "batches must fill slabs");

// Where a camera's rays run, in canonical space.
struct Camera {
    float origin[3], r[9], start, length;

    Camera(const Field& f, const Rays& rays) {
        float square = 0;
        for (int i = 0; i < 9; ++i) r[i] = rays.rotation[i];
        for (int j = 0; j < 3; ++j) {
            origin[j] = -(rays.shift[0] * r[j] + rays.shift[1] * r[3 + j] + rays.shift[2] * r[6 + j]);
            square += rays.shift[j] * rays.shift[j];
        }
        start = sqrtf(square) - f.box;
        length = 2 * f.box;
    }

    void point(float x, float y, float z, Points& out, int i) const {
        out.x[i] = origin[0] + (x * r[0] + y * r[3] + r[6]) * z;
        out.y[i] = origin[1] + (x * r[1] + y * r[4] + r[7]) * z;
        out.z[i] = origin[2] + (x * r[2] + y * r[5] + r[8]) * z;
    }
};

// Points that wait until there are enough of them for a batch.
template <class Done>
struct Queue {
    Points points;
    int32_t owner[kBatch];
    float weight[kBatch];
    int size = 0;
    Done done;

    explicit Queue(Done d) : done(d) {}

    int next() {
        if (size == kBatch) flush();
        return size++;
    }
    void flush() {
        if (size == 0) return;
        for (int i = size; i < kBatch; ++i) {
            points.x[i] = points.x[0], points.y[i] = points.y[0], points.z[i] = points.z[0];
        }
        done(*this);
        size = 0;
    }
};

// What density is the softplus of, along the guide rays: [guides][guide_steps].
struct Guide {
    const Field& f;
    const March& m;
    const Rays& r;
    Rendering& out;
    const Camera& camera;

    void look(float* raw) const {
        auto decoded = [&](auto& q) {
            float density[kBatch];
            albedo_at<1>(f, r.planes, q.points, density, nullptr);
            for (int i = 0; i < q.size; ++i) raw[q.owner[i]] = density[i];
            out.densities += kBatch;
        };
        Queue<decltype(decoded)> near(decoded);
        auto measured = [&](auto& q) {
            float distance[kBatch];
            distances(f, q.points, distance);
            for (int i = 0; i < q.size; ++i) {
                raw[q.owner[i]] = kNothing;
                if (distance[i] > m.reach) continue;
                const int k = near.next();
                near.points.x[k] = q.points.x[i];
                near.points.y[k] = q.points.y[i];
                near.points.z[k] = q.points.z[i];
                near.owner[k] = q.owner[i];
            }
        };
        Queue<decltype(measured)> all(measured);
        const float step = camera.length / m.guide_steps;
        for (int g = 0; g < r.guides; ++g)
            for (int s = 0; s < m.guide_steps; ++s) {
                const int k = all.next();
                const float z = camera.start + step * (s + 0.5f);
                camera.point(r.guide[2 * g], r.guide[2 * g + 1], z, all.points, k);
                all.owner[k] = g * m.guide_steps + s;
            }
        all.flush();
        near.flush();
    }

    // Which of a ray's steps can be seen, from its raw values at the guide's steps.
    uint64_t seen(const float* raw) const {
        float density[March::most_steps + Vec::width];
        const float scale = float(m.guide_steps) / m.steps;
        for (int s = 0; s < m.steps; ++s) {
            const float at = (s + 0.5f) * scale - 0.5f;
            int low = at > 0 ? int(at) : 0;
            if (low > m.guide_steps - 2) low = m.guide_steps - 2;
            density[s] = raw[low] + (at - low) * (raw[low + 1] - raw[low]);
        }
        for (int s = m.steps; s < m.steps + Vec::width; ++s) density[s] = kNothing;
        const Vec width = set1(kDensity * camera.length / m.steps);
        for (int s = 0; s < m.steps; s += Vec::width)
            store(density + s, min(softplus(load(density + s)) * width, set1(kThickest)));
        float before = 1;
        uint64_t bits = 0;
        for (int s = 0; s < m.steps && before > m.opaque; ++s) {
            if (density[s] * before > m.visible) bits |= uint64_t(1) << s;
            before *= density[s] < 1e-3f ? 1 - density[s] : expf(-density[s]);
        }
        return bits;
    }
};

// Samples of one group of rays along the steps that it can see.
struct Samples {
    int count = 0;
    float z[March::most_steps];
    float weight[March::most_steps][kGroup];
};

}  // namespace

bool render_volume(const Field& f, const March& m, const Rays& r, Rendering& out) {
    const Camera camera(f, r);
    const size_t values = size_t(r.guides) * m.guide_steps;
    float* const raw = static_cast<float*>(malloc(values * sizeof(float)));
    uint64_t* const bits = static_cast<uint64_t*>(malloc(r.guides * sizeof(uint64_t)));
    if (raw == nullptr || bits == nullptr) {
        free(raw), free(bits);
        return false;
    }
    const Guide guide{f, m, r, out, camera};
    guide.look(raw);
    for (int g = 0; g < r.guides; ++g) bits[g] = guide.seen(raw + size_t(g) * m.guide_steps);

    auto shaded = [&](auto& q) {
        float transfer[Field::coefficients * kBatch];
        transfer_at(f, r.planes, q.points, transfer);
        for (int i = 0; i < q.size; ++i) {
            float* const to = out.transfer + size_t(q.owner[i]) * Field::coefficients;
            for (int c = 0; c < Field::coefficients; ++c)
                to[c] += q.weight[i] * transfer[c * kBatch + i];
        }
        out.shadings += kBatch;
    };
    Queue<decltype(shaded)> shading(shaded);

    const float step = camera.length / m.steps;
    const Vec width = set1(kDensity * step), thickest = set1(kThickest);
    for (int g = 0; g < r.groups; ++g) {
        const float* const rx = r.rays + size_t(g) * 2 * kGroup;
        const float* const ry = rx + kGroup;
        const size_t first = size_t(g) * kGroup;
        uint64_t seen = 0;
        for (int k = 0; k < r.links; ++k) seen |= bits[r.link[size_t(g) * r.links + k]];
        seen |= (seen << 1) | (seen >> 1);
        Samples samples;
        for (int s = 0; s < m.steps; ++s)
            if (seen >> s & 1) samples.z[samples.count++] = camera.start + step * (s + 0.5f);

        float through[kGroup], sums[5][kGroup];  // light that gets through; albedo, alpha, depth
        for (int i = 0; i < kGroup; ++i) through[i] = 1;
        for (auto& row : sums)
            for (float& x : row) x = 0;
        for (int s = 0; s < samples.count; s += kSlab) {
            float density[kSlab * kGroup], albedo[3][kSlab * kGroup];
            for (int b = 0; b < kSlab * kGroup; b += kBatch) {
                Points points;
                for (int i = 0; i < kBatch; ++i) {
                    const int k = s + (b + i) / kGroup, lane = (b + i) % kGroup;
                    const float z = samples.z[k < samples.count ? k : s];
                    camera.point(rx[lane], ry[lane], z, points, i);
                }
                float colour[3 * kBatch];
                albedo_at<4>(f, r.planes, points, density + b, colour);
                for (int c = 0; c < 3; ++c)
                    for (int i = 0; i < kBatch; i += Vec::width)
                        store(albedo[c] + b + i, load(colour + c * kBatch + i));
                out.densities += kBatch;
            }
            const int last = s + kSlab < samples.count ? s + kSlab : samples.count;
            Vec most = set1(0.f);
            for (int lane = 0; lane < kGroup; lane += Vec::width) {
                Vec left = load(through + lane);
                for (int k = s; k < last; ++k) {
                    const int at = (k - s) * kGroup + lane;
                    const Vec thick = min(softplus(load(density + at)) * width, thickest);
                    const Vec after = left * exp(set1(0.f) - thick);
                    const Vec weight = left - after;
                    store(samples.weight[k] + lane, weight);
                    for (int c = 0; c < 3; ++c)
                        store(sums[c] + lane, fma(weight, load(albedo[c] + at), load(sums[c] + lane)));
                    store(sums[3] + lane, load(sums[3] + lane) + weight);
                    store(sums[4] + lane, fma(weight, set1(samples.z[k]), load(sums[4] + lane)));
                    left = after;
                }
                store(through + lane, left);
                most = max(most, left);
            }
            if (highest(most) < m.opaque) samples.count = last;
        }
        for (int i = 0; i < kGroup; ++i) {
            for (int c = 0; c < 3; ++c) out.albedo[(first + i) * 3 + c] = sums[c][i];
            out.alpha[first + i] = sums[3][i];
            out.depth[first + i] = sums[4][i];
        }
        if (!m.shaded) continue;

        for (int i = 0; i < kGroup; ++i) {
            if (sums[3][i] <= m.least) continue;
            // Neighbouring samples make lumps; what lumps too light to shade held is given to
            // the others, so that alpha and transfer agree.
            float mass[March::most_steps], mean[March::most_steps];
            int lumps = 0, held = 0;
            float kept = 0, sum = 0, moment = 0;
            for (int k = 0; k <= samples.count; ++k) {
                const float w = k < samples.count ? samples.weight[k][i] : 0;
                const bool full = held == m.longest || sum + w > m.lump;
                if (held > 0 && (full || k == samples.count)) {
                    if (sum > m.least) {
                        mass[lumps] = sum, mean[lumps] = moment / sum;
                        kept += sum;
                        ++lumps;
                    }
                    held = 0, sum = 0, moment = 0;
                }
                if (k == samples.count) break;
                ++held, sum += w, moment += w * samples.z[k];
            }
            for (int k = 0; k < lumps; ++k) {
                const int n = shading.next();
                camera.point(rx[i], ry[i], mean[k], shading.points, n);
                shading.owner[n] = int32_t(first) + i;
                shading.weight[n] = mass[k] * sums[3][i] / kept;
            }
        }
    }
    shading.flush();
    free(raw), free(bits);
    return true;
}

}  // namespace RELUME_ISA
