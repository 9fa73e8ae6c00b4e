// Pooling with any window. Rows outside the map are never read: padding is ignored in a maximum and counts as zeros in
// a mean. The most common case, 2×2 after a convolution, is fused into the sweep instead.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

// The part of a window that lies on the map.
struct Covered {
    int top, bottom, left, right;
};

CONVLENS_INLINE Covered covered(const Pooling& p, int row, int column) {
    const int top = row * p.stride_y - p.padding_y, left = column * p.stride_x - p.padding_x;
    const int bottom = top + p.kernel_height, right = left + p.kernel_width;
    return {top < 0 ? 0 : top, bottom > p.in.height ? p.in.height : bottom, left < 0 ? 0 : left,
            right > p.in.width ? p.in.width : right};
}

CONVLENS_INLINE const float* inside(const Map& map, int channel, const float* values) {
    return values + (static_cast<size_t>(channel) * map.rows * map.columns + map.top * map.columns + map.left) * lanes;
}
CONVLENS_INLINE float* inside(const Map& map, int channel, float* values) {
    return values + (static_cast<size_t>(channel) * map.rows * map.columns + map.top * map.columns + map.left) * lanes;
}

inline void max_pool(const Pooling& p, const float* in, float* out, int32_t* winners) {
    for (int c = 0; c < p.in.channels; ++c) {
        const float* from = inside(p.in, c, in);
        for (int row = 0; row < p.out.height; ++row) {
            float* to = inside(p.out, c, out) + static_cast<size_t>(row) * p.out.columns * lanes;
            for (int column = 0; column < p.out.width; ++column, to += lanes) {
                const Covered at = covered(p, row, column);
                Floats best = load(from + (static_cast<size_t>(at.top) * p.in.columns + at.left) * lanes);
                Ints winner = splat_int(at.top * p.in.width + at.left);
                for (int y = at.top; y < at.bottom; ++y) {
                    for (int x = at.left; x < at.right; ++x) {
                        const Floats value = load(from + (static_cast<size_t>(y) * p.in.columns + x) * lanes);
                        const Ints better = (value > best) | (value != value);
                        best = better ? value : best;
                        winner = better ? splat_int(y * p.in.width + x) : winner;
                    }
                }
                store(to, best);
                if (winners) {
                    *reinterpret_cast<Ints*>(winners) = winner;
                    winners += lanes;
                }
            }
        }
    }
}

inline void max_pool_gradient(const Pooling& p, const int32_t* winners, const float* gradient, float* out) {
    const size_t plane = static_cast<size_t>(p.in.height) * p.in.width * lanes;
    const size_t positions = static_cast<size_t>(p.out.height) * p.out.width;
    for (int c = 0; c < p.in.channels; ++c, out += plane) {
        for (size_t k = 0; k < plane; k += lanes) store(out + k, Floats{});
        for (size_t k = 0; k < positions; ++k, winners += lanes, gradient += lanes)
            for (int l = 0; l < lanes; ++l) out[static_cast<size_t>(winners[l]) * lanes + l] += gradient[l];
    }
}

inline void average_pool(const Pooling& p, const float* in, float* out) {
    const Floats share = splat(1.0f / static_cast<float>(p.kernel_height * p.kernel_width));
    for (int c = 0; c < p.in.channels; ++c) {
        const float* from = inside(p.in, c, in);
        for (int row = 0; row < p.out.height; ++row) {
            float* to = inside(p.out, c, out) + static_cast<size_t>(row) * p.out.columns * lanes;
            for (int column = 0; column < p.out.width; ++column, to += lanes) {
                const Covered at = covered(p, row, column);
                Floats sum = {};
                for (int y = at.top; y < at.bottom; ++y)
                    for (int x = at.left; x < at.right; ++x)
                        sum += load(from + (static_cast<size_t>(y) * p.in.columns + x) * lanes);
                store(to, sum * share);
            }
        }
    }
}

inline void average_pool_gradient(const Pooling& p, const float* gradient, float* out) {
    const Floats share = splat(1.0f / static_cast<float>(p.kernel_height * p.kernel_width));
    const size_t plane = static_cast<size_t>(p.in.height) * p.in.width * lanes;
    for (int c = 0; c < p.in.channels; ++c, out += plane) {
        for (size_t k = 0; k < plane; k += lanes) store(out + k, Floats{});
        for (int row = 0; row < p.out.height; ++row) {
            for (int column = 0; column < p.out.width; ++column, gradient += lanes) {
                const Covered at = covered(p, row, column);
                const Floats slope = load(gradient) * share;
                for (int y = at.top; y < at.bottom; ++y) {
                    float* to = out + static_cast<size_t>(y) * p.in.width * lanes;
                    for (int x = at.left; x < at.right; ++x) store(to + x * lanes, load(to + x * lanes) + slope);
                }
            }
        }
    }
}

}  // namespace convlens::CONVLENS_VARIANT
