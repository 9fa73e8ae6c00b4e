#include "pooling.h"

/* The mean of each window; padding counts as zeros. The multiplier divides by the size of the window. */
static void mean_of_rows(const int8_t* rows, int kept, int8_t* out, int y, const struct pooling* pooling) {
    const struct window* window = &pooling->window;
    int x, i, j;
    for (x = 0; x < window->columns; x++) {
        const int top = y * window->stride_down - window->padding_top;
        const int left = x * window->stride_right - window->padding_left;
        int32_t sum = 0;
        for (i = top < 0 ? 0 : top; i < top + window->kernel_height && i < window->height; i++)
            for (j = left < 0 ? 0 : left; j < left + window->kernel_width && j < window->width; j++)
                sum += rows[i % kept * window->width + j] - pooling->zero_of_input;
        out[x] = scaled((int64_t)sum * pooling->multiplier, &pooling->scaling);
    }
}
