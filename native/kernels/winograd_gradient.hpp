// The gradient of a 3×3 convolution's weights by Winograd's algorithm, the reverse of winograd.hpp: a cell of 2×2
// gradients and the 4×4 values under it are transformed, 16 instead of 36 products for each pair of channels are added
// up over all cells, and the sums are transformed back into the 3×3 numbers of a kernel.
//
// The rows of the 4×4 transformed numbers are processed one by one, each for as many cells as fit into the cache.
#pragma once

#include "../kernels.hpp"
#include "cell.hpp"
#include "lanes.hpp"
#include "weights.hpp"
#include "winograd.hpp"

namespace convlens::CONVLENS_VARIANT {

// Row `row` of the transformed values. The last row has the opposite sign to winograd.hpp, and so has the last row of
// the gradients, so that no gradient has to be negated. The same is true of columns.
template <int row>
CONVLENS_INLINE void gradient_inputs(const WinogradGradient& w, const float* at, size_t step, float* to) {
    constexpr int first[4] = {0, 1, 2, 3}, second[4] = {2, 2, 1, 1};
    Floats v[4];
#pragma GCC unroll 4
    for (int x = 0; x < 4; ++x) {
        const Floats a = load(at + static_cast<ptrdiff_t>(first[row]) * w.in_row + x * w.in_column);
        const Floats b = load(at + static_cast<ptrdiff_t>(second[row]) * w.in_row + x * w.in_column);
        v[x] = row == 1 ? a + b : a - b;
    }
    store(to, v[0] - v[2]);
    store(to + step, v[1] + v[2]);
    store(to + 2 * step, v[2] - v[1]);
    store(to + 3 * step, v[3] - v[1]);
}

template <int row>
CONVLENS_INLINE void gradient_slopes(const WinogradGradient& w, const float* at, size_t step, float* to) {
    Floats s[2];
#pragma GCC unroll 2
    for (int x = 0; x < 2; ++x) {
        const float* from = at + x * w.slopes_column;
        if (row == 0) s[x] = load(from);
        if (row == 1) s[x] = load(from) + load(from + w.slopes_row);
        if (row == 2) s[x] = load(from) - load(from + w.slopes_row);
        if (row == 3) s[x] = load(from + w.slopes_row);
    }
    store(to, s[0]);
    store(to + step, s[0] + s[1]);
    store(to + 2 * step, s[0] - s[1]);
    store(to + 3 * step, s[1]);
}

// The parts of the workspace: values [column of four][channel][cell], slopes [column][block][cell][channel of the
// block], products [input channel][channel of the block], and sums as single numbers [block][16][input channel][channel
// of the block].
struct GradientParts {
    float *values, *slopes, *products, *sums;
    size_t values_step, slopes_step, plane;

    GradientParts(const WinogradGradient& w, float* workspace) {
        values_step = static_cast<size_t>(w.in_channels) * w.together * lanes;
        slopes_step = static_cast<size_t>(w.channels) * w.together * lanes;
        plane = (static_cast<size_t>(w.in_channels) * w.width + lanes - 1) / lanes * lanes;
        sums = workspace;
        products = sums + (w.channels + w.width - 1) / w.width * 16 * plane;
        values = products + static_cast<size_t>(w.in_channels) * w.width * lanes;
        slopes = values + 4 * values_step;
    }
};

// A cell's index, and the position of its first output.
struct Cell {
    int number = 0;
    ptrdiff_t y = 0, x = 0;

    void go_on(const WinogradGradient& w) {
        ++number, x += 2;
        if (x == 2 * w.columns) x = 0, y += 2;
    }
};

// Processes one row of the transformed numbers of `cells` cells.
template <int row>
void gradient_row(const WinogradGradient& w, int cells, const float* in, const float* slopes,
                  const GradientParts& parts) {
    for (int i = 0; i < w.in_channels; ++i) {
        float* to = parts.values + w.value_offsets[i];
        for (Cell cell; cell.number < cells; cell.go_on(w), to += lanes)
            gradient_inputs<row>(w, in + w.offsets[i] + cell.y * w.in_row + cell.x * w.in_column, parts.values_step,
                                 to);
    }
    for (int channel = 0; channel < w.channels; channel += w.width, slopes += w.slopes_block) {
        const int size = w.channels - channel < w.width ? w.channels - channel : w.width;
        float* to = parts.slopes + static_cast<size_t>(channel) * w.together * lanes;
        for (Cell cell; cell.number < cells; cell.go_on(w)) {
            const float* at = slopes + cell.y * w.slopes_row + cell.x * w.slopes_column;
            for (int c = 0; c < size; ++c, at += lanes, to += lanes) gradient_slopes<row>(w, at, parts.slopes_step, to);
        }
    }
    WeightSweep sweep;
    sweep.rows = 1;
    sweep.adds = false;
    sweep.columns = cells;
    sweep.in_column = lanes;
    sweep.taps = w.in_channels;
    sweep.offsets = w.value_offsets;
    for (int x = 0; x < 4; ++x)
        for (int channel = 0; channel < w.channels; channel += w.width) {
            sweep.channels = w.channels - channel < w.width ? w.channels - channel : w.width;
            sweep.gradient_column = static_cast<size_t>(sweep.channels) * lanes;
            const size_t count = static_cast<size_t>(w.in_channels) * sweep.channels;
            weight_sweep(sweep, parts.values + x * parts.values_step,
                         parts.slopes + x * parts.slopes_step + static_cast<size_t>(channel) * w.together * lanes,
                         parts.products);
            add_lanes(count, parts.products, parts.sums + (channel / w.width * 16 + 4 * row + x) * parts.plane);
        }
}

// The inverse transform of four sums to three numbers, `step` apart, in place.
CONVLENS_INLINE void transform_back(float* at, size_t step) {
    const Floats half = splat(0.5f), b = load(at + step), c = load(at + 2 * step);
    const Floats even = half * (b + c);
    store(at, load(at) + even);
    store(at + step, half * (b - c));
    store(at + 2 * step, even + load(at + 3 * step));
}

// Adds the sums of one block of channels to its packed gradients, [input channel][tap][channel].
inline void gradient_kernels(size_t count, size_t plane, int size, float* sums, float* gradients) {
    for (size_t k = 0; k < count; k += lanes) {
        for (int x = 0; x < 4; ++x) transform_back(sums + k + x * plane, 4 * plane);
        for (int y = 0; y < 3; ++y) transform_back(sums + k + 4 * y * plane, plane);
    }
    for (size_t first = 0; first < count; first += size)
        for (int tap = 0; tap < 9; ++tap, gradients += size) {
            const float* from = sums + (tap / 3 * 4 + tap % 3) * plane + first;
            for (int c = 0; c < size; ++c) gradients[c] += from[c];
        }
}

// Adds the products of `rows` rows of cells to the sums at the beginning of the workspace.
inline void winograd_gradient(const WinogradGradient& w, int rows, const float* in, const float* slopes,
                              float* workspace) {
    const GradientParts parts(w, workspace);
    const int cells = rows * w.columns;
    gradient_row<0>(w, cells, in, slopes, parts);
    gradient_row<1>(w, cells, in, slopes, parts);
    gradient_row<2>(w, cells, in, slopes, parts);
    gradient_row<3>(w, cells, in, slopes, parts);
}

// Adds the sums to the gradients of the weights.
inline void winograd_gradient_back(const WinogradGradient& w, float* workspace, float* gradients) {
    const GradientParts parts(w, workspace);
    float* sums = parts.sums;
    for (int channel = 0; channel < w.channels; channel += w.width, sums += 16 * parts.plane) {
        const int size = w.channels - channel < w.width ? w.channels - channel : w.width;
        gradient_kernels(static_cast<size_t>(w.in_channels) * size, parts.plane, size, sums, gradients);
        gradients += static_cast<size_t>(9) * w.in_channels * size;
    }
}

}  // namespace convlens::CONVLENS_VARIANT
