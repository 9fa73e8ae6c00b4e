#include <stdint.h>

/* A window that slides over the maps of a layer, and the number of its positions. */
struct window {
    int16_t height, width; /* of an input map */
    int16_t kernel_height, kernel_width;
    int16_t stride_down, stride_right;
    int16_t padding_top, padding_left;
    int16_t dilation_down, dilation_right;
    int16_t rows, columns; /* of an output map */
};
