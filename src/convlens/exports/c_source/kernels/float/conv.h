#include "../window.h"
#include "activation.h"

/* A convolution, with the activation that follows it. */
struct conv {
    struct window window;
    int16_t channels;          /* that one kernel reads */
    int16_t kernels;           /* output channels */
    int16_t kernels_per_group; /* equal to `kernels` if there is one group */
    const float* weights;      /* kernels x channels x kernel_height x kernel_width */
    const float* biases;
    struct activation activation;
};

/* Computes one row of one output map. */
static void conv_row(const float* in, const float* weight, int kernel, float* out, int y, const struct conv* layer) {
    const struct window* window = &layer->window;
    const int width = window->width, stride = window->stride_right;
    const float* end = out + window->columns;
    float* sum;
    int channel, i, j;
    for (sum = out; sum < end; sum++) *sum = layer->biases[kernel];
    for (channel = 0; channel < layer->channels; channel++, in += window->height * width)
        for (i = 0; i < window->kernel_height; i++, weight += window->kernel_width) {
            const int down = y * window->stride_down - window->padding_top + i * window->dilation_down;
            if (down < 0 || down >= window->height) continue;
            for (j = 0; j < window->kernel_width; j++) {
                const float factor = weight[j];
                int column = j * window->dilation_right - window->padding_left;
                for (sum = out; sum < end; sum++, column += stride)
                    if (column >= 0 && column < width) *sum += factor * in[down * width + column];
            }
        }
    activate(out, window->columns, &layer->activation);
}
