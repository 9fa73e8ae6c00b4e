// Activations over whole maps. Each kind is a structure in kernels/activations/<its word>.hpp, which CMake finds:
//
//     numbers             the number of its parameters: none, or a slope from 0 to 1
//     slope_from_result   whether the derivative is computed from the result instead of the input
//     apply(x, number)    the result
//     slope(v, number)    the derivative, where v is the result or the input
#pragma once

#include "../kernels.hpp"
#include "exponential.hpp"
#include "lanes.hpp"
#include "pool.hpp"

// One #include for each kind.
#include "activation_files.inc"

namespace convlens::CONVLENS_VARIANT {

template <typename Kind>
void activate(float number, const Map& in_map, const float* in, const Map& out_map, float* out) {
    for (int c = 0; c < in_map.channels; ++c) {
        for (int row = 0; row < in_map.height; ++row) {
            const float* from = inside(in_map, c, in) + static_cast<size_t>(row) * in_map.columns * lanes;
            float* to = inside(out_map, c, out) + static_cast<size_t>(row) * out_map.columns * lanes;
            for (int k = 0; k < in_map.width * lanes; k += lanes)
                store(to + k, Kind::apply(load(from + k), splat(number)));
        }
    }
}

template <typename Kind>
void activation_gradient(float number, const Map& map, const float* values, const float* gradient, float* out) {
    for (int c = 0; c < map.channels; ++c) {
        for (int row = 0; row < map.height; ++row) {
            const float* value = inside(map, c, values) + static_cast<size_t>(row) * map.columns * lanes;
            for (int k = 0; k < map.width; ++k, gradient += lanes, out += lanes)
                store(out, load(gradient) * Kind::slope(load(value + k * lanes), splat(number)));
        }
    }
}

constexpr ActivationKernels activations[] = {
#define ACTIVATION(word)                                                                \
    {#word, activation_kinds::word::numbers, activation_kinds::word::slope_from_result, \
     activate<activation_kinds::word>, activation_gradient<activation_kinds::word>},
#include "activation_list.inc"
#undef ACTIVATION
};

}  // namespace convlens::CONVLENS_VARIANT
