#include "../exp.h"

/* 1 / (1 + e^-x) */
static float logistic(float x) {
    const float small = exp_of_negative(x < 0.0f ? x : -x);
    return (x < 0.0f ? small : 1.0f) / (1.0f + small);
}
