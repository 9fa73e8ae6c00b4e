// Dense layers on a tile: a weight is broadcast to all images; for the gradient of the weights the tile is transposed.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

// With few outputs, additions would wait for each other, so each output has several partial sums.
template <int outputs>
void dense_block(int inputs, const float* weights, const float* bias, const float* in, float* out) {
    constexpr int parts = outputs >= 8 ? 1 : outputs >= 4 ? 2 : 4;
    Floats sums[parts][outputs] = {};
    const float* rows[outputs];
    for (int o = 0; o < outputs; ++o) rows[o] = weights + static_cast<size_t>(o) * inputs;
    int f = 0;
    for (; f + parts <= inputs; f += parts) {
#pragma GCC unroll 4
        for (int p = 0; p < parts; ++p) {
            const Floats value = load(in + static_cast<size_t>(f + p) * lanes);
#pragma GCC unroll 10
            for (int o = 0; o < outputs; ++o) sums[p][o] += value * splat(rows[o][f + p]);
        }
    }
    for (; f < inputs; ++f) {
        const Floats value = load(in + static_cast<size_t>(f) * lanes);
        for (int o = 0; o < outputs; ++o) sums[0][o] += value * splat(rows[o][f]);
    }
    for (int o = 0; o < outputs; ++o) {
        Floats total = sums[0][o];
        for (int p = 1; p < parts; ++p) total += sums[p][o];
        store(out + o * lanes, total + splat(bias[o]));
    }
}

inline void dense(int outputs, int inputs, const float* weights, const float* bias, const float* in, float* out) {
    constexpr int most = CONVLENS_REGISTERS == 32 ? 10 : 8;
    while (outputs > 0) {
        const int now = outputs <= most ? outputs : 8;
        switch (now) {
            case 1: dense_block<1>(inputs, weights, bias, in, out); break;
            case 2: dense_block<2>(inputs, weights, bias, in, out); break;
            case 3: dense_block<3>(inputs, weights, bias, in, out); break;
            case 4: dense_block<4>(inputs, weights, bias, in, out); break;
            case 5: dense_block<5>(inputs, weights, bias, in, out); break;
            case 6: dense_block<6>(inputs, weights, bias, in, out); break;
            case 7: dense_block<7>(inputs, weights, bias, in, out); break;
            case 8: dense_block<8>(inputs, weights, bias, in, out); break;
            case 9: dense_block<9>(inputs, weights, bias, in, out); break;
            default: dense_block<10>(inputs, weights, bias, in, out); break;
        }
        outputs -= now;
        weights += static_cast<size_t>(now) * inputs;
        bias += now;
        out += now * lanes;
    }
}

template <int count>
CONVLENS_INLINE void dense_input_block(int outputs, int inputs, const float* weights, const float* gradient,
                                       float* out) {
    Floats sums[count] = {};
    for (int o = 0; o < outputs; ++o, weights += inputs) {
        const Floats slope = load(gradient + o * lanes);
#pragma GCC unroll 8
        for (int k = 0; k < count; ++k) sums[k] += slope * splat(weights[k]);
    }
#pragma GCC unroll 8
    for (int k = 0; k < count; ++k) store(out + k * lanes, sums[k]);
}

inline void dense_input_gradient(int outputs, int inputs, const float* weights, const float* gradient, float* out) {
    int f = 0;
    for (; f + 8 <= inputs; f += 8)
        dense_input_block<8>(outputs, inputs, weights + f, gradient, out + static_cast<size_t>(f) * lanes);
    for (; f < inputs; ++f)
        dense_input_block<1>(outputs, inputs, weights + f, gradient, out + static_cast<size_t>(f) * lanes);
}

// weights[output][first ... first + vectors · lanes) += Σ over images, for a few outputs at a time.
template <int outputs, int vectors>
CONVLENS_INLINE void dense_weight_block(int inputs, int used, const float* images, size_t image_step,
                                        const float* gradient, float* weights) {
    Floats sums[outputs][vectors] = {};
    for (int l = 0; l < lanes; ++l) {
        const float* image = images + l * image_step;
        Floats values[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) values[v] = load(image + v * lanes);
#pragma GCC unroll 8
        for (int o = 0; o < outputs; ++o) {
            const Floats slope = splat(gradient[o * lanes + l]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) sums[o][v] += slope * values[v];
        }
    }
#pragma GCC unroll 8
    for (int o = 0; o < outputs; ++o) {
        float* row = weights + static_cast<size_t>(o) * inputs;
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            if (used >= (v + 1) * lanes) {
                store_loose(row + v * lanes, load_loose(row + v * lanes) + sums[o][v]);
            } else {
                for (int k = v * lanes; k < used; ++k) row[k] += sums[o][v][k - v * lanes];
            }
        }
    }
}

template <int outputs>
void dense_weight_rows(int inputs, const float* images, size_t image_step, const float* gradient, float* weights) {
    int f = 0;
    for (; f + 2 * lanes <= inputs; f += 2 * lanes)
        dense_weight_block<outputs, 2>(inputs, 2 * lanes, images + f, image_step, gradient, weights + f);
    for (; f < inputs; f += lanes) {
        const int used = inputs - f < lanes ? inputs - f : lanes;
        dense_weight_block<outputs, 1>(inputs, used, images + f, image_step, gradient, weights + f);
    }
}

inline void dense_weight_gradient(int outputs, int inputs, const float* in, const float* gradient, float* workspace,
                                  float* weights, float* bias) {
    const size_t step = static_cast<size_t>((inputs + lanes - 1) / lanes) * lanes;
    for (int f = 0; f < inputs; f += lanes) {
        Floats rows[lanes];
        for (int k = 0; k < lanes; ++k)
            rows[k] = f + k < inputs ? load(in + static_cast<size_t>(f + k) * lanes) : Floats{};
        transpose(rows);
        for (int k = 0; k < lanes; ++k) store(workspace + k * step + f, rows[k]);
    }
    int o = 0;
    for (; o + 5 <= outputs; o += 5)
        dense_weight_rows<5>(inputs, workspace, step, gradient + o * lanes, weights + static_cast<size_t>(o) * inputs);
    for (; o < outputs; ++o)
        dense_weight_rows<1>(inputs, workspace, step, gradient + o * lanes, weights + static_cast<size_t>(o) * inputs);
    for (o = 0; o < outputs; ++o) {
        Floats vectors[lanes] = {load(gradient + o * lanes)};
        bias[o] += sum_lanes(vectors)[0];
    }
}

}  // namespace convlens::CONVLENS_VARIANT
