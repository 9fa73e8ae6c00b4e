#include "../positions.h"
#include "../window.h"
#include "pooling.h"
#include "scaling.h"

/* A convolution, with the activation and the pooling that follow it. */
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
    const int8_t* activation;      /* the result for each byte from -128; NULL: none, or ReLU */
    const struct pooling* pooling; /* NULL: none */
};

/* Computes one row of one output map; `sums` has space for the sums of a row. */
static void conv_row(const int8_t* in, int kernel, int32_t* sums, int8_t* out, int y, const struct conv* layer) {
    const struct window* window = &layer->window;
    const int stride = window->stride_right;
    const int8_t* weight =
        layer->weights + (int32_t)kernel * layer->channels * window->kernel_height * window->kernel_width;
    int channel, i, j, x;
    for (x = 0; x < window->columns; x++) sums[x] = layer->biases[kernel];
    for (channel = 0; channel < layer->channels; channel++, in += window->height * window->width)
        for (i = 0; i < window->kernel_height; i++, weight += window->kernel_width) {
            const int down = y * window->stride_down - window->padding_top + i * window->dilation_down;
            if (down < 0 || down >= window->height) continue;
            for (j = 0; j < window->kernel_width; j++) {
                const int offset = j * window->dilation_right - window->padding_left;
                const struct positions range = inside(offset, stride, window->width, window->columns);
                for (x = range.first; x < range.end; x++)
                    sums[x] += weight[j] * (in[down * window->width + x * stride + offset] - layer->zero_of_input);
            }
        }
    for (x = 0; x < window->columns; x++) {
        out[x] = scaled((int64_t)sums[x] * layer->multipliers[kernel], &layer->scaling);
        if (layer->activation) out[x] = layer->activation[out[x] + 128];
    }
}

/* Computes all output maps. `sums` has space for the sums of a row. Of the maps before the pooling, only as many rows
   are kept as one window reads. */
static void conv(const int8_t* in, int8_t* out, int32_t* sums, int8_t* kept_rows, const struct conv* layer) {
    const struct window* window = &layer->window;
    const int32_t group = (int32_t)window->height * window->width * layer->channels;
    int kernel, y, next, end;
    for (kernel = 0; kernel < layer->kernels; kernel++) {
        const int8_t* from = in + kernel / layer->kernels_per_group * group;
        if (!layer->pooling) {
            for (y = 0; y < window->rows; y++, out += window->columns) conv_row(from, kernel, sums, out, y, layer);
            continue;
        }
        for (y = 0, next = 0; y < layer->pooling->window.rows; y++, out += layer->pooling->window.columns) {
            const int kept = layer->pooling->window.kernel_height;
            end = y * layer->pooling->window.stride_down - layer->pooling->window.padding_top + kept;
            if (next < end - kept) next = end - kept; /* rows that no window reads */
            for (; next < end && next < window->rows; next++)
                conv_row(from, kernel, sums, kept_rows + next % kept * window->columns, next, layer);
            layer->pooling->row(kept_rows, kept, out, y, layer->pooling);
        }
    }
}
