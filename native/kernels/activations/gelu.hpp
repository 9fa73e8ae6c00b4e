// x · Φ(x), with the normal distribution Φ(x) = ½ (1 + erf(x / √2)): PyTorch's exact form.
#pragma once

#include "../exponential.hpp"
#include "../lanes.hpp"

namespace convlens::CONVLENS_VARIANT::activation_kinds {

struct gelu {
    static constexpr int numbers = 0;
    static constexpr bool slope_from_result = false;

    // Φ(x), and e^(−x²/2).
    struct Normal {
        Floats below, bell;
    };

    // Φ(−a) = e^(−a²/2) · P(t) with t = 1 / (1 + 0.35 a): P is a polynomial of degree 9 whose relative error is below
    // 4e-8 for a from 0 to 14, so that small results keep their digits, too.
    static CONVLENS_INLINE Normal normal(Floats x) {
        const Floats size = x < Floats{} ? -x : x, a = size > splat(14.0f) ? splat(14.0f) : size;
        const Floats t = splat(1.0f) / (splat(1.0f) + splat(0.35f) * a);
        constexpr float factors[] = {-0.02915790305f, 0.14403101802f, -0.25583922863f, 0.15931996703f, -0.02321254835f,
                                     0.10555259138f,  0.11982126534f, 0.13986352086f,  0.13962130249f};
        Floats sum = splat(factors[0]);
#pragma GCC unroll 8
        for (int k = 1; k < 9; ++k) sum = sum * t + splat(factors[k]);
        // The square of a's first twelve bits is exact, and the rest is small enough for the series.
        const Floats head = (Floats)((Ints)a & splat_int(-4096));
        const Floats rest = (head - a) * (head + a) * splat(0.5f);
        const Floats series = ((rest * splat(1.0f / 6) + splat(0.5f)) * rest + splat(1.0f)) * rest + splat(1.0f);
        const Floats bell = size >= splat(14.0f) ? Floats{} : exponential(head * head * splat(-0.5f)) * series;
        const Floats tail = bell * sum * t;
        return {x < Floats{} ? tail : splat(1.0f) - tail, bell};
    }

    static CONVLENS_INLINE Floats apply(Floats x, Floats) { return x * normal(x).below; }
    static CONVLENS_INLINE Floats slope(Floats x, Floats) {
        const Normal at = normal(x);
        return at.below + x * at.bell * splat(0.3989422804f);
    }
};

}  // namespace convlens::CONVLENS_VARIANT::activation_kinds
