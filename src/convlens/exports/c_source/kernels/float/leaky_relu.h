#include <stdint.h>

static void leaky_relu(float* values, int32_t count, float parameter) {
    int32_t i;
    for (i = 0; i < count; i++)
        if (values[i] < 0.0f) values[i] *= parameter;
}
