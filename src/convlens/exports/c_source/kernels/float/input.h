#include <stdint.h>

/* Converts pixels to the network's input: (pixel / 255 - mean) / std for each channel. */
static void normalise(const uint8_t* pixels, float* out, int channels, int32_t size, const float* means,
                      const float* deviations) {
    int channel;
    int32_t i;
    for (channel = 0; channel < channels; channel++)
        for (i = 0; i < size; i++) *out++ = ((float)*pixels++ / 255.0f - means[channel]) / deviations[channel];
}
