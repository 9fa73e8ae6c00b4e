#include <stdint.h>

/* Values below zero become zero; `out` may be `in`. */
static void relu(const int8_t* in, int8_t* out, int32_t count, int8_t zero) {
    int32_t i;
    for (i = 0; i < count; i++) out[i] = in[i] < zero ? zero : in[i];
}
