#include "../window.h"
#include "scaling.h"

/* A convolution, with the activation that follows it. */
struct conv {
    struct window window;
    int16_t channels;          /* that one kernel reads */
    int16_t kernels;           /* output channels */
    int16_t kernels_per_group; /* equal to `kernels` if there is one group */
    int8_t zero_of_input;
    struct scaling scaling;
    const int8_t* weights; /* kernels x channels x kernel_height x kernel_width */
    const int32_t* biases;
    const int32_t* multipliers;
    const int8_t* activation; /* the result for each byte from -128; NULL: none, or ReLU */
};

/* Computes one row of one output map; `sums` has space for the sums of a row. */
static void conv_row(const int8_t* in, const int8_t* weight, int kernel, int32_t* sums, int8_t* out, int y,
                     const struct conv* layer) {
    const struct window* window = &layer->window;
    const int width = window->width, stride = window->stride_right, zero = layer->zero_of_input;
    const int32_t* end = sums + window->columns;
    int32_t* sum;
    int channel, i, j;
    for (sum = sums; sum < end; sum++) *sum = layer->biases[kernel];
    for (channel = 0; channel < layer->channels; channel++, in += window->height * width)
        for (i = 0; i < window->kernel_height; i++, weight += window->kernel_width) {
            const int down = y * window->stride_down - window->padding_top + i * window->dilation_down;
            if (down < 0 || down >= window->height) continue;
            for (j = 0; j < window->kernel_width; j++) {
                const int factor = weight[j];
                int column = j * window->dilation_right - window->padding_left;
                for (sum = sums; sum < end; sum++, column += stride)
                    if (column >= 0 && column < width) *sum += factor * (in[down * width + column] - zero);
            }
        }
    for (sum = sums; sum < end; sum++, out++) {
        *out = scaled((int64_t)*sum * layer->multipliers[kernel], &layer->scaling);
        if (layer->activation) *out = layer->activation[*out + 128];
    }
}
