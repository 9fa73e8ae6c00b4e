// Convolution with 3×3 kernels by Winograd's minimal filtering F(2×2, 3×3): 16 multiplications give four outputs
// instead of 36.
//
// The 4×4 values under four neighbouring window positions are transformed (only additions), multiplied by transformed
// weights for all pairs of channels, and the sums are transformed back: Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks" (2015), with S. Winograd's algorithm of 1980. The coefficients are 1 and 1/2, so
// rounding errors are hardly larger than those of the plain sum. The method is faster only if a transformed value is
// used for several output channels.
#pragma once

#include "../kernels.hpp"
#include "cell.hpp"
#include "lanes.hpp"
#include "sweep.hpp"

namespace convlens::CONVLENS_VARIANT {

CONVLENS_INLINE void transform_in(Floats& a, Floats& b, Floats& c, Floats& d) {
    const Floats first = a - c, second = b + c, third = c - b, fourth = b - d;
    a = first, b = second, c = third, d = fourth;
}

// The transformed 4×4 values under four neighbouring window positions.
CONVLENS_INLINE void load_patch(const Winograd& w, const float* from, Floats (&patch)[4][4]) {
#pragma GCC unroll 4
    for (int y = 0; y < 4; ++y) {
#pragma GCC unroll 4
        for (int x = 0; x < 4; ++x)
            patch[y][x] = load(from + static_cast<ptrdiff_t>(y) * w.in_row + static_cast<ptrdiff_t>(x) * w.in_column);
        transform_in(patch[y][0], patch[y][1], patch[y][2], patch[y][3]);
    }
#pragma GCC unroll 4
    for (int x = 0; x < 4; ++x) transform_in(patch[0][x], patch[1][x], patch[2][x], patch[3][x]);
}

// values[frequency][channel][position]
template <int positions>
CONVLENS_INLINE void winograd_inputs(const Winograd& w, const float* const (&at)[positions], float* values) {
    const size_t step = static_cast<size_t>(w.in_channels) * positions * lanes;
    for (int i = 0; i < w.in_channels; ++i) {
#pragma GCC unroll 3
        for (int p = 0; p < positions; ++p) {
            Floats patch[4][4];
            load_patch(w, at[p] + w.offsets[i], patch);
            float* to = values + (static_cast<size_t>(i) * positions + p) * lanes;
#pragma GCC unroll 4
            for (int y = 0; y < 4; ++y)
#pragma GCC unroll 4
                for (int x = 0; x < 4; ++x) store(to + (4 * y + x) * step, patch[y][x]);
        }
    }
}

// products[frequency][channel][position] = Σ over input channels
template <int channels, int positions>
CONVLENS_INLINE void winograd_products(const Winograd& w, const float* values, const float* weights, int stride,
                                       float* products) {
    for (int f = 0; f < 16; ++f) {
        Floats sums[channels][positions] = {};
        for (int i = 0; i < w.in_channels; ++i, weights += stride) {
            Floats value[positions];
#pragma GCC unroll 3
            for (int p = 0; p < positions; ++p, values += lanes) value[p] = load(values);
#pragma GCC unroll 8
            for (int c = 0; c < channels; ++c) {
                const Floats weight = splat(weights[c]);
#pragma GCC unroll 3
                for (int p = 0; p < positions; ++p) sums[c][p] += value[p] * weight;
            }
        }
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c)
#pragma GCC unroll 3
            for (int p = 0; p < positions; ++p, products += lanes) store(products, sums[c][p]);
    }
}

// Four outputs of one channel at one position: [row][column].
template <int channels, int positions>
CONVLENS_INLINE void winograd_outputs(const float* products, Floats bias, Floats (&out)[4]) {
    constexpr size_t step = static_cast<size_t>(channels) * positions * lanes;
    Floats half[4][2];
#pragma GCC unroll 4
    for (int y = 0; y < 4; ++y) {
        const float* row = products + 4 * y * step;
        const Floats b = load(row + step), c = load(row + 2 * step);
        half[y][0] = load(row) + b + c;
        half[y][1] = b - c - load(row + 3 * step);
    }
#pragma GCC unroll 2
    for (int x = 0; x < 2; ++x) {
        out[x] = half[0][x] + half[1][x] + half[2][x] + bias;
        out[2 + x] = half[1][x] - half[2][x] - half[3][x] + bias;
    }
}

template <int positions>
struct WinogradPlaces {
    const float* in[positions];
    float* out[positions];
    uint8_t* winners[positions];
    int rows[positions], columns[positions];  // of the four outputs that exist
};

// Writes four outputs of one channel as one pooled cell, or those that exist into the map.
template <int positions>
CONVLENS_INLINE void write_outputs(const Winograd& w, const WinogradPlaces<positions>& places, int p, int channel,
                                   const Floats (&sums)[4]) {
    float* to = places.out[p] + channel * w.out_channel;
    if (w.pool) {
        uint8_t* won = places.winners[p] ? places.winners[p] + channel * w.winners_channel : nullptr;
        store(to, pool_cell(sums, w.relu, won));
        return;
    }
    const auto write = [&](int y, int x) {
        float* at = to + static_cast<ptrdiff_t>(y) * w.out_row + static_cast<ptrdiff_t>(x) * w.out_column;
        const Floats value = w.adds ? load(at) + sums[2 * y + x] : sums[2 * y + x];
        store(at, w.relu ? above_zero(value) : value);
    };
    write(0, 0);
    if (places.columns[p] == 2) write(0, 1);
    if (places.rows[p] == 2) write(1, 0);
    if (places.rows[p] == 2 && places.columns[p] == 2) write(1, 1);
}

template <int channels, int positions>
void winograd_channels(const Winograd& w, const WinogradPlaces<positions>& places, int channel, const float* weights,
                       int stride, const float* values, float* products) {
    winograd_products<channels, positions>(w, values, weights, stride, products);
    for (int c = 0; c < channels; ++c) {
        const Floats bias = w.bias ? splat(w.bias[channel + c]) : Floats{};
        for (int p = 0; p < positions; ++p) {
            Floats sums[4];
            winograd_outputs<channels, positions>(products + (static_cast<size_t>(c) * positions + p) * lanes, bias,
                                                  sums);
            write_outputs<positions>(w, places, p, channel + c, sums);
        }
    }
}

template <int positions>
void winograd_places(const Winograd& w, const WinogradPlaces<positions>& places, float* workspace) {
    float* values = workspace;
    float* products = workspace + static_cast<size_t>(16) * w.in_channels * positions * lanes;
    winograd_inputs<positions>(w, places.in, values);
    for (int first = 0; first < w.channels; first += block) {
        const int size = w.channels - first < block ? w.channels - first : block;
        const float* weights = w.weights + static_cast<size_t>(first) * 16 * w.in_channels;
        int channel = first;
        if (size == block) {
            winograd_channels<block, positions>(w, places, channel, weights, size, values, products);
            continue;
        }
        if (block > 4 && size & 4) {
            winograd_channels<4, positions>(w, places, channel, weights, size, values, products);
            channel += 4, weights += 4;
        }
        if (size & 2) {
            winograd_channels<2, positions>(w, places, channel, weights, size, values, products);
            channel += 2, weights += 2;
        }
        if (size & 1) winograd_channels<1, positions>(w, places, channel, weights, size, values, products);
    }
}

template <int positions>
CONVLENS_INLINE WinogradPlaces<positions> places_from(const Winograd& w, int first, const float* in, float* out,
                                                      uint8_t* winners) {
    WinogradPlaces<positions> places;
    for (int p = 0; p < positions; ++p) {
        const int row = (first + p) / w.columns, column = (first + p) % w.columns;
        places.in[p] =
            in + static_cast<ptrdiff_t>(2 * row) * w.in_row + static_cast<ptrdiff_t>(2 * column) * w.in_column;
        const int step = w.pool ? 1 : 2;
        places.out[p] =
            out + static_cast<ptrdiff_t>(step * row) * w.out_row + static_cast<ptrdiff_t>(step * column) * w.out_column;
        places.winners[p] = winners ? winners + static_cast<size_t>(first + p) * winner_bytes : nullptr;
        places.rows[p] = 2 * row + 1 < w.height ? 2 : 1;
        places.columns[p] = 2 * column + 1 < w.width ? 2 : 1;
    }
    return places;
}

// One input channel: there is no sum over channels, so the sixteen values stay in registers. The bias is added to the
// second row of frequencies, which is part of all four outputs.
inline void winograd_from_one(const Winograd& w, const float* in, float* out, uint8_t* winners) {
    for (int cell = 0; cell < w.rows * w.columns; ++cell) {
        const auto places = places_from<1>(w, cell, in, out, winners);
        Floats v[4][4];
        load_patch(w, places.in[0], v);
        for (int channel = 0; channel < w.channels; ++channel) {
            const int size = w.channels - channel / block * block < block ? w.channels % block : block;
            const float* weights = w.weights + static_cast<size_t>(channel / block * block) * 16 + channel % block;
            const Floats bias = w.bias ? splat(w.bias[channel]) : Floats{};
            Floats half[4][2];
#pragma GCC unroll 4
            for (int y = 0; y < 4; ++y) {
                const float* row = weights + 4 * y * size;
                const Floats second = y == 1 ? bias + v[y][1] * splat(row[size]) : v[y][1] * splat(row[size]);
                const Floats third = v[y][2] * splat(row[2 * size]);
                half[y][0] = second + third + v[y][0] * splat(row[0]);
                half[y][1] = second - third - v[y][3] * splat(row[3 * size]);
            }
            Floats sums[4];
#pragma GCC unroll 2
            for (int x = 0; x < 2; ++x) {
                sums[x] = half[0][x] + half[1][x] + half[2][x];
                sums[2 + x] = half[1][x] - half[2][x] - half[3][x];
            }
            write_outputs<1>(w, places, 0, channel, sums);
        }
    }
}

inline void winograd(const Winograd& w, const float* in, float* out, uint8_t* winners, float* workspace) {
    if (w.in_channels == 1) return winograd_from_one(w, in, out, winners);
    constexpr int together = winograd_positions;
    const int all = w.rows * w.columns;
    for (int first = 0; first + together <= all; first += together)
        winograd_places<together>(w, places_from<together>(w, first, in, out, winners), workspace);
    for (int first = all - all % together; first < all; ++first)
        winograd_places<1>(w, places_from<1>(w, first, in, out, winners), workspace);
}

// Weights of one block of output channels, [frequency][input channel][channel of the block]. `places` has the place of
// each of the nine numbers of each kernel, [input channel][channel][tap].
inline void winograd_weights(const WinogradWeights& w, const float* kernels, float* out) {
    for (int i = 0; i < w.in_channels; ++i)
        for (int c = 0; c < w.channels; ++c) {
            float half[4][3], kernel[3][3];
            for (int k = 0; k < 9; ++k) kernel[k / 3][k % 3] = kernels[w.places[(i * w.channels + c) * 9 + k]];
            for (int x = 0; x < 3; ++x) {
                const float a = kernel[0][x], b = kernel[1][x], d = kernel[2][x];
                half[0][x] = a;
                half[1][x] = 0.5f * (a + b + d);
                half[2][x] = 0.5f * (a - b + d);
                half[3][x] = d;
            }
            for (int y = 0; y < 4; ++y) {
                const float a = half[y][0], b = half[y][1], d = half[y][2];
                const float whole[4] = {a, 0.5f * (a + b + d), 0.5f * (a - b + d), d};
                for (int x = 0; x < 4; ++x)
                    out[(static_cast<size_t>(4 * y + x) * w.in_channels + i) * w.channels + c] = whole[x];
            }
        }
}

}  // namespace convlens::CONVLENS_VARIANT
