#include "activation.h"

/* A dense layer, with the activation that follows it. */
struct dense {
    int32_t inputs, outputs;
    const float* weights; /* outputs x inputs */
    const float* biases;
    struct activation activation;
};

static void dense(const float* in, float* out, const struct dense* layer) {
    const float* weight = layer->weights;
    int32_t i, j;
    for (i = 0; i < layer->outputs; i++) {
        float sum = layer->biases[i];
        for (j = 0; j < layer->inputs; j++) sum += *weight++ * in[j];
        out[i] = sum;
    }
    activate(out, layer->outputs, &layer->activation);
}
