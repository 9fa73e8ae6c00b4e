#include "logistic.h"

static void sigmoid(float* values, int32_t count, float parameter) {
    int32_t i;
    (void)parameter;
    for (i = 0; i < count; i++) values[i] = logistic(values[i]);
}
