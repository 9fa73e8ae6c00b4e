#include "pooling.h"

/* The largest value of each window; padding does not count. */
static void max_of_rows(const float* rows, int kept, float* out, int y, const struct window* window) {
    int x, i, j;
    for (x = 0; x < window->columns; x++) {
        const int top = y * window->stride_down - window->padding_top;
        const int left = x * window->stride_right - window->padding_left;
        float best = 0.0f;
        int found = 0;
        for (i = top < 0 ? 0 : top; i < top + window->kernel_height && i < window->height; i++)
            for (j = left < 0 ? 0 : left; j < left + window->kernel_width && j < window->width; j++) {
                const float value = rows[i % kept * window->width + j];
                if (!found || value > best) best = value;
                found = 1;
            }
        out[x] = best;
    }
}
