// The gradient of a 3×3 convolution's weights behind 2×2 max-pooling, without the zeros.
//
// Three of the four positions of a pooling cell have a gradient of zero, but the winner differs between images, so no
// position can be skipped for a whole vector. Instead each lane selects the 3×3 values of its winner's window from the
// 4×4 values under the cell's four window positions. That takes 21 selections and 9 multiply-adds for each pair of
// channels instead of 36 multiply-adds, and selections are cheaper.
//
// With AVX-512 a selection is one instruction, and there are enough registers; elsewhere this method is not faster.
#pragma once

#include "../kernels.hpp"
#include "cell.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

#if defined(__AVX512F__)

constexpr bool has_cells = true;

// Sets gradients to 0 where relu gave 0, and adds them up.
inline void cell_gradients(const Map& pooled, float* gradient, const uint8_t* winners, float* sums) {
    const size_t positions = static_cast<size_t>(pooled.height) * pooled.width;
    for (int c = 0; c < pooled.channels; ++c) {
        Floats total = load(sums + c * lanes);
        for (size_t k = 0; k < positions; ++k, gradient += lanes, winners += winner_bytes) {
            const Floats slope = keep(reinterpret_cast<const uint16_t*>(winners)[2], load(gradient));
            total += slope;
            store(gradient, slope);
        }
        store(sums + c * lanes, total);
    }
}

template <int channels>
CONVLENS_INLINE void cell_pair(const CellSweep& s, const float* in, const float* gradient, const uint8_t* winners,
                               float* sums, int stride) {
    const size_t plane = static_cast<size_t>(s.all_rows) * s.columns;
    Floats totals[channels][9];
#pragma GCC unroll 2
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 9
        for (int k = 0; k < 9; ++k) totals[c][k] = load(sums + (k * stride + c) * lanes);
    for (int row = 0; row < s.rows; ++row) {
        const float* corner = in + static_cast<size_t>(2 * row) * s.in_row;
        for (int column = 0; column < s.columns;
             ++column, corner += 2 * lanes, gradient += lanes, winners += winner_bytes) {
            __mmask16 right[channels], below[channels];
            Floats slope[channels];
#pragma GCC unroll 2
            for (int c = 0; c < channels; ++c) {
                const uint16_t* masks = reinterpret_cast<const uint16_t*>(winners + c * plane * winner_bytes);
                right[c] = masks[0];
                below[c] = masks[1];
                slope[c] = load(gradient + c * plane * lanes);
            }
            Floats upper[4], lower[4];
#pragma GCC unroll 4
            for (int x = 0; x < 4; ++x) upper[x] = load(corner + x * lanes);
#pragma GCC unroll 3
            for (int y = 0; y < 3; ++y) {
#pragma GCC unroll 4
                for (int x = 0; x < 4; ++x) lower[x] = load(corner + (y + 1) * s.in_row + x * lanes);
#pragma GCC unroll 2
                for (int c = 0; c < channels; ++c) {
                    Floats left = pick(below[c], upper[0], lower[0]);
#pragma GCC unroll 3
                    for (int x = 0; x < 3; ++x) {
                        const Floats next = pick(below[c], upper[x + 1], lower[x + 1]);
                        totals[c][3 * y + x] += slope[c] * pick(right[c], left, next);
                        left = next;
                    }
                }
#pragma GCC unroll 4
                for (int x = 0; x < 4; ++x) upper[x] = lower[x];
            }
        }
    }
#pragma GCC unroll 2
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 9
        for (int k = 0; k < 9; ++k) store(sums + (k * stride + c) * lanes, totals[c][k]);
}

inline void cell_weights(const CellSweep& s, const float* in, const float* gradient, const uint8_t* winners,
                         float* sums) {
    const size_t plane = static_cast<size_t>(s.all_rows) * s.columns;
    for (int first = 0; first < s.out_channels; first += block) {
        const int size = s.out_channels - first < block ? s.out_channels - first : block;
        float* block_sums = sums + static_cast<size_t>(first) * 9 * s.in_channels * lanes;
        for (int i = 0; i < s.in_channels; ++i) {
            const float* from = in + i * s.in_channel;
            float* to = block_sums + static_cast<size_t>(9 * i) * size * lanes;
            for (int c = 0; c < size; c += 2) {
                const size_t cells = (first + c) * plane;
                if (c + 1 < size)
                    cell_pair<2>(s, from, gradient + cells * lanes, winners + cells * winner_bytes, to + c * lanes,
                                 size);
                else
                    cell_pair<1>(s, from, gradient + cells * lanes, winners + cells * winner_bytes, to + c * lanes,
                                 size);
            }
        }
    }
}

#else

constexpr bool has_cells = false;
inline void cell_gradients(const Map&, float*, const uint8_t*, float*) {}
inline void cell_weights(const CellSweep&, const float*, const float*, const uint8_t*, float*) {}

#endif

}  // namespace convlens::CONVLENS_VARIANT
