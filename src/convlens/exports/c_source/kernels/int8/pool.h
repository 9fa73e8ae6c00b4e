#include "pooling.h"

/* A pooling layer that does not follow a convolution: maps in, maps out. */
static void pool(const int8_t* in, int8_t* out, int channels, const struct pooling* pooling) {
    const struct window* window = &pooling->window;
    int channel, y;
    for (channel = 0; channel < channels; channel++, in += window->height * window->width)
        for (y = 0; y < window->rows; y++, out += window->columns) pooling->row(in, window->height, out, y, pooling);
}
