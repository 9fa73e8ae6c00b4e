#include "../positions.h"
#include "../window.h"
#include "activation.h"
#include "pooling.h"

/* A convolution, with the activation and the pooling that follow it. */
struct conv {
    struct window window;
    int16_t channels;          /* that one kernel reads */
    int16_t kernels;           /* output channels */
    int16_t kernels_per_group; /* equal to `kernels` if there is one group */
    const float* weights;      /* kernels x channels x kernel_height x kernel_width */
    const float* biases;
    struct activation activation;
    const struct pooling* pooling; /* NULL: none */
};

/* Computes one row of one output map. */
static void conv_row(const float* in, const float* weight, float bias, float* out, int y, const struct conv* layer) {
    const struct window* window = &layer->window;
    const int stride = window->stride_right;
    int channel, i, j, x;
    for (x = 0; x < window->columns; x++) out[x] = bias;
    for (channel = 0; channel < layer->channels; channel++, in += window->height * window->width)
        for (i = 0; i < window->kernel_height; i++, weight += window->kernel_width) {
            const int down = y * window->stride_down - window->padding_top + i * window->dilation_down;
            if (down < 0 || down >= window->height) continue;
            for (j = 0; j < window->kernel_width; j++) {
                const int offset = j * window->dilation_right - window->padding_left;
                const struct positions range = inside(offset, stride, window->width, window->columns);
                for (x = range.first; x < range.end; x++)
                    out[x] += weight[j] * in[down * window->width + x * stride + offset];
            }
        }
    activate(out, window->columns, &layer->activation);
}

/* Computes all output maps. Of the maps before the pooling, only as many rows are kept as one window reads. */
static void conv(const float* in, float* out, float* kept_rows, const struct conv* layer) {
    const struct window* window = &layer->window;
    const int32_t map = (int32_t)window->height * window->width;
    const int32_t size = (int32_t)layer->channels * window->kernel_height * window->kernel_width;
    int kernel, y, next, end;
    for (kernel = 0; kernel < layer->kernels; kernel++) {
        const float* from = in + kernel / layer->kernels_per_group * layer->channels * map;
        const float* weight = layer->weights + kernel * size;
        const float bias = layer->biases[kernel];
        if (!layer->pooling) {
            for (y = 0; y < window->rows; y++, out += window->columns) conv_row(from, weight, bias, out, y, layer);
            continue;
        }
        for (y = 0, next = 0; y < layer->pooling->window.rows; y++, out += layer->pooling->window.columns) {
            const int kept = layer->pooling->window.kernel_height;
            end = y * layer->pooling->window.stride_down - layer->pooling->window.padding_top + kept;
            if (next < end - kept) next = end - kept; /* rows that no window reads */
            for (; next < end && next < window->rows; next++)
                conv_row(from, weight, bias, kept_rows + next % kept * window->columns, next, layer);
            layer->pooling->row(kept_rows, kept, out, y, &layer->pooling->window);
        }
    }
}
