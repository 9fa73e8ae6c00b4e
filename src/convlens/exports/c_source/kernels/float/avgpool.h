#include "pooling.h"

/* The mean of each window; padding counts as zeros. */
static void mean_of_rows(const float* rows, int kept, float* out, int y, const struct window* window) {
    int x, i, j;
    for (x = 0; x < window->columns; x++) {
        const int top = y * window->stride_down - window->padding_top;
        const int left = x * window->stride_right - window->padding_left;
        float sum = 0.0f;
        for (i = top < 0 ? 0 : top; i < top + window->kernel_height && i < window->height; i++)
            for (j = left < 0 ? 0 : left; j < left + window->kernel_width && j < window->width; j++)
                sum += rows[i % kept * window->width + j];
        out[x] = sum / (float)(window->kernel_height * window->kernel_width);
    }
}
