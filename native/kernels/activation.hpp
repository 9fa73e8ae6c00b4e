// Activations, dropout and the loss.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"
#include "pool.hpp"

namespace convlens {
namespace CONVLENS_VARIANT {

// exp to about 1 unit in the last place: 2^k · exp(r) with |r| ≤ ln 2 / 2 and a polynomial of degree 7 for exp(r).
CONVLENS_INLINE Floats exponential(Floats x) {
    const Floats low = splat(-87.3f), high = splat(88.7f);
    const Ints is_nan = x != x;
    Floats clamped = x < low ? low : x;
    clamped = clamped > high ? high : clamped;
    const Floats scaled = clamped * splat(1.44269504088896341f);
    const Ints k = __builtin_convertvector(scaled + (scaled < Floats{} ? splat(-0.5f) : splat(0.5f)), Ints);
    const Floats whole = __builtin_convertvector(k, Floats);
    const Floats r = clamped - whole * splat(0.693145751953125f) - whole * splat(1.42860682030941723e-6f);
    Floats sum = splat(1.0f / 5040);
    sum = sum * r + splat(1.0f / 720);
    sum = sum * r + splat(1.0f / 120);
    sum = sum * r + splat(1.0f / 24);
    sum = sum * r + splat(1.0f / 6);
    sum = sum * r + splat(0.5f);
    sum = sum * r * r + r + splat(1.0f);
    // 2^k in two factors, since 2^128 is no float.
    const Ints half = k >> 1;
    const Floats first = (Floats)((half + splat_int(127)) << 23), second = (Floats)((k - half + splat_int(127)) << 23);
    return is_nan ? x : sum * first * second;
}

CONVLENS_INLINE Floats logistic(Floats x) { return splat(1.0f) / (splat(1.0f) + exponential(-x)); }

// From exp(−2|x|); near 0, where that would cancel, by the series.
CONVLENS_INLINE Floats hyperbolic_tangent(Floats x) {
    const Floats size = x < Floats{} ? -x : x;
    const Floats e = exponential(size * splat(-2.0f));
    const Floats far = (splat(1.0f) - e) / (splat(1.0f) + e);
    const Floats s = x * x;
    Floats near = splat(-1382.0f / 155925) * s + splat(62.0f / 2835);
    near = near * s + splat(-17.0f / 315);
    near = near * s + splat(2.0f / 15);
    near = near * s + splat(-1.0f / 3);
    near = (near * s) * size + size;
    const Floats result = size < splat(0.25f) ? near : far;
    return x < Floats{} ? -result : result;
}

template <Activation kind>
CONVLENS_INLINE Floats activated(Floats x, Floats slope) {
    switch (kind) {
        case Activation::relu: return x <= Floats{} ? Floats{} : x;
        case Activation::leaky_relu: return x <= Floats{} ? x * slope : x;
        case Activation::tanh: return hyperbolic_tangent(x);
        default: return logistic(x);
    }
}

// The derivative, from the activation's result.
template <Activation kind>
CONVLENS_INLINE Floats derivative(Floats y, Floats slope) {
    switch (kind) {
        case Activation::relu: return y > Floats{} ? splat(1.0f) : Floats{};
        case Activation::leaky_relu: return y > Floats{} ? splat(1.0f) : slope;
        case Activation::tanh: return splat(1.0f) - y * y;
        default: return y * (splat(1.0f) - y);
    }
}

template <Activation kind>
void activate_all(float slope, const Map& in_map, const float* in, const Map& out_map, float* out) {
    for (int c = 0; c < in_map.channels; ++c) {
        for (int row = 0; row < in_map.height; ++row) {
            const float* from = inside(in_map, c, in) + static_cast<size_t>(row) * in_map.columns * lanes;
            float* to = inside(out_map, c, out) + static_cast<size_t>(row) * out_map.columns * lanes;
            for (int k = 0; k < in_map.width * lanes; k += lanes)
                store(to + k, activated<kind>(load(from + k), splat(slope)));
        }
    }
}

inline void activate(Activation kind, float slope, const Map& in_map, const float* in, const Map& out_map, float* out) {
    switch (kind) {
        case Activation::relu: return activate_all<Activation::relu>(slope, in_map, in, out_map, out);
        case Activation::leaky_relu: return activate_all<Activation::leaky_relu>(slope, in_map, in, out_map, out);
        case Activation::tanh: return activate_all<Activation::tanh>(slope, in_map, in, out_map, out);
        default: return activate_all<Activation::sigmoid>(slope, in_map, in, out_map, out);
    }
}

template <Activation kind>
void activation_gradients(float slope, const Map& map, const float* values, const float* gradient, float* out) {
    for (int c = 0; c < map.channels; ++c) {
        for (int row = 0; row < map.height; ++row) {
            const float* value = inside(map, c, values) + static_cast<size_t>(row) * map.columns * lanes;
            for (int k = 0; k < map.width; ++k, gradient += lanes, out += lanes)
                store(out, load(gradient) * derivative<kind>(load(value + k * lanes), splat(slope)));
        }
    }
}

inline void activation_gradient(Activation kind, float slope, const Map& map, const float* values,
                                const float* gradient, float* out) {
    switch (kind) {
        case Activation::relu: return activation_gradients<Activation::relu>(slope, map, values, gradient, out);
        case Activation::leaky_relu:
            return activation_gradients<Activation::leaky_relu>(slope, map, values, gradient, out);
        case Activation::tanh: return activation_gradients<Activation::tanh>(slope, map, values, gradient, out);
        default: return activation_gradients<Activation::sigmoid>(slope, map, values, gradient, out);
    }
}

// A good mix of a counter's bits (the finaliser of MurmurHash3, twice keyed), so that a mask needs no memory.
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

}  // namespace CONVLENS_VARIANT
}  // namespace convlens
