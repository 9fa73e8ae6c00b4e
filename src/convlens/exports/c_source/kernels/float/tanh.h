#include "../exp.h"

/* tanh x. Near 0 it is the beginning of its series, because 1 - e^-2x would have few correct digits there. */
static void hyperbolic_tangent(float* values, int32_t count, float parameter) {
    int32_t i;
    (void)parameter;
    for (i = 0; i < count; i++) {
        const float x = values[i], size = x < 0.0f ? -x : x, square = x * x;
        const float small = exp_of_negative(-2.0f * size);
        if (size < 0.25f)
            values[i] = x * (1.0f + square * (-0.333333333f + square * (0.133333333f - square * 0.0539682540f)));
        else values[i] = (x < 0.0f ? small - 1.0f : 1.0f - small) / (1.0f + small);
    }
}
