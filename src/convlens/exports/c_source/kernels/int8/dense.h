#include "dense_sum.h"
#include "scaling.h"

/* A dense layer, with the activation that follows it. */
struct dense {
    int32_t inputs, outputs;
    struct scaling scaling;
    const int8_t* weights; /* outputs x inputs */
    const int32_t* biases;
    const int32_t* multipliers;
    const int8_t* activation; /* the result for each byte from -128; NULL: none, or ReLU */
};

static void dense(const int8_t* in, int8_t* out, const struct dense* layer) {
    int32_t i;
    for (i = 0; i < layer->outputs; i++) {
        const int32_t sum = dense_sum(in, layer->weights + i * layer->inputs, layer->inputs, layer->biases[i]);
        out[i] = scaled((int64_t)sum * layer->multipliers[i], &layer->scaling);
        if (layer->activation) out[i] = layer->activation[out[i] + 128];
    }
}
