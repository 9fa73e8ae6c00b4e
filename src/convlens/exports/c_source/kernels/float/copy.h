#include <stdint.h>

static void copy(const float* in, float* out, int32_t count) {
    int32_t i;
    for (i = 0; i < count; i++) out[i] = in[i];
}
