// Convolution and the gradient of its input: output channels × positions in registers, weights broadcast to all images.
#pragma once

#include "../kernels.hpp"
#include "cell.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

// sums[position][channel] += Σ over taps. A vector of the input is loaded once for all channels of the block, a weight
// once for all positions.
template <int channels, int positions>
CONVLENS_INLINE void accumulate(Floats (&sums)[positions][channels], const float* const (&at)[positions],
                                const int32_t* offsets, int taps, const float* weights, int stride) {
    for (int tap = 0; tap < taps; ++tap, weights += stride) {
        const ptrdiff_t offset = offsets[tap];
        Floats values[positions];
#pragma GCC unroll 8
        for (int p = 0; p < positions; ++p) values[p] = load(at[p] + offset);
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) {
            const Floats weight = splat(weights[c]);
#pragma GCC unroll 8
            for (int p = 0; p < positions; ++p) sums[p][c] += values[p] * weight;
        }
    }
}

template <int channels, int positions>
CONVLENS_INLINE void sweep_block(const Sweep& s, const float* const (&in)[positions], float* const (&out)[positions],
                                 int channel, const float* weights, int stride) {
    Floats sums[positions][channels];
#pragma GCC unroll 8
    for (int c = 0; c < channels; ++c) {
        const Floats start = s.bias ? splat(s.bias[channel + c]) : Floats{};
#pragma GCC unroll 8
        for (int p = 0; p < positions; ++p) sums[p][c] = s.adds ? load(out[p] + (channel + c) * s.out_channel) : start;
    }
    accumulate<channels, positions>(sums, in, s.offsets, s.taps, weights, stride);
#pragma GCC unroll 8
    for (int p = 0; p < positions; ++p) {
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) {
            Floats value = sums[p][c];
            if (s.relu) value = above_zero(value);
            store(out[p] + (channel + c) * s.out_channel, value);
        }
    }
}

template <int positions>
void sweep_positions(const Sweep& s, const float* const (&in)[positions], float* const (&out)[positions]) {
    for (int first = 0; first < s.channels; first += block) {
        const int size = s.channels - first < block ? s.channels - first : block;
        const float* weights = s.weights + static_cast<size_t>(first) * s.taps;
        int channel = first;
        if (size == block) {
            sweep_block<block, positions>(s, in, out, channel, weights, size);
            continue;
        }
        if (block > 4 && size & 4) {
            sweep_block<4, positions>(s, in, out, channel, weights, size);
            channel += 4, weights += 4;
        }
        if (size & 2) {
            sweep_block<2, positions>(s, in, out, channel, weights, size);
            channel += 2, weights += 2;
        }
        if (size & 1) sweep_block<1, positions>(s, in, out, channel, weights, size);
    }
}

// Processes some positions at a time, across the ends of rows.
template <int positions>
void sweep_all(const Sweep& s, const float* in, float* out) {
    const float* ins[positions];
    float* outs[positions];
    int waiting = 0;
    for (int row = 0; row < s.rows; ++row) {
        for (int column = 0; column < s.columns; ++column) {
            ins[waiting] = in + static_cast<ptrdiff_t>(row) * s.in_row + static_cast<ptrdiff_t>(column) * s.in_column;
            outs[waiting] =
                out + static_cast<ptrdiff_t>(row) * s.out_row + static_cast<ptrdiff_t>(column) * s.out_column;
            if (++waiting == positions) {
                sweep_positions<positions>(s, ins, outs);
                waiting = 0;
            }
        }
    }
    int done = 0;
    for (; done + 2 <= waiting; done += 2) {
        const float* const two_in[2] = {ins[done], ins[done + 1]};
        float* const two_out[2] = {outs[done], outs[done + 1]};
        sweep_positions<2>(s, two_in, two_out);
    }
    if (done < waiting) {
        const float* const one_in[1] = {ins[done]};
        float* const one_out[1] = {outs[done]};
        sweep_positions<1>(s, one_in, one_out);
    }
}

// With a single channel, more positions are needed, so that additions don't wait for each other.
inline void sweep(const Sweep& s, const float* in, float* out) {
    if (s.channels == 1) sweep_all<8>(s, in, out);
    else sweep_all<3>(s, in, out);
}

template <int channels>
CONVLENS_INLINE void pool_block(const Sweep& s, const float* const (&in)[4], float* out, uint8_t* winners,
                                size_t winners_channel, int channel, const float* weights, int stride) {
    Floats sums[4][channels];
#pragma GCC unroll 8
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 4
        for (int p = 0; p < 4; ++p) sums[p][c] = splat(s.bias[channel + c]);
    accumulate<channels, 4>(sums, in, s.offsets, s.taps, weights, stride);
#pragma GCC unroll 8
    for (int c = 0; c < channels; ++c) {
        const Floats cell[4] = {sums[0][c], sums[1][c], sums[2][c], sums[3][c]};
        store(out + (channel + c) * s.out_channel,
              pool_cell(cell, s.relu, winners ? winners + (channel + c) * winners_channel : nullptr));
    }
}

inline void sweep_pool(const Sweep& s, const float* in, float* out, uint8_t* winners) {
    constexpr int piece = block / 2;
    const size_t winners_channel = static_cast<size_t>(s.rows) * s.columns * winner_bytes;
    for (int row = 0; row < s.rows; ++row) {
        for (int column = 0; column < s.columns; ++column) {
            const float* corner =
                in + static_cast<ptrdiff_t>(2 * row) * s.in_row + static_cast<ptrdiff_t>(2 * column) * s.in_column;
            const float* const ins[4] = {corner, corner + s.in_column, corner + s.in_row,
                                         corner + s.in_row + s.in_column};
            float* to = out + static_cast<ptrdiff_t>(row) * s.out_row + static_cast<ptrdiff_t>(column) * s.out_column;
            uint8_t* won = winners ? winners + (static_cast<size_t>(row) * s.columns + column) * winner_bytes : nullptr;
            for (int first = 0; first < s.channels; first += block) {
                const int size = s.channels - first < block ? s.channels - first : block;
                const float* weights = s.weights + static_cast<size_t>(first) * s.taps;
                int channel = first;
                for (; channel + piece <= first + size; channel += piece, weights += piece)
                    pool_block<piece>(s, ins, to, won, winners_channel, channel, weights, size);
                for (; channel < first + size; ++channel, ++weights)
                    pool_block<1>(s, ins, to, won, winners_channel, channel, weights, size);
            }
        }
    }
}

}  // namespace convlens::CONVLENS_VARIANT
