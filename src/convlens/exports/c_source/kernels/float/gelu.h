#include "../exp.h"

/* x * P(x), where P is the distribution function of the normal distribution: P(x) = erfc(-x / sqrt 2) / 2.

   erfc is Chebyshev's approximation in Press et al., Numerical Recipes in C, 2nd edition, section 6.2, with a relative
   error below 1.2e-7. */
static void gelu(float* values, int32_t count, float parameter) {
    static const float coefficients[] = {0.17087277f,  -0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f,
                                         -0.18628806f, 0.09678418f,  0.37409196f, 1.00002368f,  -1.26551223f};
    int32_t i;
    int j;
    (void)parameter;
    for (i = 0; i < count; i++) {
        const float x = values[i], z = (x < 0.0f ? -x : x) * 0.707106781f, t = 1.0f / (1.0f + 0.5f * z);
        float sum = 0.0f, tail;
        for (j = 0; j < 10; j++) sum = sum * t + coefficients[j];
        tail = 0.5f * t * exp_of_negative(sum - z * z);
        values[i] = x * (x < 0.0f ? tail : 1.0f - tail);
    }
}
