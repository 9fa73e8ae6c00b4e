#include "dense_sum.h"

/* The last dense layer, whose results are logits. */
static void dense_to_float(const int8_t* in, float* out, int32_t inputs, int32_t outputs, const int8_t* weights,
                           const int32_t* biases, const float* scales) {
    int32_t i;
    for (i = 0; i < outputs; i++) out[i] = (float)dense_sum(in, weights + i * inputs, inputs, biases[i]) * scales[i];
}
