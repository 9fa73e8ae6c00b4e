// Load the pixels of many images into a tile: bytes of one position side by side, converted to floats and normalised.
#pragma once

#include "../kernels.hpp"
#include "lanes.hpp"

namespace convlens::CONVLENS_VARIANT {

// Transposes sixteen pixels of each image to one pixel of all images, sixteen times.
CONVLENS_INLINE void interleave(Pixels (&rows)[lanes]) {
#pragma GCC unroll 8
    for (int size = 1; size < lanes; size *= 2) {
        Pixels next[lanes];
#pragma GCC unroll 16
        for (int k = 0; k < lanes / 2; ++k) {
            next[2 * k] = low_pixels(rows[k], rows[k + lanes / 2], PixelIndex());
            next[2 * k + 1] = high_pixels(rows[k], rows[k + lanes / 2], PixelIndex());
        }
#pragma GCC unroll 16
        for (int k = 0; k < lanes; ++k) rows[k] = next[k];
    }
}

inline void load_images(const uint8_t* const* pixels, const float* scale, const float* shift, const Map& map,
                        float* out) {
    const int plane = map.height * map.width;
    alignas(64) uint8_t mixed[16 * lanes];
    for (int c = 0; c < map.channels; ++c) {
        const Floats by = splat(scale[c]), plus = splat(shift[c]);
        float* start =
            out + (static_cast<size_t>(c) * map.rows * map.columns + map.top * map.columns + map.left) * lanes;
        int column = 0;
        float* to = start;
        for (int first = 0; first < plane; first += 16) {
            const int count = plane - first < 16 ? plane - first : 16;
            Pixels rows[lanes];
            for (int l = 0; l < lanes; ++l) {
                rows[l] = Pixels{};
                if (pixels[l] == nullptr) continue;
                const uint8_t* from = pixels[l] + static_cast<size_t>(c) * plane + first;
                if (count == 16) rows[l] = *reinterpret_cast<const LoosePixels*>(from);
                else __builtin_memcpy(&rows[l], from, count);
            }
            interleave(rows);
            __builtin_memcpy(mixed, rows, sizeof mixed);
            for (int p = 0; p < count; ++p) {
                const Floats value = __builtin_convertvector(load_bytes(mixed + p * lanes), Floats);
                store(to, value * by + plus);
                to += lanes;
                if (++column == map.width) {
                    column = 0;
                    to += (map.columns - map.width) * lanes;
                }
            }
        }
    }
}

}  // namespace convlens::CONVLENS_VARIANT
