#include <stdint.h>

static void to_float(const int8_t* in, float* out, int32_t count, int zero, float scale) {
    int32_t i;
    for (i = 0; i < count; i++) out[i] = (float)(in[i] - zero) * scale;
}
