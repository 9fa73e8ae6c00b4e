#include "scaling.h"

/* Adds two inputs, value by value; `out` may be one of them. */
static void add(const int8_t* in, const int8_t* other, int8_t* out, int32_t count, const int8_t* zeros,
                const int32_t* multipliers, const struct scaling* scaling) {
    int32_t i;
    for (i = 0; i < count; i++)
        out[i] = scaled((int64_t)(in[i] - zeros[0]) * multipliers[0] + (int64_t)(other[i] - zeros[1]) * multipliers[1],
                        scaling);
}
