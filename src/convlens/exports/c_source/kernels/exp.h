#include <stdint.h>

/* e^x for x <= 0, with a relative error below 2e-7. It needs no mathematical library.

   x = n * ln 2 + r with |r| <= ln 2 / 2; e^r is a polynomial, and 2^n is made of the bits of a float. */
static float exp_of_negative(float x) {
    static const float coefficients[] = {0.00138888889f, 0.00833333333f, 0.0416666667f, 0.166666667f, 0.5f, 1.0f, 1.0f};
    union {
        uint32_t bits;
        float value;
    } power;
    float r, sum = 0.0f;
    int n, i;
    if (!(x > -87.0f)) return x <= -87.0f ? 0.0f : x; /* NaN stays NaN */
    n = (int)(x * 1.44269504f - 0.5f);
    r = (x - (float)n * 0.693145752f) - (float)n * 1.42860677e-6f; /* ln 2 in two parts */
    for (i = 0; i < 7; i++) sum = sum * r + coefficients[i];
    power.bits = (uint32_t)(n + 127) << 23;
    return sum * power.value;
}
