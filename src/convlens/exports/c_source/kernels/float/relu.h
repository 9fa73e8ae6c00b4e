#include <stdint.h>

static void relu(float* values, int32_t count, float parameter) {
    int32_t i;
    (void)parameter;
    for (i = 0; i < count; i++)
        if (values[i] < 0.0f) values[i] = 0.0f;
}
