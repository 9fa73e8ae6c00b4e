#include "exp.h"

/* Turns logits into probabilities, which add up to 1. `scale` is 1 / temperature. Returns the place of the largest. */
static int softmax(float* values, int count, float scale) {
    float sum = 0.0f, most;
    int i, best = 0;
    for (i = 1; i < count; i++)
        if (values[i] > values[best]) best = i;
    most = values[best];
    for (i = 0; i < count; i++) sum += values[i] = exp_of_negative((values[i] - most) * scale);
    for (i = 0; i < count; i++) values[i] /= sum;
    return best;
}
