#include <stdint.h>

/* Adds two inputs, value by value; `out` may be one of them. */
static void add(const float* in, const float* other, float* out, int32_t count) {
    int32_t i;
    for (i = 0; i < count; i++) out[i] = in[i] + other[i];
}
