// The gradient of a convolution's weights: channels × taps in registers while the window slides.
#pragma once

#include "../kernels.hpp"
#include "cell.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

template <int channels, int taps>
CONVLENS_INLINE void weight_piece(const WeightSweep& s, const float* in, const float* gradient, const int32_t* offsets,
                                  float* sums) {
    Floats totals[taps][channels];
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t)
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) totals[t][c] = s.adds ? load(sums + (t * s.channels + c) * lanes) : Floats{};
    for (int row = 0; row < s.rows; ++row) {
        const float* g = gradient + row * s.gradient_row;
        const float* x = in + static_cast<ptrdiff_t>(row) * s.in_row;
        for (int column = 0; column < s.columns; ++column, g += s.gradient_column, x += s.in_column) {
            Floats values[taps];
#pragma GCC unroll 9
            for (int t = 0; t < taps; ++t) values[t] = load(x + offsets[t]);
#pragma GCC unroll 8
            for (int c = 0; c < channels; ++c) {
                Floats slope = load(g + c * lanes);
                in_register(slope);  // otherwise it is read from memory for each tap
#pragma GCC unroll 9
                for (int t = 0; t < taps; ++t) totals[t][c] += values[t] * slope;
            }
        }
    }
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t)
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) store(sums + (t * s.channels + c) * lanes, totals[t][c]);
}

template <int channels>
void weight_channels(const WeightSweep& s, const float* in, const float* gradient, float* sums) {
    int tap = 0;
    if (channels == 1)  // more taps, so that additions don't wait for each other
        for (; tap + 9 <= s.taps; tap += 9)
            weight_piece<channels, channels == 1 ? 9 : 3>(s, in, gradient, s.offsets + tap,
                                                          sums + static_cast<size_t>(tap) * s.channels * lanes);
    for (; tap + 3 <= s.taps; tap += 3)
        weight_piece<channels, 3>(s, in, gradient, s.offsets + tap,
                                  sums + static_cast<size_t>(tap) * s.channels * lanes);
    for (; tap < s.taps; ++tap)
        weight_piece<channels, 1>(s, in, gradient, s.offsets + tap,
                                  sums + static_cast<size_t>(tap) * s.channels * lanes);
}

inline void weight_sweep(const WeightSweep& s, const float* in, const float* gradient, float* sums) {
    if (s.channels == block) {
        weight_channels<block>(s, in, gradient, sums);
        return;
    }
    int channel = 0;
    if (block > 4 && s.channels & 4) {
        weight_channels<4>(s, in, gradient, sums);
        channel += 4;
    }
    if (s.channels & 2) {
        weight_channels<2>(s, in, gradient + channel * lanes, sums + channel * lanes);
        channel += 2;
    }
    if (s.channels & 1) weight_channels<1>(s, in, gradient + channel * lanes, sums + channel * lanes);
}

// Pooled rows `first` to `last`: each gradient goes to the largest value of its cell, the other three get 0.
inline void spread_pooled(int channels, int first, int last, const Map& pooled, const float* gradient,
                          const uint8_t* winners, size_t out_row, size_t out_column, float* out, float* sums) {
    const size_t plane = static_cast<size_t>(pooled.height) * pooled.width;
    for (int c = 0; c < channels; ++c) {
        Floats total = load(sums + c * lanes);
        for (int row = first; row < last; ++row) {
            const size_t cells = c * plane + static_cast<size_t>(row) * pooled.width;
            float* upper = out + static_cast<size_t>(2 * (row - first)) * out_row + c * lanes;
            for (int column = 0; column < pooled.width; ++column, upper += 2 * out_column) {
                Floats slopes[4];
                total += unpool_cell(winners + (cells + column) * winner_bytes,
                                     load(gradient + (cells + column) * lanes), slopes);
                float* lower = upper + out_row;
                store(upper, slopes[0]);
                store(upper + out_column, slopes[1]);
                store(lower, slopes[2]);
                store(lower + out_column, slopes[3]);
            }
        }
        store(sums + c * lanes, total);
    }
}

inline void spread_plain(int channels, int first, int last, const Map& map, const float* gradient, const Map& value_map,
                         const float* values, size_t out_row, size_t out_column, float* out, float* sums) {
    const size_t plane = static_cast<size_t>(map.height) * map.width * lanes;
    const size_t value_plane = static_cast<size_t>(value_map.rows) * value_map.columns * lanes;
    for (int c = 0; c < channels; ++c) {
        Floats total = load(sums + c * lanes);
        for (int row = first; row < last; ++row) {
            const float* from = gradient + c * plane + static_cast<size_t>(row) * map.width * lanes;
            const float* value =
                values ? values + c * value_plane +
                             (static_cast<size_t>(row + value_map.top) * value_map.columns + value_map.left) * lanes
                       : nullptr;
            float* to = out + static_cast<size_t>(row - first) * out_row + c * lanes;
            for (int column = 0; column < map.width; ++column, to += out_column) {
                Floats slope = load(from + column * lanes);
                if (value) slope = keep_where(load(value + column * lanes) > Floats{}, slope);
                total += slope;
                store(to, slope);
            }
        }
        store(sums + c * lanes, total);
    }
}

inline void add_lanes(size_t count, const float* sums, float* out) {
    size_t k = 0;
    for (; k + lanes <= count; k += lanes) {
        Floats vectors[lanes];
#pragma GCC unroll 16
        for (int i = 0; i < lanes; ++i) vectors[i] = load(sums + (k + i) * lanes);
        store_loose(out + k, load_loose(out + k) + sum_lanes(vectors));
    }
    for (; k < count; ++k) {
        Floats vectors[lanes] = {load(sums + k * lanes)};
        out[k] += sum_lanes(vectors)[0];
    }
}

}  // namespace convlens::CONVLENS_VARIANT
