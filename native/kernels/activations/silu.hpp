// x · sigmoid(x).
#pragma once

#include "../exponential.hpp"
#include "../lanes.hpp"

namespace convlens::CONVLENS_VARIANT::activation_kinds {

struct silu {
    static constexpr int numbers = 0;
    static constexpr bool slope_from_result = false;

    // The sigmoid's smallest result is about 1e-38; times a very large negative x, the product would not be near 0.
    static CONVLENS_INLINE Floats share(Floats x) { return x < splat(-88.0f) ? Floats{} : logistic(x); }

    static CONVLENS_INLINE Floats apply(Floats x, Floats) { return x * share(x); }
    static CONVLENS_INLINE Floats slope(Floats x, Floats) {
        const Floats part = share(x);
        return part * (splat(1.0f) + x * (splat(1.0f) - part));
    }
};

}  // namespace convlens::CONVLENS_VARIANT::activation_kinds
