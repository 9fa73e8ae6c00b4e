#include "scaling.h"

/* Converts pixels to bytes: (256 * pixel - offset) * multiplier / 2^shift for each channel. */
static void quantise(const uint8_t* pixels, int8_t* out, int channels, int32_t size, const int32_t* offsets,
                     const int32_t* multipliers, const struct scaling* scaling) {
    int channel;
    int32_t i;
    for (channel = 0; channel < channels; channel++)
        for (i = 0; i < size; i++)
            *out++ = scaled((int64_t)(256 * *pixels++ - offsets[channel]) * multipliers[channel], scaling);
}
