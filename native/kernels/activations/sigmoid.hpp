// 1 / (1 + e^(−x)).
#pragma once

#include "../exponential.hpp"
#include "../lanes.hpp"

namespace convlens::CONVLENS_VARIANT::activation_kinds {

struct sigmoid {
    static constexpr int numbers = 0;
    static constexpr bool slope_from_result = true;

    static CONVLENS_INLINE Floats apply(Floats x, Floats) { return logistic(x); }
    static CONVLENS_INLINE Floats slope(Floats y, Floats) { return y * (splat(1.0f) - y); }
};

}  // namespace convlens::CONVLENS_VARIANT::activation_kinds
