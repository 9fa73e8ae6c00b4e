// Dropout: a key determines which numbers stay, so that the backward pass uses the same mask.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"
#include "pool.hpp"

namespace convlens::CONVLENS_VARIANT {

// A hash of a counter (two keyed rounds of MurmurHash3's finaliser), so that a mask needs no memory.
CONVLENS_INLINE Words mixed(Words counter, uint32_t key) {
    counter ^= Words{} + key;
    for (int round = 0; round < 2; ++round) {
        counter ^= counter >> 16;
        counter *= Words{} + 0x85ebca6bu;
        counter ^= counter >> 13;
        counter *= Words{} + 0xc2b2ae35u;
        counter ^= counter >> 16;
        counter += Words{} + (key * 0x9e3779b9u + 0x7f4a7c15u);
    }
    return counter;
}

inline void drop(float share, uint64_t key, const Map& in_map, const float* in, const Map& out_map, float* out) {
    const Words keep_from = Words{} + static_cast<uint32_t>(static_cast<double>(share) * 16777216.0);
    const Floats scale = splat(share < 1 ? 1.0f / (1.0f - share) : 0.0f);
    const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
    Words counter = (Words)lane_numbers() ^ (Words{} + high);
    for (int c = 0; c < in_map.channels; ++c) {
        for (int row = 0; row < in_map.height; ++row) {
            const float* from = inside(in_map, c, in) + static_cast<size_t>(row) * in_map.columns * lanes;
            float* to = inside(out_map, c, out) + static_cast<size_t>(row) * out_map.columns * lanes;
            for (int k = 0; k < in_map.width * lanes; k += lanes) {
                const Ints keep = (Ints)((mixed(counter, low) >> 8) >= keep_from);
                store(to + k, keep_where(keep, load(from + k) * scale));
                counter += Words{} + static_cast<uint32_t>(lanes);
            }
        }
    }
}

}  // namespace convlens::CONVLENS_VARIANT
