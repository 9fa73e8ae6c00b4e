// The exponential function, for activations and the loss.
#pragma once

#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

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
    // 2^k in two factors, since 2^128 exceeds the range of float.
    const Ints half = k >> 1;
    const Floats first = (Floats)((half + splat_int(127)) << 23), second = (Floats)((k - half + splat_int(127)) << 23);
    return is_nan ? x : sum * first * second;
}

CONVLENS_INLINE Floats logistic(Floats x) { return splat(1.0f) / (splat(1.0f) + exponential(-x)); }

}  // namespace convlens::CONVLENS_VARIANT
