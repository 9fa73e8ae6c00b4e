// The end of blocks: sums and copies of branches.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"
#include "pool.hpp"

namespace convlens::CONVLENS_VARIANT {

template <bool relu>
void add_maps(const Map& a_map, const float* a, const Map& b_map, const float* b, const Map& out_map, float* out) {
    for (int c = 0; c < out_map.channels; ++c) {
        for (int row = 0; row < out_map.height; ++row) {
            const float* one = inside(a_map, c, a) + static_cast<size_t>(row) * a_map.columns * lanes;
            const float* two = inside(b_map, c, b) + static_cast<size_t>(row) * b_map.columns * lanes;
            float* to = inside(out_map, c, out) + static_cast<size_t>(row) * out_map.columns * lanes;
            for (int k = 0; k < out_map.width * lanes; k += lanes) {
                const Floats sum = load(one + k) + load(two + k);
                store(to + k, relu ? above_zero(sum) : sum);
            }
        }
    }
}

inline void add(bool relu, const Map& a_map, const float* a, const Map& b_map, const float* b, const Map& out_map,
                float* out) {
    (relu ? add_maps<true> : add_maps<false>)(a_map, a, b_map, b, out_map, out);
}

inline void cut(const Map& map, const float* values, float* gradient) {
    for (int c = 0; c < map.channels; ++c) {
        for (int row = 0; row < map.height; ++row) {
            const float* value = inside(map, c, values) + static_cast<size_t>(row) * map.columns * lanes;
            for (int k = 0; k < map.width; ++k, gradient += lanes)
                store(gradient, keep_where(load(value + k * lanes) > Floats{}, load(gradient)));
        }
    }
}

inline void copy(const Map& in_map, const float* in, const Map& out_map, float* out) {
    for (int c = 0; c < in_map.channels; ++c) {
        for (int row = 0; row < in_map.height; ++row) {
            const float* from = inside(in_map, c, in) + static_cast<size_t>(row) * in_map.columns * lanes;
            float* to = inside(out_map, c, out) + static_cast<size_t>(row) * out_map.columns * lanes;
            for (int k = 0; k < in_map.width * lanes; k += lanes) store(to + k, load(from + k));
        }
    }
}

}  // namespace convlens::CONVLENS_VARIANT
