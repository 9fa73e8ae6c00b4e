#include "conv.h"

/* A convolution without pooling. */
static void conv(const float* in, float* out, const struct conv* layer) {
    const struct window* window = &layer->window;
    const float* weight = layer->weights;
    int kernel, y;
    for (kernel = 0; kernel < layer->kernels; kernel++) {
        for (y = 0; y < window->rows; y++, out += window->columns) conv_row(in, weight, kernel, out, y, layer);
        weight += layer->channels * window->kernel_height * window->kernel_width;
        if ((kernel + 1) % layer->kernels_per_group == 0) in += layer->channels * window->height * window->width;
    }
}
