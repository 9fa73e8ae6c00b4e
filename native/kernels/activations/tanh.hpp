// Hyperbolic tangent, from exp(−2|x|), or near 0, where that would lose digits, from the power series.
#pragma once

#include "../exponential.hpp"
#include "../lanes.hpp"

namespace convlens::CONVLENS_VARIANT::activation_kinds {

struct tanh {
    static constexpr int numbers = 0;
    static constexpr bool slope_from_result = true;

    static CONVLENS_INLINE Floats apply(Floats x, Floats) {
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
    static CONVLENS_INLINE Floats slope(Floats y, Floats) { return splat(1.0f) - y * y; }
};

}  // namespace convlens::CONVLENS_VARIANT::activation_kinds
