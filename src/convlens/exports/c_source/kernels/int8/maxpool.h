#include "pooling.h"

/* The largest value of each window; padding does not count. */
static void max_of_rows(const int8_t* rows, int kept, int8_t* out, int y, const struct pooling* pooling) {
    const struct window* window = &pooling->window;
    int x, i, j;
    for (x = 0; x < window->columns; x++) {
        const int top = y * window->stride_down - window->padding_top;
        const int left = x * window->stride_right - window->padding_left;
        int8_t best = -128;
        for (i = top < 0 ? 0 : top; i < top + window->kernel_height && i < window->height; i++)
            for (j = left < 0 ? 0 : left; j < left + window->kernel_width && j < window->width; j++) {
                const int8_t value = rows[i % kept * window->width + j];
                if (value > best) best = value;
            }
        out[x] = best;
    }
}
