#include "scaling.h"

/* Converts bytes to those of another scale. */
static void rescale(const int8_t* in, int8_t* out, int32_t count, int zero, int32_t multiplier,
                    const struct scaling* scaling) {
    int32_t i;
    for (i = 0; i < count; i++) out[i] = scaled((int64_t)(in[i] - zero) * multiplier, scaling);
}
