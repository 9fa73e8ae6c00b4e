#include "conv.h"
#include "pooling.h"

/* A convolution and the pooling after it. Of the maps between them, only as many rows are kept as one window reads. */
static void conv_pooled(const float* in, float* out, float* kept_rows, const struct conv* layer,
                        const struct pooling* pooling) {
    const struct window* window = &layer->window;
    const int kept = pooling->window.kernel_height;
    const float* weight = layer->weights;
    int kernel, y;
    for (kernel = 0; kernel < layer->kernels; kernel++) {
        int next = 0, end = kept - pooling->window.padding_top;
        for (y = 0; y < pooling->window.rows; y++, end += pooling->window.stride_down) {
            if (next < end - kept) next = end - kept; /* rows that no window reads */
            for (; next < end && next < window->rows; next++)
                conv_row(in, weight, kernel, kept_rows + next % kept * window->columns, next, layer);
            pooling->row(kept_rows, kept, out, y, &pooling->window);
            out += pooling->window.columns;
        }
        weight += layer->channels * window->kernel_height * window->kernel_width;
        if ((kernel + 1) % layer->kernels_per_group == 0) in += layer->channels * window->height * window->width;
    }
}
