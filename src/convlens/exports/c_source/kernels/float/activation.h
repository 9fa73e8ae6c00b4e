#include <stdint.h>

/* A function of every value, and its parameter, which only some functions use. */
struct activation {
    void (*apply)(float* values, int32_t count, float parameter);
    float parameter;
};

static void activate(float* values, int32_t count, const struct activation* activation) {
    if (activation->apply) activation->apply(values, count, activation->parameter);
}
