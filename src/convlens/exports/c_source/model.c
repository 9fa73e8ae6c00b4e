/* @head */
#include "model.h"

#include <limits.h>
#include <stddef.h>

#if INT_MAX < 2147483647
#error "This code needs an int of at least 32 bits."
#endif

/* @kernels */

/* @tables */

/* @memory */

const char* const model_class_names[MODEL_CLASSES] = {
    /* @class_names */
};

void model_logits(const uint8_t* image, float* logits) {
    /* @calls: one or more for each layer, in the order in which they are computed */
}

int model_predict(const uint8_t* image, float* probabilities) {
    int best;
    model_logits(image, probabilities);
    best = softmax(probabilities, MODEL_CLASSES, (float)(1.0 / MODEL_TEMPERATURE));
    return probabilities[best] < (float)MODEL_THRESHOLD ? MODEL_UNKNOWN : best;
}
