// max(0, x). NaN stays NaN.
#pragma once

#include "../exponential.hpp"
#include "../lanes.hpp"

namespace convlens::CONVLENS_VARIANT::activation_kinds {

struct relu {
    static constexpr int numbers = 0;
    static constexpr bool slope_from_result = true;

    static CONVLENS_INLINE Floats apply(Floats x, Floats) { return above_zero(x); }
    static CONVLENS_INLINE Floats slope(Floats y, Floats) { return y > Floats{} ? splat(1.0f) : Floats{}; }
};

}  // namespace convlens::CONVLENS_VARIANT::activation_kinds
