#include <stdint.h>

/* One output of a dense layer. The biases include the zero of the input. */
static int32_t dense_sum(const int8_t* in, const int8_t* weight, int32_t count, int32_t sum) {
    int32_t i;
    for (i = 0; i < count; i++) sum += weight[i] * in[i];
    return sum;
}
