// The peak speed, to which the engine's speed is compared: multiply-adds without memory access.
#pragma once

#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

constexpr int peak_sums = 12;  // enough for two units with a latency of four or five cycles

inline void multiply_add(long rounds) {
    Floats sums[peak_sums];
    for (int k = 0; k < peak_sums; ++k) sums[k] = splat(static_cast<float>(k));
    Floats by = splat(0.999f), plus = splat(0.001f);
    for (long round = 0; round < rounds; ++round) {
        asm volatile("");  // so that the compiler removes no round
#pragma GCC unroll 12
        for (int k = 0; k < peak_sums; ++k) sums[k] = sums[k] * by + plus;
    }
    Floats total = sums[0];
    for (int k = 1; k < peak_sums; ++k) total += sums[k];
    volatile float kept = total[0];
    (void)kept;
}

}  // namespace convlens::CONVLENS_VARIANT
