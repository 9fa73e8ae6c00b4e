// One image at a time: a tile with one image would leave fifteen of sixteen lanes empty, so here the lanes are output
// channels (height × width × channels), and a value of the input is broadcast to them.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"
#include "pool.hpp"

namespace convlens::CONVLENS_VARIANT {

template <int positions>
CONVLENS_INLINE void single_block(const SingleSweep& s, const float* const (&in)[positions],
                                  float* const (&out)[positions]) {
    const float* weights = s.weights;
    for (int v = 0; v < s.vectors; ++v) {
        Floats sums[positions];
#pragma GCC unroll 8
        for (int p = 0; p < positions; ++p) sums[p] = load(s.bias + v * lanes);
        for (int tap = 0; tap < s.taps; ++tap, weights += lanes) {
            const Floats weight = load(weights);
            const ptrdiff_t offset = s.offsets[tap];
#pragma GCC unroll 8
            for (int p = 0; p < positions; ++p) sums[p] += weight * splat(in[p][offset]);
        }
#pragma GCC unroll 8
        for (int p = 0; p < positions; ++p) {
            if (s.relu) sums[p] = above_zero(sums[p]);
            store(out[p] + v * lanes, sums[p]);
        }
    }
}

inline void single_sweep(const SingleSweep& s, const float* in, float* out) {
    constexpr int positions = 8;
    for (int row = 0; row < s.rows; ++row) {
        const float* from = in + static_cast<ptrdiff_t>(row) * s.in_row;
        float* to = out + static_cast<ptrdiff_t>(row) * s.out_row;
        int column = 0;
        for (; column + positions <= s.columns; column += positions) {
            const float* ins[positions];
            float* outs[positions];
            for (int p = 0; p < positions; ++p) {
                ins[p] = from + static_cast<ptrdiff_t>(column + p) * s.in_column;
                outs[p] = to + static_cast<ptrdiff_t>(column + p) * s.out_column;
            }
            single_block<positions>(s, ins, outs);
        }
        for (; column + 2 <= s.columns; column += 2) {
            const float* const ins[2] = {from + static_cast<ptrdiff_t>(column) * s.in_column,
                                         from + static_cast<ptrdiff_t>(column + 1) * s.in_column};
            float* const outs[2] = {to + static_cast<ptrdiff_t>(column) * s.out_column,
                                    to + static_cast<ptrdiff_t>(column + 1) * s.out_column};
            single_block<2>(s, ins, outs);
        }
        if (column < s.columns) {
            const float* const ins[1] = {from + static_cast<ptrdiff_t>(column) * s.in_column};
            float* const outs[1] = {to + static_cast<ptrdiff_t>(column) * s.out_column};
            single_block<1>(s, ins, outs);
        }
    }
}

inline void single_dense(int inputs, int vectors, const float* weights, const float* bias, const float* in,
                         float* out) {
    constexpr int parts = 4;
    const float* row = weights;
    for (int v = 0; v < vectors; ++v) {
        Floats sums[parts] = {load(bias + v * lanes)};
        int k = 0;
        for (; k + parts <= inputs; k += parts)
#pragma GCC unroll 4
            for (int p = 0; p < parts; ++p, row += lanes) sums[p] += load(row) * splat(in[k + p]);
        for (; k < inputs; ++k, row += lanes) sums[0] += load(row) * splat(in[k]);
        store(out + v * lanes, (sums[0] + sums[1]) + (sums[2] + sums[3]));
    }
}

template <bool largest>
void single_pool(const Pooling& p, int in_row, int in_column, int out_row, int out_column, int vectors, const float* in,
                 float* out) {
    const Floats share = splat(1.0f / static_cast<float>(p.kernel_height * p.kernel_width));
    for (int row = 0; row < p.out.height; ++row) {
        for (int column = 0; column < p.out.width; ++column) {
            const Covered at = covered(p, row, column);
            for (int v = 0; v < vectors; ++v) {
                const float* from = in + v * lanes;
                Floats result = largest ? load(from + at.top * in_row + at.left * in_column) : Floats{};
                for (int y = at.top; y < at.bottom; ++y)
                    for (int x = at.left; x < at.right; ++x) {
                        const Floats value = load(from + y * in_row + x * in_column);
                        result = largest ? larger(result, value) : result + value;
                    }
                store(out + row * out_row + column * out_column + v * lanes, largest ? result : result * share);
            }
        }
    }
}

inline void single_max_pool(const Pooling& p, int in_row, int in_column, int out_row, int out_column, int vectors,
                            const float* in, float* out) {
    single_pool<true>(p, in_row, in_column, out_row, out_column, vectors, in, out);
}

inline void single_average_pool(const Pooling& p, int in_row, int in_column, int out_row, int out_column, int vectors,
                                const float* in, float* out) {
    single_pool<false>(p, in_row, in_column, out_row, out_column, vectors, in, out);
}

}  // namespace convlens::CONVLENS_VARIANT
