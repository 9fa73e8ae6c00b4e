// x above 0, number · x below.
#pragma once

#include "../exponential.hpp"
#include "../lanes.hpp"

namespace convlens::CONVLENS_VARIANT::activation_kinds {

struct leaky_relu {
    static constexpr int numbers = 1;
    static constexpr bool slope_from_result = true;

    static CONVLENS_INLINE Floats apply(Floats x, Floats number) { return x <= Floats{} ? x * number : x; }
    static CONVLENS_INLINE Floats slope(Floats y, Floats number) { return y > Floats{} ? splat(1.0f) : number; }
};

}  // namespace convlens::CONVLENS_VARIANT::activation_kinds
