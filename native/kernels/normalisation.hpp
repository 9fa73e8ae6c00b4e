// Batch normalisation: sums over a tile, which the engine combines over the batch, and the kernels that use them.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"
#include "pool.hpp"

namespace convlens::CONVLENS_VARIANT {

// A sum in four parts, so that no addition waits for the one before it.
constexpr int parts = 4;
CONVLENS_INLINE Floats sum_parts(const Floats (&sums)[parts]) { return sums[0] + sums[1] + (sums[2] + sums[3]); }

// Visits every value of a channel, with the part that it belongs to.
template <typename Visit>
CONVLENS_INLINE void for_rows(const Map& map, int channel, const float* values, Visit visit) {
    for (int row = 0; row < map.height; ++row) {
        const float* from = inside(map, channel, values) + static_cast<size_t>(row) * map.columns * lanes;
        int column = 0;
        for (; column + parts <= map.width; column += parts)
#pragma GCC unroll 4
            for (int part = 0; part < parts; ++part) visit(load(from + (column + part) * lanes), part);
        for (; column < map.width; ++column) visit(load(from + column * lanes), 0);
    }
}

CONVLENS_INLINE double sum_in_double(Floats values) {
    double sum = 0;
    for (int l = 0; l < lanes; ++l) sum += static_cast<double>(values[l]);
    return sum;
}

inline void moments(const Map& map, const float* in, int images, double* means, double* squares) {
    const Ints used = first_lanes(images);
    const double count = static_cast<double>(map.height) * map.width * images;
    for (int c = 0; c < map.channels; ++c) {
        Floats sum[parts] = {};
        for_rows(map, c, in, [&](Floats value, int part) { sum[part] += value; });
        const double mean = sum_in_double(keep_where(used, sum_parts(sum))) / count;
        const Floats middle = splat(static_cast<float>(mean));
        Floats square[parts] = {}, rest[parts] = {};
        for_rows(map, c, in, [&](Floats value, int part) {
            const Floats distance = value - middle;
            square[part] += distance * distance;
            rest[part] += distance;
        });
        // The mean was rounded to float; the remaining sum of distances corrects mean and squares.
        const double left = sum_in_double(keep_where(used, sum_parts(rest))) / count;
        means[c] = static_cast<double>(middle[0]) + left;
        squares[c] = sum_in_double(keep_where(used, sum_parts(square))) - count * left * left;
    }
}

template <bool relu>
void scale_shift_maps(const Map& in_map, const float* in, const float* scale, const float* shift, const Map& out_map,
                      float* out) {
    for (int c = 0; c < in_map.channels; ++c) {
        const Floats by = splat(scale[c]), plus = splat(shift[c]);
        for (int row = 0; row < in_map.height; ++row) {
            const float* from = inside(in_map, c, in) + static_cast<size_t>(row) * in_map.columns * lanes;
            float* to = inside(out_map, c, out) + static_cast<size_t>(row) * out_map.columns * lanes;
            for (int k = 0; k < in_map.width * lanes; k += lanes) {
                const Floats value = load(from + k) * by + plus;
                store(to + k, relu ? above_zero(value) : value);
            }
        }
    }
}

inline void scale_shift(bool relu, const Map& in_map, const float* in, const float* scale, const float* shift,
                        const Map& out_map, float* out) {
    (relu ? scale_shift_maps<true> : scale_shift_maps<false>)(in_map, in, scale, shift, out_map, out);
}

// The gradient before relu, for a value that was scaled and shifted.
template <bool relu>
CONVLENS_INLINE Floats through_relu(const float* gradient, Floats value, Floats by, Floats plus) {
    const Floats slope = load(gradient);
    return relu ? keep_where(value * by + plus > Floats{}, slope) : slope;
}

template <bool relu>
void sums_of_maps(const Map& map, const float* in, const float* gradient, const float* scale, const float* shift,
                  const float* mean, const float* inverse_deviation, double* sums, double* products) {
    for (int c = 0; c < map.channels; ++c) {
        const Floats middle = splat(mean[c]), inverse = splat(inverse_deviation[c]);
        const Floats by = splat(scale[c]), plus = splat(shift[c]);
        Floats sum[parts] = {}, product[parts] = {};
        for_rows(map, c, in, [&](Floats value, int part) {
            const Floats slope = through_relu<relu>(gradient, value, by, plus);
            gradient += lanes;
            sum[part] += slope;
            product[part] += slope * ((value - middle) * inverse);
        });
        sums[c] += sum_in_double(sum_parts(sum));
        products[c] += sum_in_double(sum_parts(product));
    }
}

inline void normalisation_sums(bool relu, const Map& map, const float* in, const float* gradient, const float* scale,
                               const float* shift, const float* mean, const float* inverse_deviation, double* sums,
                               double* products) {
    (relu ? sums_of_maps<true> : sums_of_maps<false>)(map, in, gradient, scale, shift, mean, inverse_deviation, sums,
                                                      products);
}

template <bool relu>
void gradient_of_maps(const Map& map, const float* in, const float* gradient, const float* scale, const float* shift,
                      int images, const float* a, const float* b, const float* c, float* out) {
    const Ints used = first_lanes(images);
    for (int channel = 0; channel < map.channels; ++channel) {
        const Floats by_gradient = splat(a[channel]), by_value = splat(b[channel]), plus = splat(c[channel]);
        const Floats scaled = splat(scale[channel]), shifted = splat(shift[channel]);
        for_rows(map, channel, in, [&](Floats value, int) {
            const Floats slope = through_relu<relu>(gradient, value, scaled, shifted);
            store(out, keep_where(used, by_gradient * slope + by_value * value + plus));
            gradient += lanes;
            out += lanes;
        });
    }
}

inline void normalisation_gradient(bool relu, const Map& map, const float* in, const float* gradient,
                                   const float* scale, const float* shift, int images, const float* a, const float* b,
                                   const float* c, float* out) {
    (relu ? gradient_of_maps<true> : gradient_of_maps<false>)(map, in, gradient, scale, shift, images, a, b, c, out);
}

}  // namespace convlens::CONVLENS_VARIANT
