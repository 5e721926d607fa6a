// SPDX-License-Identifier: Apache-2.0
// A mask as a local affine function of a picture's colours: see `relume.face.guided`.
#include "guided.h"

#include "vec.h"

namespace RELUME_ISA {
namespace {

using relume::Guided;

// Beyond an edge what lies before it comes again, itself but once.
inline int reflected(int at, int size) {
    return at < 0 ? -at : at > size - 1 ? 2 * (size - 1) - at : at;
}

// Means over square windows of planes whose rows lie `pitch` apart.
class Means {
  public:
    Means(const Guided& g, size_t pitch, float* row)
        : width_(g.width), height_(g.height), radius_(g.radius), pitch_(pitch), row_(row) {}

    static size_t room(const Guided& g) { return size_t(g.width) + 2 * g.radius + 2 * Vec::width; }

    void operator()(const float* in, float* out) const {
        const int side = 2 * radius_ + 1;
        const Vec scale = set1(1.f / float(side * side));
        float* const middle = row_ + radius_;
        for (int y = 0; y < height_; ++y) {
            for (int x = 0; x < width_; x += Vec::width) {
                Vec sum = set1(0.f);
                for (int dy = -radius_; dy <= radius_; ++dy)
                    sum = sum + load(in + size_t(reflected(y + dy, height_)) * pitch_ + x);
                store(middle + x, sum);
            }
            for (int i = 1; i <= radius_; ++i) {
                middle[-i] = middle[i];
                middle[width_ - 1 + i] = middle[width_ - 1 - i];
            }
            for (int x = 0; x < width_; x += Vec::width) {
                Vec sum = set1(0.f);
                for (int dx = 0; dx < side; ++dx) sum = sum + load(row_ + x + dx);
                store(out + size_t(y) * pitch_ + x, sum * scale);
            }
        }
    }

  private:
    int width_, height_, radius_;
    size_t pitch_;
    float* row_;
};

}  // namespace

bool guide(const Guided& g, relume::Memory memory) {
    // Red, green, blue and the mask; their means; products' means; and one to work in.
    constexpr int given = 4, products = 9;
    // Whole vectors, and one behind each row.
    const size_t pitch = (size_t(g.width) / Vec::width + 2) * Vec::width, plane = pitch * g.height;
    float* const all = memory((2 * given + products + 1) * plane + Means::room(g));
    if (all == nullptr) return false;
    float *in[given], *mean[given], *shared[products];
    float* next = all;
    for (float*& p : in) p = next, next += plane;
    for (float*& p : mean) p = next, next += plane;
    for (float*& p : shared) p = next, next += plane;
    float* const work = next;
    const Means means(g, pitch, work + plane);
    for (int y = 0; y < g.height; ++y)
        for (int x = 0; x < g.width; ++x) {
            const size_t from = size_t(y) * g.width + x, to = y * pitch + x;
            for (int c = 0; c < 3; ++c) in[c][to] = g.rgb[3 * from + c];
            in[3][to] = g.mask[from];
        }
    for (int c = 0; c < given; ++c) means(in[c], mean[c]);
    // In the order rr, gg, bb, rg, gb, br, then those with the mask.
    constexpr int pairs[products][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2},
                                        {2, 0}, {0, 3}, {1, 3}, {2, 3}};
    for (int k = 0; k < products; ++k) {
        const float *const a = in[pairs[k][0]], *const b = in[pairs[k][1]];
        for (size_t i = 0; i < plane; i += Vec::width) store(work + i, load(a + i) * load(b + i));
        means(work, shared[k]);
    }
    const Vec contrast = set1(g.contrast);
    for (size_t i = 0; i < plane; i += Vec::width) {
        Vec m[given], cov[products];
        for (int c = 0; c < given; ++c) m[c] = load(mean[c] + i);
        for (int k = 0; k < products; ++k)
            cov[k] = load(shared[k] + i) - m[pairs[k][0]] * m[pairs[k][1]];
        const Vec rr = cov[0] + contrast, gg = cov[1] + contrast, bb = cov[2] + contrast;
        const Vec rg = cov[3], gb = cov[4], br = cov[5];
        // The inverse of the symmetric matrix of covariances, by its cofactors.
        const Vec c_rr = gg * bb - gb * gb, c_gg = bb * rr - br * br, c_bb = rr * gg - rg * rg;
        const Vec c_rg = gb * br - rg * bb, c_gb = rg * br - gb * rr, c_br = rg * gb - br * gg;
        const Vec whole = rr * c_rr + rg * c_rg + br * c_br;
        // Two steps of Newton's after the processor's estimate, since what is divided by is small.
        const Vec guess = reciprocal(whole), two = set1(2.f);
        const Vec better = guess * (two - whole * guess);
        const Vec inverse = better * (two - whole * better);
        const Vec red = (c_rr * cov[6] + c_rg * cov[7] + c_br * cov[8]) * inverse;
        const Vec green = (c_rg * cov[6] + c_gg * cov[7] + c_gb * cov[8]) * inverse;
        const Vec blue = (c_br * cov[6] + c_gb * cov[7] + c_bb * cov[8]) * inverse;
        store(in[0] + i, red), store(in[1] + i, green), store(in[2] + i, blue);
        store(in[3] + i, m[3] - red * m[0] - green * m[1] - blue * m[2]);
    }
    for (int c = 0; c < given; ++c) means(in[c], mean[c]);
    for (int y = 0; y < g.height; ++y)
        for (int x = 0; x < g.width; ++x)
            for (int c = 0; c < given; ++c)
                g.out[4 * (size_t(y) * g.width + x) + c] = mean[c][y * pitch + x];
    return true;
}

}  // namespace RELUME_ISA
